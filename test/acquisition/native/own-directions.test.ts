/**
 * The microscope's own tiles lie as its stage says, whatever they are written in: the mosaic is that of the same acquisition,
 * and overlaps would show a wrong sign.
 */
import { describe, expect, it } from "vitest";
import { openAcquisition } from "../../../src/acquisition/open-acquisition.ts";
import { confirmPlacement } from "../../../src/pipeline/places/confirm-placement.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { viewBytes } from "../../../src/zarr/pixel-bytes.ts";
import {
  expectSame,
  type GeneratedTile,
  generateTiles,
  mirrored,
  pixelSizeUmZyx,
} from "../../support/generated-tiles.ts";
import { FileInMemory } from "../bdv/hdf5-files.ts";
import { imageAttributes, writeArray, writeGroup } from "../write-image.ts";

const made = await generateTiles();
const lasers = ["488", "561"];
const { mosaic } = made;
const channels = mosaic.channels.map((channel, index) => ({ ...channel, label: lasers[index]! }));
const expected = { ...made, mosaic: { ...mosaic, channels } };

function metaOf(tile: GeneratedTile, laser: string): Uint8Array {
  const [planes, rows, columns] = tile.shapeZyx;
  const [z, y, x] = tile.originUmZyx;
  const [stepUm, pixelUm] = pixelSizeUmZyx;
  // The stage moves the sample against the image
  const lines = [
    ...["[Metadata for file] D:/stack", "", "[CFG] ", `[Laser] ${laser} nm`, "[Zoom] 1x"],
    ...[`[Pixelsize in um] ${pixelUm}`, "[Filter] 515LP", "[Shutter] Left", "", "[POSITION] "],
    ...[`[x_pos] ${0 - x}`, `[y_pos] ${0 - y}`, `[z_start] ${z}`, `[z_end] ${z + stepUm * (planes - 1)}`],
    ...[`[z_stepsize] ${stepUm}`, `[z_planes] ${planes}`, "[rot] 0", "", "[CAMERA PARAMETERS] "],
    ...[`[x_pixels] ${rows}`, `[y_pixels] ${columns}`, ""],
    "[===================== END OF ACQUISITION ======================] ",
  ];
  return new TextEncoder().encode(lines.join("\n"));
}

const nameOf = ({ number }: GeneratedTile, laser: string, ending: string) =>
  `a_Mag1x_Tile${number - 1}_Ch${laser}_Flt515LP_Sh0_Rot0.${ending}`;

/** What is opened: a key of a store, with the way to open HDF5. */
type Written = readonly [store: MemoryStore, key: string, options?: object];

async function rawFiles(tiles: readonly GeneratedTile[]): Promise<Written> {
  const store = new MemoryStore("data");
  for (const tile of tiles) {
    for (const [channel, laser] of lasers.entries()) {
      const name = nameOf(tile, laser, "raw");
      await store.set(`in/${name}`, viewBytes(tile.channels[channel]!).slice());
      await store.set(`in/${name}_meta.txt`, metaOf(tile, laser));
    }
  }
  return [store, "in"];
}

async function zarrGroups(tiles: readonly GeneratedTile[]): Promise<Written> {
  const store = new MemoryStore("data");
  await writeGroup(store, "in.ome.zarr");
  for (const tile of tiles) {
    for (const [channel, laser] of lasers.entries()) {
      const name = nameOf(tile, laser, "ome.zarr");
      await writeGroup(store, `in.ome.zarr/${name}`, imageAttributes([[...pixelSizeUmZyx]]) as never);
      const array = { shape: tile.shapeZyx, chunkShape: [2, 32, 32], pixels: tile.channels[channel]! };
      await writeArray(store, `in.ome.zarr/${name}/0`, array);
      await store.set(`in.ome.zarr_${name}_meta.txt`, metaOf(tile, laser));
    }
  }
  return [store, "in.ome.zarr"];
}

async function hdf5(tiles: readonly GeneratedTile[]): Promise<Written> {
  const { ready, File } = await import("h5wasm");
  const { FS } = await ready;
  const store = new MemoryStore("data");
  const file = new File("/own.h5", "w");
  const time = file.create_group("t00000");
  // The microscope numbers channels first, within them tiles
  const views = lasers.flatMap((laser, channel) => tiles.map((tile) => ({ tile, laser, channel })));
  for (const [setup, { tile, laser, channel }] of views.entries()) {
    const name = `s${String(setup).padStart(2, "0")}`;
    const header = { name: "resolutions", data: Float64Array.of(1, 1, 1), shape: [1, 3], dtype: "<d" } as const;
    file.create_group(name).create_dataset({ ...header, shape: [...header.shape] });
    const pixels = tile.channels[channel]!;
    const data = new Int16Array(pixels.buffer, pixels.byteOffset, pixels.length);
    const cells = { name: "cells", data, shape: [...tile.shapeZyx], dtype: "<h", chunks: [1, 32, 32] };
    time.create_group(name).create_group("0").create_dataset(cells);
    await store.set(`in/a_bdv.h5_s${setup}-t0_meta.txt`, metaOf(tile, laser));
  }
  file.close();
  const bytes = FS!.readFile("/own.h5").slice();
  FS!.unlink("/own.h5");
  await store.set("in/a_bdv.h5", bytes);
  return [store, "in/a_bdv.h5", { openFile: (location: string) => new FileInMemory(bytes, location) }];
}

const layouts = { "RAW files": rawFiles, "OME-Zarr groups": zarrGroups, "BigDataViewer's HDF5": hdf5 };

describe.each(Object.entries(layouts))("%s", (_, write) => {
  it("are the mosaic of the same acquisition, in which overlaps show the same", async () => {
    const [store, key, options] = await write(made.tiles);
    await expectSame((await openAcquisition(store, key, options)).acquisition, expected);
  });

  it.each([1, 2] as const)("with the sign of axis %i wrong are refused by their overlaps", async (axis) => {
    const [store, key, options] = await write(mirrored(made.tiles, axis));
    const opened = await openAcquisition(store, key, options);
    await expect(confirmPlacement(opened, { report: () => undefined }, "refuse")).rejects.toMatchObject({
      kind: "invalid",
      advice: expect.stringContaining(`run against the images along ${axis === 1 ? "y" : "x"}`),
    });
  });
});
