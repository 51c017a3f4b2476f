import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { redirectXml } from "../../../src/acquisition/bdv/zarr-loader.ts";

const original = readFileSync(new URL("../../fixtures/native/v04_Mag5x.ome.zarr.xml", import.meta.url), "utf8");
const folder = "v04_Mag5x.ome.zarr";

describe("redirectXml", () => {
  it("changes the folder and nothing else: there and back gives the same bytes", () => {
    const there = redirectXml(original, "a & <b> $& $1.ome.zarr", "x")!;
    expect(there.text).toContain(`<zarr type="relative">a &amp; &lt;b&gt; $&amp; $1.ome.zarr</zarr>`);
    expect(there.text).not.toBe(original);
    expect(redirectXml(there.text, folder, "x")!.text).toBe(original);
  });

  it("names the groups, in the microscope's spelling and in the loader's", () => {
    const names = [0, 1].flatMap((tile) => [
      `Mag5_Tile${tile}_Ch488_Flt515LP_Sh0_Rot0.ome.zarr`,
      `Mag5_Tile${tile}_Ch561_Flt561_LP_Sh0_Rot0.ome.zarr`,
    ]);
    expect(redirectXml(original, folder, "x")!.groups).toEqual(names);
    const saved = original.replaceAll(/<zgroup [^>]*path="([^"]*)"[^>]*>/g, "<zgroup><path>$1</path></zgroup>");
    expect(redirectXml(saved, folder, "x")!.groups).toEqual(names);
  });

  it("makes absolute paths relative, and leaves out what it does not know", () => {
    const moved = original
      .replace(`<zarr type="relative">${folder}`, `<zarr type="absolute">/somewhere/${folder}`)
      .replace(`<BasePath type="relative">.`, `<BasePath type="absolute">/somewhere`);
    expect(redirectXml(moved, folder, "x")!.text).toBe(original);
    for (const [known, other] of [
      ["bdv.multimg.zarr", "bdv.hdf5"],
      ["<zarr", "<s3bucket>b</s3bucket><zarr"],
    ] as const) {
      expect(redirectXml(original.replace(known, other), folder, "x")).toBeUndefined();
    }
    expect(() => redirectXml(original.slice(0, 300), folder, "x.xml")).toThrow(/not valid XML.*x\.xml/);
  });
});
