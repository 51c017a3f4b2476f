import fc from "fast-check";
import { Level } from "../../src/acquisition/level.ts";
import type { CorrectionField } from "../../src/correct/field.ts";
import { correctionField } from "../../src/correct/kernel.ts";
import { chunkGrid } from "../../src/pipeline/output/level-geometry.ts";
import {
  allocatePixels,
  type Czyx,
  elementCount,
  largestPixel,
  type PixelArray,
  type PixelType,
  type Yx,
  type Zyx,
} from "../../src/shapes.ts";
import { reductionFactor } from "../../src/tiles/levels.ts";
import { distinctFieldShapes } from "../../src/tiles/place-tiles.ts";
import type { Tile } from "../../src/tiles/tile.ts";
import { ZarrArray } from "../../src/zarr/array.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";
import { patternedPixels, writeArray } from "../acquisition/write-image.ts";
import { blockMean, correctedFloat, correctedInteger } from "../correct/naive.ts";

/** What a scene is made of; random in property tests. */
export interface SceneOptions {
  readonly type: PixelType;
  /** Whether the arrays have a channel axis; without one there is one channel. */
  readonly hasChannels: boolean;
  readonly shape: Czyx;
  /** Of every level, finest first. */
  readonly chunkShapes: readonly Czyx[];
  /** By how much each level is coarser than the one before, and how it rounds. */
  readonly steps: readonly { readonly factors: Zyx; readonly round: "ceil" | "floor" }[];
  readonly fillValue: number;
  readonly background: number;
  /** Where the tiles begin, and their size; those at the right are two columns narrower. */
  readonly tileOrigin: Yx;
  readonly tileYx: Yx;
}

/** An image in memory, its tiles, and what must come out, computed pixel by pixel. */
export interface Scene {
  readonly store: MemoryStore;
  readonly source: readonly Level[];
  readonly output: readonly Level[];
  readonly tiles: readonly Tile[];
  readonly fields: readonly (readonly CorrectionField[])[];
  /** Works out the pixels of every output level, `[c, z, y, x]`. */
  readonly expected: () => readonly PixelArray[];
}

const extent = (max: number) => fc.integer({ min: 1, max });
const chunkExtent = fc.constantFrom(1, 2, 3, 4, 4, 6, 8);

/** Random scenes: chunks, tiles and levels that need not fit each other. */
export const sceneOptions: fc.Arbitrary<SceneOptions> = fc.record({
  type: fc.constantFrom<PixelType>("uint8", "uint16", "float32"),
  hasChannels: fc.boolean(),
  shape: fc.tuple(extent(3), extent(6), fc.integer({ min: 4, max: 26 }), fc.integer({ min: 4, max: 26 })),
  chunkShapes: fc
    .tuple(
      fc.boolean(),
      fc.array(fc.tuple(extent(3), extent(4), chunkExtent, chunkExtent), { minLength: 4, maxLength: 4 }),
    )
    .map(([same, shapes]) => (same ? shapes.map(() => shapes[0]!) : shapes)),
  steps: fc.array(
    fc.record({
      factors: fc.constantFrom<Zyx>([1, 2, 2], [1, 2, 2], [2, 2, 2], [1, 3, 1], [1, 1, 1]),
      round: fc.constantFrom("ceil" as const, "ceil" as const, "floor" as const),
    }),
    { maxLength: 3 },
  ),
  fillValue: fc.constantFrom(0, 0, 3),
  background: fc.constantFrom(0, 12.5),
  tileOrigin: fc.tuple(fc.nat(3), fc.nat(3)),
  tileYx: fc.tuple(fc.integer({ min: 3, max: 12 }), fc.integer({ min: 3, max: 12 })),
});

/** Builds a scene, and writes its source. */
export async function buildScene(options: SceneOptions): Promise<Scene> {
  const { type, hasChannels, chunkShapes, fillValue } = options;
  const shape: Czyx = hasChannels ? options.shape : [1, options.shape[1], options.shape[2], options.shape[3]];
  const shapes = levelShapes(shape, options);
  const axes = <Tuple extends readonly number[]>(czyx: Tuple) => (hasChannels ? czyx : czyx.slice(1));
  const store = new MemoryStore();
  const pixels = patternedPixels(type, shape);
  // Every fifth chunk is missing: its pixels are the fill value.
  const isMissing = (coords: readonly number[]) => coords.reduce((sum, coord) => sum + coord, 0) % 5 === 4;
  blankChunks(pixels, shape, chunkShapes[0]!, fillValue, isMissing);
  const source: Level[] = [];
  const output: Level[] = [];
  for (const [level, levelShape] of shapes.entries()) {
    const given = { shape: axes(levelShape), chunkShape: axes(chunkShapes[level]!), type, fillValue };
    const filled = level === 0 ? { ...given, pixels, missing: isMissing } : given;
    const array = await writeArray(store, `raw/${level}`, filled);
    source.push(new Level(array, [1, 1, 1]));
    output.push(new Level(new ZarrArray(store, `corrected/${level}`, array.metadata), [1, 1, 1]));
  }
  const tiles = layTiles(shape, options);
  const profiles = Array.from({ length: shape[0] }, (_, c) => profilesOf(c, tiles));
  const fields = profiles.map((ofChannel) =>
    ofChannel.map((profile) => correctionField({ ...profile, baseline: 0 }, options.background)),
  );
  const expected = () => {
    const levels = [correctNaively(pixels, shape, tiles, profiles, options)];
    for (const [index, levelShape] of shapes.slice(1).entries()) {
      levels.push(averageNaively(levels[index]!, shapes[index]!, levelShape));
    }
    return levels;
  };
  return { store, source, output, tiles, fields, expected };
}

function levelShapes(shape: Czyx, { steps }: SceneOptions): Czyx[] {
  const shapes = [shape];
  for (const { factors, round } of steps) {
    const [c, ...zyx] = shapes.at(-1)!;
    const [z, y, x] = zyx.map((n, axis) => Math.max(1, Math[round](n / factors[axis]!)));
    shapes.push([c, z!, y!, x!]);
  }
  return shapes;
}

function blankChunks(
  pixels: PixelArray,
  shape: Czyx,
  chunkShape: Czyx,
  fillValue: number,
  isMissing: (coords: readonly number[]) => boolean,
): void {
  forEachPixel(shape, (place, i) => {
    if (isMissing(place.map((at, axis) => Math.floor(at / chunkShape[axis]!)))) pixels[i] = fillValue;
  });
}

function forEachPixel([channels, planes, rows, columns]: Czyx, visit: (place: Czyx, index: number) => void): void {
  for (let c = 0, i = 0; c < channels; c++)
    for (let z = 0; z < planes; z++)
      for (let y = 0; y < rows; y++) for (let x = 0; x < columns; x++, i++) visit([c, z, y, x], i);
}

/** As many tiles as fit; the last column is narrower. They leave out the last plane of deep stacks. */
function layTiles([, planes, rows, columns]: Czyx, { tileOrigin, tileYx }: SceneOptions): Tile[] {
  const tiles: Tile[] = [];
  for (let x = tileOrigin[1]; x + tileYx[1] <= columns; x += tileYx[1]) {
    const isLast = x + 2 * tileYx[1] > columns;
    const width = isLast ? tileYx[1] - 2 : tileYx[1];
    for (let y = tileOrigin[0]; y + tileYx[0] <= rows; y += tileYx[0]) {
      const box = { start: [0, y, x], stop: [Math.max(1, planes - 1), y + tileYx[0], x + width] } as const;
      tiles.push({ number: tiles.length + 1, name: `FOV_${tiles.length}`, box });
    }
  }
  return tiles;
}

interface PlainProfile {
  readonly shapeYx: Yx;
  readonly flatfield: Float32Array;
  readonly darkfield: Float32Array;
}

/** A profile for every shape of tile; none for the third channel, which is copied. */
function profilesOf(channel: number, tiles: readonly Tile[]): PlainProfile[] {
  if (channel === 2) return [];
  return distinctFieldShapes(tiles).map((shapeYx) => ({
    shapeYx,
    flatfield: Float32Array.from({ length: elementCount(shapeYx) }, (_, i) => 0.6 + ((7 * i + channel) % 10) / 9),
    darkfield: Float32Array.from({ length: elementCount(shapeYx) }, (_, i) => (i % 4) + channel / 3),
  }));
}

function correctNaively(
  pixels: PixelArray,
  shape: Czyx,
  tiles: readonly Tile[],
  profiles: readonly (readonly PlainProfile[])[],
  { type, background }: SceneOptions,
): PixelArray {
  const corrected = pixels.slice();
  const [channels, planes, rows, columns] = shape;
  for (const tile of tiles) {
    const [depth, ...shapeYx] = tile.box.start.map((from, axis) => tile.box.stop[axis]! - from) as [number, ...Yx];
    for (let c = 0; c < channels; c++) {
      const profile = profiles[c]!.find((one) => one.shapeYx.join() === shapeYx.join());
      if (profile === undefined) continue;
      forEachPixel([1, depth, ...shapeYx], ([, ...within]) => {
        const [z, y, x] = within.map((at, axis) => at + tile.box.start[axis]!) as [number, number, number];
        const i = ((c * planes + z) * rows + y) * columns + x;
        const p = within[1]! * shapeYx[1] + within[2]!;
        const [flat, dark] = [profile.flatfield[p]!, profile.darkfield[p]!];
        corrected[i] =
          type === "float32"
            ? correctedFloat(pixels[i]!, flat, dark, background)
            : correctedInteger(pixels[i]!, flat, dark, background, largestPixel(type)).pixel;
      });
    }
  }
  return corrected;
}

function averageNaively(finer: PixelArray, finerShape: Czyx, shape: Czyx): PixelArray {
  const finerZyx: Zyx = [finerShape[1], finerShape[2], finerShape[3]];
  const factorOf = (axis: 0 | 1 | 2) => reductionFactor(finerZyx[axis], shape[axis + 1]!)!;
  const factors: Zyx = [factorOf(0), factorOf(1), factorOf(2)];
  const averaged = finer.slice(0, elementCount(shape));
  const volume = elementCount(finerZyx);
  forEachPixel(shape, ([c, z, y, x], i) => {
    averaged[i] = blockMean(finer.subarray(c * volume, (c + 1) * volume), finerZyx, factors, [z, y, x]);
  });
  return averaged;
}

/** All pixels of a level, `[c, z, y, x]`, chunk by chunk. */
export async function pixelsOfLevel(level: Level): Promise<PixelArray> {
  const { shapeCzyx, chunkShapeCzyx, type } = level;
  const [, planes, rows, columns] = shapeCzyx;
  const pixels = allocatePixels(type, elementCount(shapeCzyx));
  const chunks: Czyx[] = [];
  forEachPixel(chunkGrid(level), (chunk) => chunks.push(chunk));
  for (const chunk of chunks) {
    const read = await level.readChunk(chunk);
    forEachPixel(chunkShapeCzyx, (within, from) => {
      const place = within.map((at, axis) => chunk[axis]! * chunkShapeCzyx[axis]! + at);
      if (place.some((at, axis) => at >= shapeCzyx[axis]!)) return;
      const [c, z, y, x] = place as [number, number, number, number];
      pixels[((c * planes + z) * rows + y) * columns + x] = read?.[from] ?? level.fillValue;
    });
  }
  return pixels;
}
