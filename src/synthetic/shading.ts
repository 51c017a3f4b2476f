/** The shading that the microscope puts on every plane: the flat-field and dark-field of each channel and side. */
import type { IlluminationSide } from "../tiles/illumination-side.ts";
import { lightOfSheet } from "./light-sheet.ts";
import { addDust, addFringes } from "./marks.ts";
import { syntheticDarkfield, syntheticFlatfield } from "./optics.ts";
import type { SyntheticOptions } from "./options.ts";
import { hashOf, normal, scramble } from "./random.ts";

/** The true shading of one channel: C-order images of a tile's shape. */
export interface Shading {
  /** Mean 1. */
  readonly flatfield: Float64Array;
  /** In counts, the camera's offset included. */
  readonly darkfield: Float64Array;
}

/** Flat-fields that are kept where every plane has its own. */
const keptFields = 8;

/** The shading of an acquisition. Of flat-fields that move with the planes only those last asked for are kept. */
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

  /** The flat-field of mean 1 that a plane of a channel shows in tiles that are lit from a side. */
  flatfield(channel: number, side: IlluminationSide, z: number): Float64Array {
    const key = `${channel} ${side} ${this.moves ? z : 0}`;
    const field = this.#fields.get(key) ?? flatfieldOf(this.#options, channel, side, z);
    this.#fields.delete(key);
    this.#fields.set(key, field);
    if (this.moves && this.#fields.size > keptFields) this.#fields.delete(this.#fields.keys().next().value!);
    return field;
  }

  /** The mean flat-field over all planes: the best that one profile for all of them can know. */
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

/** A sheet's light is raised to the power that makes it as deep, amid the stack, as the options say. */
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

function darkfieldOf(options: SyntheticOptions, channel: number): Float64Array {
  const { tileShapeYx, darkfield, cameraOffset, seed, offsetSpread = 0 } = options;
  const smooth = syntheticDarkfield(tileShapeYx, darkfield, cameraOffset, seed, channel);
  if (offsetSpread === 0) return smooth;
  // One camera takes all channels.
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
  const mean = field.reduce((sum, value) => sum + value, 0) / field.length;
  return field.map((value) => value / mean);
}
