/** The tiles of a generated acquisition one by one, to be written as other microscopes and programs write them. */
import { expect } from "vitest";
import { type Acquisition, fullResolution, type MosaicImage } from "../../src/acquisition/acquisition.ts";
import { openMosaic } from "../../src/acquisition/open-mosaic.ts";
import { doubtPlacement } from "../../src/sample/placement/doubt-placement.ts";
import { boxShape, type PixelArray, type Zyx } from "../../src/shapes.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";
import { viewBytes } from "../../src/zarr/pixel-bytes.ts";

/** A tile by itself. */
export interface GeneratedTile {
  readonly number: number;
  readonly shapeZyx: Zyx;
  /** Of each channel all pixels. */
  readonly channels: readonly PixelArray[];
  /** Where its first pixel lies, in µm, in the directions of the image. */
  readonly originUmZyx: Zyx;
}

/** The acquisition as a mosaic, and its tiles: five in a grid of three rows and two columns, of two channels. */
export interface GeneratedTiles {
  readonly mosaic: MosaicImage;
  readonly tiles: readonly GeneratedTile[];
  readonly labels: readonly string[];
}

export const pixelSizeUmZyx: Zyx = [4, 1.5, 1.5];

/** Generates them: tissue in all tiles, which overlap by a fifth; the grid has a gap. */
export async function generateTiles(): Promise<GeneratedTiles> {
  const store = new MemoryStore();
  const { imageKey } = await writeSyntheticAcquisition(store, "made.zarr", {
    ...{ gridYx: [3, 2], absentYx: [[2, 1]], emptyTiles: [], emptyPlanesPerEnd: 0, sample: "filled" },
    ...{ tileShapeYx: [60, 50], overlap: 0.2, planes: 4, pixelSizeZyx: pixelSizeUmZyx, levelCount: 1 },
    ...{ chunkShapeZyx: [4, 64, 64], jitterPx: 0 },
  });
  const mosaic = await openMosaic(store, imageKey);
  const full = fullResolution(mosaic);
  const tiles = mosaic.tiles.map(async ({ number, box, stagePositionUmYx }): Promise<GeneratedTile> => {
    const channels = await Promise.all(mosaic.channels.map(({ index }) => full.readBox(index, box)));
    return { number, shapeZyx: boxShape(box), channels, originUmZyx: [0, ...stagePositionUmYx!] };
  });
  return { mosaic, tiles: await Promise.all(tiles), labels: mosaic.channels.map(({ label }) => label) };
}

/** Holds an acquisition that was read from other files against the mosaic of the same tiles. */
export async function expectSame(acquisition: Acquisition, { mosaic }: GeneratedTiles): Promise<void> {
  const [found, expected] = [fullResolution(acquisition), fullResolution(mosaic)];
  expect(found.shapeCzyx).toEqual(expected.shapeCzyx);
  expect(acquisition.channels.map(({ label }) => label)).toEqual(mosaic.channels.map(({ label }) => label));
  expect(acquisition.tiles.map(({ number, box }) => [number, box])).toEqual(
    mosaic.tiles.map(({ number, box }) => [number, box]),
  );
  for (const axis of [0, 1, 2]) expect(acquisition.pixelSizeUmZyx[axis]).toBeCloseTo(pixelSizeUmZyx[axis]!, 6);
  const whole = { start: [0, 0, 0], stop: expected.shapeZyx } as const;
  for (const { index } of mosaic.channels) {
    const pixels = [await found.readBox(index, whole), await expected.readBox(index, whole)].map(viewBytes);
    // Quicker than comparing numbers one by one
    expect(Buffer.compare(pixels[0]!, pixels[1]!)).toBe(0);
  }
  const apart = (tiles: Acquisition["tiles"]) =>
    tiles.map(({ stagePositionUmYx: at }) => at!.map((um, axis) => um - tiles[0]!.stagePositionUmYx![axis]!));
  for (const [index, yx] of apart(acquisition.tiles).entries()) {
    for (const [axis, um] of yx.entries()) expect(um).toBeCloseTo(apart(mosaic.tiles)[index]![axis]!, 2);
  }
  expect(await doubtPlacement(acquisition)).toEqual([]);
}

/** Tiles as a microscope would tell of them whose axis runs against the images. */
export function mirrored(tiles: readonly GeneratedTile[], axis: 1 | 2): GeneratedTile[] {
  return tiles.map((tile) => {
    const [z, y, x] = tile.originUmZyx;
    return { ...tile, originUmZyx: axis === 1 ? [z, 0 - y, x] : [z, y, 0 - x] };
  });
}
