/**
 * What is fine in the light, such as dust and fringes: by the dimmest planes at each pixel, where both halves of the tiles show
 * the same. Polynomials are too smooth for it.
 */

import type { Profile } from "../../profile/profile.ts";
import { meanOf } from "../../statistics.ts";
import { gaussianBlur } from "../empty/gaussian.ts";
import type { BlockedPlanes, DimLight } from "./dim-light.ts";
import { meanOver } from "./held-out.ts";
import { disagreement, type OverlapData, type Shading } from "./overlap-data.ts";

/** The share of the planes in which a pixel is dimmer than the value that is taken. */
const share = 0.1;
/** The least number of planes of a half of the tiles. */
const fewestPlanes = 20;
/** In pixels of the field: what is finer is noise; and as a share of it, what is coarser is smooth. */
const [finestPx, coarsest] = [1, 0.08];
/** Rows that are read at a time. */
const bandRows = 16;
/**
 * The least structure that counts, as a standard deviation. Pixels whose offset differs by a count show a tenth of that.
 */
const leastStructure = 0.003;
/** How alike both halves must be. */
const leastAlike = 0.5;

/** A profile, and the same from fits without each fold of the pairs. */
interface Fitted {
  readonly profile: Profile;
  readonly ofFolds: readonly { readonly pairs: readonly number[]; readonly profile: Profile }[];
}

/** Profiles with the fine structure of the light that planes show, unless pairs then agree worse. */
export async function withFineLight<Found extends Fitted>(
  found: Found,
  planes: BlockedPlanes,
  { brightness }: Pick<DimLight, "brightness">,
  { data, pairs }: { readonly data: OverlapData; readonly pairs: readonly number[] },
): Promise<Found> {
  const fine = await fineLight(planes, found.profile, brightness);
  if (fine === undefined) return found;
  const withIt = (profile: Profile) => ({ ...profile, flatfield: product(profile.flatfield, fine) });
  const profile = withIt(found.profile);
  const [without, withFine] = [found.profile, profile].map((one) => meanOver(disagreement(data, one), pairs));
  if (withFine! > without!) return found;
  return { ...found, profile, ofFolds: found.ofFolds.map((fold) => ({ ...fold, profile: withIt(fold.profile) })) };
}

/**
 * The fine structure of a light, as factors of its flat-field.
 * @param light smooth, with the camera's offset as its dark-field
 * @param brightness of every plane
 * @returns `undefined` where planes are too few, or the halves do not show the same
 */
async function fineLight(
  planes: BlockedPlanes,
  light: Shading,
  brightness: Float64Array,
): Promise<Float64Array | undefined> {
  const numbers = [...new Set(planes.tiles)];
  const halves = [0, 1].map((half) =>
    [...planes.tiles.keys()].filter((n) => numbers.indexOf(planes.tiles[n]!) % 2 === half),
  );
  if (halves.some((half) => half.length < fewestPlanes)) return undefined;
  const [a, b] = [
    structureOf(await dimmestPixels(planes, halves[0]!, light, brightness), light),
    structureOf(await dimmestPixels(planes, halves[1]!, light, brightness), light),
  ];
  if (a === undefined || b === undefined) return undefined;
  const both = meanOf(a.map((value, i) => value * b[i]!));
  const each = meanOf(a.map((value, i) => (value ** 2 + b[i]! ** 2) / 2));
  if (!(both > leastStructure ** 2 && both > leastAlike * each)) return undefined;
  // The mean of two halves has half of the noise of each.
  const weight = both / (both + (each - both) / 2);
  return Float64Array.from(a, (value, i) => Math.exp((weight * (value + b[i]!)) / 2));
}

/** A low quantile of every pixel over some of the planes, as counts above the offset. */
async function dimmestPixels(
  { stack }: BlockedPlanes,
  numbers: readonly number[],
  { darkfield }: Shading,
  brightness: Float64Array,
): Promise<Float32Array> {
  const [rows, columns] = stack.shapeYx;
  const dimmest = new Float32Array(rows * columns);
  const values = new Float32Array(numbers.length);
  for (let y0 = 0; y0 < rows; y0 += bandRows) {
    const y1 = Math.min(rows, y0 + bandRows);
    const bands = [];
    for (const n of numbers) bands.push(await stack.read(n, n + 1, y0, y1));
    for (let i = 0; i < (y1 - y0) * columns; i++) {
      const at = y0 * columns + i;
      for (const [k, n] of numbers.entries()) values[k] = (bands[k]![i]! - darkfield[at]!) / brightness[n]!;
      dimmest[at] = values.sort()[Math.floor(share * values.length)]!;
    }
  }
  return dimmest;
}

/** The logarithm of an image over a light, without what is smooth; `undefined` where a pixel is not brighter than the offset. */
function structureOf(image: Float32Array, { shapeYx, flatfield }: Shading): Float32Array | undefined {
  if (!image.every((value) => value > 0)) return undefined;
  const columns = shapeYx[1];
  const logs = Float32Array.from(image, (value, i) => Math.log(value / flatfield[i]!));
  const blurred = (pixels: Float32Array, sigmaPx: number) =>
    gaussianBlur((y, row) => row.set(pixels.subarray(y * columns, (y + 1) * columns)), shapeYx, sigmaPx).slice();
  const smooth = blurred(logs, coarsest * Math.min(...shapeYx));
  return blurred(
    logs.map((value, i) => value - smooth[i]!),
    finestPx,
  );
}

/** A flat-field times factors, of mean 1. */
function product(flatfield: Float32Array, factors: Float64Array): Float32Array {
  const values = Float64Array.from(flatfield, (value, i) => value * factors[i]!);
  const mean = meanOf(values);
  return Float32Array.from(values, (value) => value / mean);
}
