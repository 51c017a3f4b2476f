/**
 * Forms that XML files of projects have in public repositories (npy2bdv, Mastodon, imagej-utils, pydantic-bigstitcher,
 * bigdataviewer-core), with names and numbers of our own.
 */
import { describe, expect, it } from "vitest";
import { openAcquisition } from "../../../src/acquisition/open-acquisition.ts";
import { confirmPlacement } from "../../../src/pipeline/places/confirm-placement.ts";
import type { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { n5Project, sceneMosaic, sceneViews, zarrProject } from "./projects.ts";

const whole = { start: [0, 0, 0], stop: [3, 80, 144] } as const;

async function withXml(store: MemoryStore, change: (xml: string) => string): Promise<MemoryStore> {
  const xml = new TextDecoder().decode((await store.get("dataset.xml"))!);
  const changed = change(xml);
  expect(changed).not.toBe(xml);
  await store.set("dataset.xml", new TextEncoder().encode(changed));
  return store;
}

async function open(store: MemoryStore) {
  const opened = await openAcquisition(store, "dataset.xml", { note: () => undefined });
  return (await confirmPlacement(opened, { report: () => undefined }, "refuse")).acquisition;
}

const comment = "<!--\n  #%L\n  Copyright (C) <Nobody> & others -- see LICENSE\n  #L%\n  -->\n".replace(" --", "");

const forms: Readonly<Record<string, (xml: string) => string>> = {
  "a comment before its root": (xml) => xml.replace("<SpimData", `${comment}<SpimData`),
  "the loader of clouds": (xml) => xml.replace('format="bdv.n5" version="1.0"', 'format="bdv.n5.cloud" version="0.1"'),
  "channels only, of ids from 1 on": (xml) =>
    xml
      .replaceAll(/<(illumination|tile|angle)>\d+<\/\1>/g, "")
      .replaceAll("<channel>0</channel>", "<channel>1</channel>")
      .replaceAll("<Channel><id>0</id>", "<Channel><id>1</id>")
      .replaceAll(/<Attributes name="(illumination|angle)">.*?<\/Attributes>/g, ""),
  "affines and places on lines of their own": (xml) =>
    xml.replaceAll(/<(affine|n5 type="relative")>([^<]*)</g, (_, tag, text) => `<${tag}>\n    ${text}\n    <`),
  "rows of an affine on a line each": (xml) =>
    xml.replaceAll(/<affine>([^<]*)<\/affine>/g, (_, text: string) => {
      const numbers = text.split(" ");
      const rows = [0, 4, 8].map((at) => numbers.slice(at, at + 4).join(" "));
      return `<affine>${rows.join("\n                    ")}</affine>`;
    }),
  "pixels that differ along x and y by rounding": (xml) =>
    xml.replaceAll(">1.0 0.0 0.0 0.0 0.0 1.0 0.0 0.0 0.0 0.0 4.0 0.0<", ">1.0002624844 0 0 0 0 1.0 0 0 0 0 4.0 0<"),
  "a transformation of stitching, and empty lists after it": (xml) =>
    xml
      .replaceAll(
        /(<ViewRegistration [^>]*>)/g,
        '$1<ViewTransform type="affine"><Name>Stitching Transform</Name><affine>1.0 0.0 0.0 0.31 0.0 1.0 0.0 -0.2 0.0 0.0 1.0 0.0</affine></ViewTransform>',
      )
      .replace(
        "</SpimData>",
        "<BoundingBoxes/><PointSpreadFunctions /><IntensityAdjustments></IntensityAdjustments></SpimData>",
      ),
  "time points as a pattern, and attributes without names": (xml) =>
    xml
      .replace(
        /<Timepoints.*?<\/Timepoints>/,
        '<Timepoints type="pattern"><integerpattern>0-0</integerpattern></Timepoints>',
      )
      .replaceAll(/<name>[^<]*<\/name>/g, ""),
};

describe("an XML file with", () => {
  it.each(Object.entries(forms))("%s places its tiles", async (_, change) => {
    const acquisition = await open(await withXml(await n5Project(), change));
    expect(acquisition.tiles).toHaveLength(6);
    expect(await acquisition.levels[0]!.readBox(0, whole)).toEqual(sceneMosaic(sceneViews()));
  });

  it("version 1 of the OME-Zarr loader, paths as elements, a bucket that it was written in", async () => {
    const store = await withXml(await zarrProject({}, {}), (xml) =>
      xml
        .replace('version="3.0"><zarr type="relative">dataset.ome.zarr</zarr>', () => {
          return 'version="1.0">\n<s3bucket>some-bucket</s3bucket>\n<zarr type="absolute">\n  run_0000/dataset.ome.zarr\n</zarr>';
        })
        .replaceAll(/<zgroup setup="(\d+)" tp="0" path="([^"]+)" [^>]*>/g, (_, setup, path) => {
          return `<zgroup setup="${setup}" timepoint="0">\n<path>${path}</path>\n</zgroup>`;
        }),
    );
    expect(await (await open(store)).levels[0]!.readBox(0, whole)).toEqual(sceneMosaic(sceneViews()));
  });

  it("more setups than registrations is refused with what is missing", async () => {
    const store = await withXml(await n5Project(), (xml) =>
      xml.replaceAll(/<ViewRegistration timepoint="0" setup="[1-5]">.*?<\/ViewRegistration>/g, ""),
    );
    await expect(open(store)).rejects.toThrow(/stage position of a tile is not known.*ViewRegistrations/);
  });

  it.each([
    [
      'format="bdv.n5.universe" version="1.0"><Url type="relative">small.ome.zarr</Url><Dataset>/</Dataset>',
      "small.ome.zarr",
    ],
    ['format="bdv.n5.universe"><Url type="relative">http://example.org/a/b.zarr</Url>', "http://example.org/a/b.zarr"],
  ])("a loader of one image (%s) is refused by naming the image", async (loader, image) => {
    const store = await withXml(await n5Project(), (xml) =>
      xml.replace(/<ImageLoader.*<\/ImageLoader>/, `<ImageLoader ${loader}</ImageLoader>`),
    );
    await expect(open(store)).rejects.toMatchObject({
      kind: "unsupported",
      advice: expect.stringContaining(`give that image instead of the XML file: ${image}`),
    });
  });
});
