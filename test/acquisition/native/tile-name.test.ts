import { describe, expect, it } from "vitest";
import { compareTileNames, parseTileName } from "../../../src/acquisition/native/tile-name.ts";

describe("parseTileName", () => {
  it.each([
    ["Mag2_Tile12_Ch488_Flt515LP_Sh0_Rot0.ome.zarr", 12, "488", "Left", 0],
    ["Mag1_Tile0_Ch561_Flt561_LP_Quad_Sh1_Rot-45.5.ome.zarr", 0, "561", "Right", -45.5],
    ["Mag5x Mitutoyo_Tile3_Ch405nm_Flt_Sh0_Rot0.0.ome.zarr", 3, "405nm", "Left", 0],
    ["Mag2_Tile1_Ch640_Sh1_Rot90.ome.zarr", 1, "640", "Right", 90],
    ["brain_Mag2x_Tile1_Ch640_FltEmpty_Sh0_Rot0.btf", 1, "640", "Left", 0],
  ])("reads %s", (name, order, channel, side, rotation) => {
    expect(parseTileName(name)).toEqual({ name, order, channel, side, rotation });
  });

  it("knows of a group with all channels of a tile its side and rotation", () => {
    const name = "Mag2_Tile4_Sh1_Rot-90.0.ome.zarr";
    expect(parseTileName(name)).toEqual({ name, order: 4, channel: undefined, side: "Right", rotation: -90 });
  });

  it("knows of older names only which view they are", () => {
    expect(parseTileName("s17-t0.zarr")).toMatchObject({ order: 17, channel: undefined, side: undefined });
  });

  it.each([
    ...["MAX_Mag2_Tile0_Ch488_Flt515LP_Sh0_Rot0.ome.zarr", "raw_image", "s0-t1.zarr", "tables", ""],
    ...["Mag2_Tile0_Rot0.ome.zarr", "Mag2_Tile0_Ch488_Flt515LP_Sh0_Rot0.ome.zarr_meta.txt"],
  ])("knows that %j names no tile", (name) => {
    expect(parseTileName(name)).toBeUndefined();
  });

  it("orders by number, then by name", () => {
    const names = ["Tile10_Ch488", "Tile2_Ch561", "Tile2_Ch488", "Tile0_Ch640"];
    const parsed = names.map((name) => parseTileName(`Mag1_${name}_Sh0_Rot0.ome.zarr`)!);
    expect(parsed.sort(compareTileNames).map(({ order, channel }) => [order, channel])).toEqual([
      [0, "640"],
      [2, "488"],
      [2, "561"],
      [10, "488"],
    ]);
  });
});
