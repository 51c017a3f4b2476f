/** The shading of every plane: the flat-field and dark-field of each channel and side. */
import type { Yx } from "../shapes.ts";
import { meanOf } from "../statistics.ts";
import type { IlluminationSide } from "../tiles/tile.ts";
import { syntheticDarkfield, syntheticFlatfield } from "./optics.ts";
import type { LightSheet, SyntheticOptions } from "./options.ts";
import { hashOf, normal, scramble, toUnit } from "./random.ts";

/** The most flat-fields in the cache, where every plane has its own. */
const keptFields = 8;

/** The shading of an acquisition. Of flat-fields that change with the planes only the most recently used are cached. */
export class SyntheticShading {
  readonly #options: SyntheticOptions;
  readonly #fields = new Map<string, Float64Array>();
  readonly #darkfields: readonly Float64Array[];

  constructor(options: SyntheticOptions) {
    this.#options = options;
    this.#darkfields = options.channels.map((_, channel) => darkfieldOf(options, channel));
  }

  /** Whether every plane has a flat-field of its own. */
  get moves(): boolean {
    return (this.#options.sheet?.drift ?? 0) !== 0;
  }

  /** A channel's dark-field, in counts. */
  darkfield(channel: number): Float64Array {
    return this.#darkfields[channel]!;
  }

  /** The flat-field of mean 1 of a plane of a channel in tiles that are lit from a side. */
  flatfield(channel: number, side: IlluminationSide, z: number): Float64Array {
    const key = `${channel} ${side} ${this.moves ? z : 0}`;
    const field = this.#fields.get(key) ?? flatfieldOf(this.#options, channel, side, z);
    this.#fields.delete(key);
    this.#fields.set(key, field);
    if (this.moves && this.#fields.size > keptFields) this.#fields.delete(this.#fields.keys().next().value!);
    return field;
  }

  /** The mean flat-field over all planes: the best that one profile for all of them can be. */
  meanFlatfield(channel: number, side: IlluminationSide): Float64Array {
    if (!this.moves) return this.flatfield(channel, side, 0);
    const { planes, tileShapeYx } = this.#options;
    const sum = new Float64Array(tileShapeYx[0] * tileShapeYx[1]);
    for (let z = 0; z < planes; z += 1) {
      for (const [i, value] of this.flatfield(channel, side, z).entries()) sum[i]! += value / planes;
    }
    return sum;
  }
}

function flatfieldOf(options: SyntheticOptions, channel: number, side: IlluminationSide, z: number): Float64Array {
  const { tileShapeYx, dust = 0, fringes = 0, seed } = options;
  const field = smoothFlatfield(options, channel, side, z);
  if (dust === 0 && fringes === 0) return field;
  const marked = field.slice();
  if (dust > 0) addDust(marked, tileShapeYx, dust, seed);
  if (fringes > 0) addFringes(marked, tileShapeYx, fringes, seed, channel);
  return toMeanOne(marked);
}

/** A sheet's light, raised to the power that gives it the depth of the options in the middle of the stack. */
function smoothFlatfield(
  { tileShapeYx, vignetting, seed, sheet, planes }: SyntheticOptions,
  channel: number,
  side: IlluminationSide,
  z: number,
): Float64Array {
  if (sheet === undefined) {
    return syntheticFlatfield(tileShapeYx, vignetting, side === "Left" ? seed : hashOf(seed, 0x419f7), channel);
  }
  const source = { seed, channel, side };
  const [low, high] = rangeOf(lightOfSheet(sheet, tileShapeYx, 0.5, source));
  const power = low === high ? 0 : Math.log(1 - vignetting) / Math.log(low / high);
  const depth = planes === 1 ? 0.5 : z / (planes - 1);
  return toMeanOne(lightOfSheet(sheet, tileShapeYx, depth, source).map((light) => light ** power));
}

/** The misalignment of a light path. */
interface Alignment {
  readonly waist: number;
  readonly middle: number;
  readonly axisYx: Yx;
}

/**
 * The light of a plane without other losses, C order `[y, x]`, at most 1. `depth` is the plane's position in the stack,
 * from 0 to 1. Every channel and side has an alignment of its own, drawn by the seed.
 */
export function lightOfSheet(
  sheet: LightSheet,
  shapeYx: Yx,
  depth: number,
  source: { readonly seed: number; readonly channel: number; readonly side: IlluminationSide },
): Float64Array {
  const { waist, middle, axisYx } = alignmentOf(source.seed, source.channel, source.side);
  const [rows, columns] = shapeYx;
  const direction = source.side === "Left" ? 1 : -1;
  const waistNow = waist + sheet.drift * (depth - 0.5);
  const along = Float64Array.from({ length: columns }, (_, x) =>
    atDistance(sheet, direction * placeOf(x, columns) - waistNow),
  );
  const across = Float64Array.from({ length: rows }, (_, y) =>
    Math.exp(-2 * ((placeOf(y, rows) - middle) / sheet.height) ** 2),
  );
  const steepness = (1 / Math.sqrt(1 - sheet.cornerLoss) - 1) / 2;
  const light = new Float64Array(rows * columns);
  for (let y = 0; y < rows; y += 1) {
    const offAxis = (placeOf(y, rows) - axisYx[0]) ** 2;
    for (let x = 0; x < columns; x += 1) {
      const radiusSquared = offAxis + (placeOf(x, columns) - axisYx[1]) ** 2;
      light[y * columns + x] = (along[x]! * across[y]!) / (1 + steepness * radiusSquared) ** 2;
    }
  }
  return light;
}

/** The sheet's light at a distance from its waist, relative to that at the waist; sweeping limits the distance. */
function atDistance({ rayleigh, sweep }: LightSheet, distance: number): number {
  return 1 / Math.sqrt(1 + (((1 - sweep) * distance) / rayleigh) ** 2);
}

function alignmentOf(seed: number, channel: number, side: IlluminationSide): Alignment {
  const draw = (index: number) => {
    const unit = 2 * toUnit(hashOf(seed, 0x5ee7, channel, side === "Left" ? 0 : 1, index)) - 1;
    return Math.sign(unit) * (0.4 + 0.6 * Math.abs(unit));
  };
  return { waist: 0.4 * draw(0), middle: 0.25 * draw(1), axisYx: [0.15 * draw(2), 0.15 * draw(3)] };
}

/** The centre of a pixel on an axis of a given length. */
function placeOf(index: number, extent: number): number {
  return (2 * index + 1) / extent - 1;
}

function darkfieldOf(options: SyntheticOptions, channel: number): Float64Array {
  const { tileShapeYx, darkfield, cameraOffset, seed, offsetSpread = 0 } = options;
  const smooth = syntheticDarkfield(tileShapeYx, darkfield, cameraOffset, seed, channel);
  if (offsetSpread === 0) return smooth;
  // All channels share one camera.
  const key = hashOf(seed, 0xf1c5);
  return smooth.map((value, pixel) => value + offsetSpread * normal(scramble(key + Math.imul(pixel, 0x9e3779b1))));
}

function rangeOf(values: Float64Array): readonly [low: number, high: number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

function toMeanOne(field: Float64Array): Float64Array {
  const mean = meanOf(field);
  return field.map((value) => value / mean);
}

// Shading by dust on glass and by interference fringes, the same in every plane.

/** Fringes across the field's shorter side. */
const fringeCount = 9;

/** Darkens a flat-field by `count` specks of dust, out of focus: by 2 to 8 % in their middle. */
function addDust(flatfield: Float64Array, [rows, columns]: Yx, count: number, seed: number): void {
  const shorter = Math.min(rows, columns);
  for (let speck = 0; speck < count; speck += 1) {
    const draw = (index: number) => toUnit(hashOf(seed, 0xd057, speck, index));
    const [centreY, centreX] = [draw(0) * rows, draw(1) * columns];
    const radius = Math.max(1.5, shorter * (0.01 + 0.03 * draw(2)));
    const strength = 0.02 + 0.06 * draw(3);
    const [top, bottom] = [Math.max(0, Math.ceil(centreY - radius)), Math.min(rows - 1, centreY + radius)];
    const [left, right] = [Math.max(0, Math.ceil(centreX - radius)), Math.min(columns - 1, centreX + radius)];
    for (let y = top; y <= bottom; y += 1) {
      for (let x = left; x <= right; x += 1) {
        const inside = 1 - ((y - centreY) ** 2 + (x - centreX) ** 2) / radius ** 2;
        if (inside > 0) flatfield[y * columns + x]! *= 1 - strength * inside * inside;
      }
    }
  }
}

/**
 * Multiplies a flat-field by slanted, slightly bent fringes, as of a thin camera window: brighter and darker by up to
 * `contrast`, at another place for every wavelength.
 */
function addFringes(
  flatfield: Float64Array,
  [rows, columns]: Yx,
  contrast: number,
  seed: number,
  channel: number,
): void {
  const draw = (index: number) => toUnit(hashOf(seed, 0xf219, channel, index));
  const [angle, start, bend] = [Math.PI * (0.1 + 0.3 * draw(0)), 2 * Math.PI * draw(1), 0.4 * (draw(2) - 0.5)];
  const perPixel = (2 * Math.PI * fringeCount) / Math.min(rows, columns);
  const [stepY, stepX] = [perPixel * Math.sin(angle), perPixel * Math.cos(angle)];
  for (let y = 0; y < rows; y += 1) {
    for (let x = 0; x < columns; x += 1) {
      const phase = start + stepX * x + stepY * y * (1 + (bend * y) / rows);
      flatfield[y * columns + x]! *= 1 + contrast * Math.cos(phase);
    }
  }
}
