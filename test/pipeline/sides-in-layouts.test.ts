/** Sides of the light sheet in the other layouts of the microscope: the same profiles, and the same pixels. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeBdv } from "../../scripts/microscope-files.mjs";
import { openNativeOmeZarr } from "../../src/acquisition/native/native-omezarr.ts";
import { convertImage, correctImage, DirectoryStore, openImage } from "../../src/node.ts";
import { decodeProfile } from "../../src/profile/npz-profile.ts";
import { flatfieldError } from "../../src/report/plane-measures.ts";
import { readBox } from "../../src/zarr/box.ts";
import { light, type Side, sideTileShape, writeSideTile } from "../support/side-tiles.ts";

let folder: string;

/** Halves from one side each, as in the microscope's automatic mode, and every tile from both. */
const acquisitions = {
  auto: [
    [0, "Left", 0, 0],
    [1, "Left", 70, 0],
    [2, "Right", 0, 56],
    [3, "Right", 70, 56],
  ],
  both: [
    [0, "Left", 0, 0],
    [1, "Left", 70, 0],
    [0, "Right", 0, 0],
    [1, "Right", 70, 0],
  ],
} as const;
type Kind = keyof typeof acquisitions;
const groupsOf = (kind: Kind) => join(folder, `${kind}_Mag2x_Ch488.ome.zarr`);

/** A file of BigDataViewer with the same pixels. */
async function writeHdf5(kind: Kind): Promise<string> {
  const views = await openNativeOmeZarr(new DirectoryStore(groupsOf(kind)), "");
  const places = [...new Set(views.map(({ stageUmZyx }) => String(stageUmZyx)))];
  const told = views.map(({ levels, side, stageUmZyx }) => {
    const setup = places.length * Number(side === "Right") + places.indexOf(String(stageUmZyx));
    return { setup, laser: "488", side, stageYx: stageUmZyx!.slice(1), pixelSizeUm: 2, pixels: levels[0]! };
  });
  const stacks = new Map<unknown, unknown>();
  for (const view of told) stacks.set(view, await view.pixels.read({ start: [0, 0, 0], stop: sideTileShape }));
  return writeBdv(
    folder,
    `${kind}_Mag2x_bdv.h5`,
    told,
    sideTileShape,
    (view: unknown) => stacks.get(view),
    2 * places.length,
  );
}

async function writeShards(kind: Kind): Promise<string> {
  const output = join(folder, `${kind}-v05_Mag2x.ome.zarr`);
  const shards: [number, number, number, number] = [1, 8, 32, 32];
  await convertImage({ image: groupsOf(kind), output, layout: "tiles", omeVersion: "0.5", shards, workers: 1 });
  return output;
}

const options = { zLevels: [6, 6] as [number, number], nZplanes: 12, workers: 1, background: "keep" as const };

async function corrected(image: string, name: string) {
  const models = join(folder, `${name}-models`);
  const { output, channels } = await correctImage({
    ...options,
    image,
    output: join(folder, name),
    saveModels: models,
  });
  const { array } = (await openImage(output)).levels[0]!;
  const pixels = await readBox(array, [0, 0, 0, 0], array.metadata.shape);
  return { models, channels: channels.map(({ label, side }) => [label, side]), pixels };
}

async function errorOf(models: string, side: Side, ...path: string[]): Promise<number> {
  const file = join(models, ...path, "profiles.npz");
  const { profile } = decodeProfile(await readFile(file), file);
  return flatfieldError(
    profile.flatfield,
    Array.from(profile.flatfield, (_, i) => light(side, i % sideTileShape[2])),
  );
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isolux-sides-in-"));
  for (const kind of ["auto", "both"] as const) {
    for (const [tile, side, y, x] of acquisitions[kind]) {
      await writeSideTile(new DirectoryStore(groupsOf(kind)), tile, side, [y, x]);
    }
  }
});
afterAll(() => rm(folder, { recursive: true }));

describe.each([
  ["BigDataViewer's HDF5", "h5", writeHdf5],
  ["OME-Zarr 0.5 in shards", "v05", writeShards],
] as const)("%s", (_, layout, write) => {
  it("each side has its own profile, and its own tiles get it", async () => {
    const found = await corrected(await write("auto"), `auto-${layout}`);
    expect(found.channels).toEqual([
      ["488", "Left"],
      ["488", "Right"],
    ]);
    for (const side of ["Left", "Right"] as const) {
      expect(await errorOf(found.models, side, "488", side)).toBeLessThan(0.01);
    }
    expect(found.pixels).toEqual((await corrected(groupsOf("auto"), `auto-expected-${layout}`)).pixels);
  });

  it("both sides of the same tiles are channels of their own", async () => {
    const found = await corrected(await write("both"), `both-${layout}`);
    expect(found.channels.map(([label]) => label)).toEqual(["488_Left", "488_Right"]);
    for (const side of ["Left", "Right"] as const) {
      expect(await errorOf(found.models, side, `488_${side}`)).toBeLessThan(0.01);
    }
    expect(found.pixels).toEqual((await corrected(groupsOf("both"), `both-expected-${layout}`)).pixels);
  });
});

describe("--layout tiles", () => {
  it.each(["auto", "both"] as const)("corrects the tiles of %s with the profile of their side", async (kind) => {
    const output = join(folder, `${kind}-tiles.ome.zarr`);
    await correctImage({ ...options, image: groupsOf(kind), output, layout: "tiles" });
    const names = async (root: string) => (await readdir(root)).filter((name) => name.startsWith("Mag")).sort();
    expect(await names(output)).toEqual(await names(groupsOf(kind)));
    const views = await openNativeOmeZarr(new DirectoryStore(output), "");
    expect(views.map(({ side }) => side).sort()).toEqual(["Left", "Left", "Right", "Right"]);
    for (const { levels } of views) {
      const pixels = await levels[0]!.read({ start: [0, 0, 0], stop: sideTileShape });
      // Through the other side's light it would be 1.8.
      expect(Math.max(...pixels) / Math.min(...pixels)).toBeLessThan(1.1);
    }
  });
});
