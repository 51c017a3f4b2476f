/** Simulates the camera: shading, dark-field, noise, counts. */
import { largestPixel, type PixelArray, type Yx } from "../shapes.ts";
import { type PlaneWindow, windowSize } from "./lattice-noise.ts";
import { type SyntheticLayout, type SyntheticTile, syntheticGains } from "./layout.ts";
import { syntheticDarkfield } from "./optics.ts";
import type { SyntheticOptions } from "./options.ts";
import { detect, hashOf, mix, normal, scramble } from "./random.ts";
import { ScenePainter, sceneOf } from "./scene.ts";
import { SyntheticShading } from "./shading.ts";

/** The destination of pixels: an array, the index of the first pixel, and the stride of rows. */
interface PixelTarget {
  readonly pixels: PixelArray;
  readonly offset: number;
  readonly rowStride: number;
}

/** The true shading of one channel: C-order images of a tile's shape. */
interface Shading {
  /** Mean 1. */
  readonly flatfield: Float64Array;
  /** In counts, the camera's offset included. */
  readonly darkfield: Float64Array;
}

/** Additive and multiplicative images of a plane; column offsets only for the columns that are read. */
interface Fields extends Shading {
  readonly stray: Float64Array | undefined;
  readonly columns: Float64Array | undefined;
}

/** Records planes of tiles, whole or in parts: a pixel has the same value in whatever part it is read. */
export class SyntheticCamera {
  readonly shading: SyntheticShading;
  readonly #options: SyntheticOptions;
  readonly #painter: ScenePainter;
  readonly #gains: readonly number[];
  readonly #stray: ReadonlyMap<number, Float64Array>;
  #light = new Float32Array(0);

  constructor(options: SyntheticOptions, layout: SyntheticLayout) {
    this.#options = options;
    this.#painter = new ScenePainter(sceneOf(options, layout));
    this.#gains = syntheticGains(options, layout);
    this.#stray = strayLightOf(options, layout);
    this.shading = new SyntheticShading(options);
  }

  /** The shading of every channel in tiles that are lit from the left, in the first plane. */
  get shadings(): readonly Shading[] {
    return this.#options.channels.map((_, channel) => ({
      flatfield: this.shading.flatfield(channel, "Left", 0),
      darkfield: this.shading.darkfield(channel),
    }));
  }

  /** Writes the part `[startYx, stopYx)` of a tile's plane. */
  expose(channel: number, tile: SyntheticTile, z: number, startYx: Yx, stopYx: Yx, target: PixelTarget): void {
    const window: PlaneWindow = {
      z,
      y0: tile.stageYx[0] + startYx[0],
      y1: tile.stageYx[0] + stopYx[0],
      x0: tile.stageYx[1] + startYx[1],
      x1: tile.stageYx[1] + stopYx[1],
    };
    if (this.#light.length !== windowSize(window)) this.#light = new Float32Array(windowSize(window));
    this.#painter.paint(channel, window, this.#light);
    const fields: Fields = {
      flatfield: this.shading.flatfield(channel, tile.side, z),
      darkfield: this.shading.darkfield(channel),
      stray: this.#stray.get(tile.number),
      columns: this.#columnsOf(channel, tile, z, startYx[1], stopYx[1]),
    };
    for (let y = startYx[0]; y < stopYx[0]; y += 1) {
      const noiseKey = hashOf(this.#options.seed, 0x2015e, channel, tile.number, z, y);
      this.#readRow(fields, tile, noiseKey, y, startYx, stopYx, target);
    }
  }

  /** Offsets of the camera's columns in a plane, in counts. */
  #columnsOf(channel: number, tile: SyntheticTile, z: number, start: number, stop: number): Float64Array | undefined {
    const { columnNoise = 0, noise, seed } = this.#options;
    if (columnNoise === 0 || !noise) return undefined;
    const key = hashOf(seed, 0xc01, channel, tile.number, z);
    return Float64Array.from({ length: stop - start }, (_, i) => columnNoise * normal(mix(key, start + i)));
  }

  #readRow(
    { flatfield, darkfield, stray, columns }: Fields,
    tile: SyntheticTile,
    noiseKey: number,
    y: number,
    startYx: Yx,
    stopYx: Yx,
    target: PixelTarget,
  ): void {
    const gain = this.#gains[tile.number - 1]!;
    const {
      noise,
      readNoise,
      pixelType,
      tileShapeYx,
      cameraOffset,
      saturation = Number.POSITIVE_INFINITY,
    } = this.#options;
    const width = stopYx[1] - startYx[1];
    const lightStart = (y - startYx[0]) * width;
    const fieldStart = y * tileShapeYx[1] + startYx[1];
    const targetStart = target.offset + (y - startYx[0]) * target.rowStride;
    const whole = pixelType !== "float32";
    const largest = Math.min(largestPixel(pixelType), saturation);
    for (let i = 0; i < width; i += 1) {
      const field = fieldStart + i;
      const light = gain * this.#light[lightStart + i]!;
      // The camera's offset is added after detection: it has no photon noise.
      const expected = light * flatfield[field]! + (darkfield[field]! - cameraOffset) + (stray?.[field] ?? 0);
      const hash = scramble(noiseKey + Math.imul(startYx[1] + i, 0x9e3779b1));
      const detected = noise ? detect(Math.max(0, expected), readNoise * readNoise, hash) : expected;
      const counts = cameraOffset + detected + (columns?.[i] ?? 0);
      target.pixels[targetStart + i] = whole ? Math.min(Math.max(Math.round(counts), 0), largest) : counts;
    }
  }
}

/** The stray light of the tiles that have some, by their number: in counts, the same in all planes and channels. */
function strayLightOf({ strayLight, tileShapeYx, seed }: SyntheticOptions, { tiles }: SyntheticLayout) {
  const { placesYx, brightness } = strayLight;
  const lit = tiles.filter(({ gridYx }) => placesYx.some(([row, column]) => row === gridYx[0] && column === gridYx[1]));
  return new Map(
    lit.map(({ number }) => [number, syntheticDarkfield(tileShapeYx, brightness, 0, hashOf(seed, 0x57a7), number)]),
  );
}
