/**
 * The light by the dimmest planes: where the camera's offset is known and there is light beside the sample, what a part of
 * the field shows when the sample leaves it is that light. Overlaps see the edges of the field only; this sees all of it,
 * and is as uncertain as the sample lets it be.
 */
import type { PlannedPlane } from "../../sample/plan-sample.ts";
import type { PlaneStack } from "../../sample/plane-stack.ts";
import { elementCount, type Yx, type Zyx } from "../../shapes.ts";
import { meanOf } from "../../statistics.ts";
import { fadingOf } from "./fading-light.ts";
import type { LightTerm } from "./light-terms.ts";
import { termOverField } from "./light-terms.ts";
import type { Shading } from "./overlap-data.ts";
import { solvePositive } from "./solve.ts";

/** The number of blocks along either axis of the field. */
export const blocksAcross = 16;

/** The means of planes over blocks of the field, with the tile that each plane is of and where it begins in the image. */
export interface BlockedPlanes {
  readonly stack: PlaneStack;
  readonly blocks: readonly Float64Array[];
  readonly tiles: readonly number[];
  readonly places: readonly Zyx[];
}

/** A sum of terms that the light should be changed by, as far as the dimmest planes tell. */
export interface DimLight {
  readonly sizes: Float64Array;
  /** Standard errors of the sizes. */
  readonly errors: Float64Array;
  /** By how much every plane is brighter than the others, without its sample. */
  readonly brightness: Float64Array;
  /** The log gains of tiles, by number, where light fades from tile to tile. */
  readonly logGains?: Float64Array;
}

/** Averages the planes of a sample over blocks. */
export async function blockPlanes(
  stack: PlaneStack,
  planes: readonly Pick<PlannedPlane, "tileNumber" | "box">[],
): Promise<BlockedPlanes> {
  const even = { shapeYx: stack.shapeYx, ...evenField(elementCount(stack.shapeYx)) };
  const blocks: Float64Array[] = [];
  for (let n = 0; n < stack.planeCount; n++) {
    blocks.push(meansOfBlocks(await stack.read(n, n + 1, 0, stack.shapeYx[0]), 0, even));
  }
  const places = planes.map(({ box }) => box.start);
  return { stack, blocks, tiles: planes.map(({ tileNumber }) => tileNumber), places };
}

function evenField(length: number): Pick<Shading, "flatfield" | "darkfield"> {
  return { flatfield: new Float32Array(length).fill(1), darkfield: new Float32Array(length) };
}

/** The means of an image, corrected by a shading, over blocks of the field, C order. @param from index of its first pixel */
export function meansOfBlocks(
  pixels: ArrayLike<number>,
  from: number,
  { shapeYx: [rows, columns], flatfield, darkfield }: Shading,
): Float64Array {
  const [sums, counts] = [new Float64Array(blocksAcross ** 2), new Float64Array(blocksAcross ** 2)];
  for (let i = 0; i < rows * columns; i++) {
    const row = Math.floor((Math.floor(i / columns) * blocksAcross) / rows);
    const block = row * blocksAcross + Math.floor(((i % columns) * blocksAcross) / columns);
    sums[block]! += (pixels[from + i]! - darkfield[i]!) / flatfield[i]!;
    counts[block]! += 1;
  }
  return sums.map((sum, block) => sum / Math.max(1, counts[block]!));
}

/**
 * The share of the planes in which a block is dimmer than the value that is taken for its light without sample. Where the
 * sample does leave it, a lower and a higher share give the same shape: what terms differ by is their error, and a part of
 * what the brightness differs by.
 */
const shares = { low: 0.05, taken: 0.1, high: 0.2 } as const;
const partOfSpread = 0.15;
/** With fewer planes, or tiles, nothing is known. */
const fewest = { planes: 20, tiles: 3 } as const;
/** The most parts of the tiles that are left out in turn. */
const mostParts = 12;
/** Errors by leaving out tiles are smaller than those that were found where the truth was known. */
const caution = 2;
/** The least error of a term, and that of a block. */
const leastError = 0.0015;
/** A term may hold this many counts by which the camera's offset differs over the field. */
const unevenOffset = 0.1;
/** There is light beside the sample where the dimmest blocks have this share of the usual light. */
const leastLight = 0.1;

/**
 * How the light of a start should change.
 * @param offset the camera's offset, with its standard error, in counts
 * @param logGains of tiles, by number; without, tiles are equally bright
 * @returns `undefined` where planes are too few, or the dimmest show no light
 */
export function dimLight(
  planes: BlockedPlanes,
  start: Shading,
  terms: readonly LightTerm[],
  offset: { readonly counts: number; readonly error: number },
  logGains: Float64Array = new Float64Array(0),
): DimLight | undefined {
  const { tiles } = planes;
  const { brightness, fading } = brightnessOf(planes, logGains, offset.counts);
  const blocks = asBright(planes.blocks, brightness, offset.counts);
  const numbers = [...new Set(tiles)];
  if (blocks.length < fewest.planes || numbers.length < fewest.tiles) return undefined;
  const light = dimmest(blocks, offset.counts);
  const [low, high] = [shares.low, shares.high].map((share) => dimmest(blocks, offset.counts, share));
  const spread = meanOf(light.map((value, block) => (high![block]! - low![block]!) / value));
  const level = meanOf(light);
  if (!light.every((value) => value > leastLight * level && value > 3 * offset.error)) return undefined;
  const parts = Math.min(mostParts, numbers.length);
  const without = Array.from({ length: parts }, (_, part) => {
    const left = blocks.filter((_block, n) => numbers.indexOf(tiles[n]!) % parts !== part);
    return dimmest(left, offset.counts);
  });
  if ([low!, ...without].some((values) => values.some((value) => !(value > 0)))) return undefined;
  const variances = light.map((_, block) => jackknife(without.map((values) => Math.log(values[block]!))));
  const sizesOf = termFit(start, terms, variances);
  const sizes = sizesOf(light);
  const ofParts = without.map(sizesOf);
  const moved = sizesOf(light.map((value) => value - offset.error));
  const [ofLow, ofHigh] = [sizesOf(low!), sizesOf(high!)];
  const errors = sizes.map((size, k) => {
    const scatter = caution * Math.sqrt(jackknife(ofParts.map((part) => part[k]!)));
    const byShare = Math.max(partOfSpread * spread, Math.abs(ofHigh[k]! - ofLow[k]!));
    return Math.hypot(scatter, moved[k]! - size, leastError, unevenOffset / level, byShare);
  });
  const doesFade = spreadOf(fading, tiles) >= leastFading;
  return { sizes, errors, brightness, ...(doesFade && { logGains: gainsOf(brightness, tiles) }) };
}

/** The brightness of planes by the gains of their tiles, by number, and by how light fades from plane to plane beside these. */
function brightnessOf({ blocks, tiles, places }: BlockedPlanes, logGains: Float64Array, counts: number) {
  const gains = Float64Array.from(tiles, (tile) => Math.exp(logGains[tile] ?? 0));
  const fading = fadingOf(asBright(blocks, gains, counts), places, { counts, share: shares.taken });
  return { brightness: gains.map((gain, n) => gain * fading[n]!), fading };
}

/** Light fades from tile to tile from this standard deviation of their log gains on. */
const leastFading = 0.01;

/** The log gains of tiles, by number. */
function gainsOf(brightness: Float64Array, tiles: readonly number[]): Float64Array {
  const logGains = new Float64Array(Math.max(...tiles) + 1);
  for (const tile of new Set(tiles))
    logGains[tile] = meanOf(brightness.filter((_, n) => tiles[n] === tile).map(Math.log));
  return logGains;
}

function spreadOf(brightness: Float64Array, tiles: readonly number[]): number {
  const logGains = gainsOf(brightness, tiles);
  const gains = [...new Set(tiles)].map((tile) => logGains[tile]!);
  const mean = meanOf(gains);
  return Math.sqrt(meanOf(gains.map((gain) => (gain - mean) ** 2)));
}

/** Planes as if all were equally bright. */
function asBright(blocks: readonly Float64Array[], brightness: Float64Array, counts: number): readonly Float64Array[] {
  return blocks.map((plane, n) => {
    const gain = brightness[n]!;
    return gain === 1 ? plane : plane.map((value) => counts + (value - counts) / gain);
  });
}

/** A low quantile of every block over the planes, less the offset. */
function dimmest(blocks: readonly Float64Array[], counts: number, share: number = shares.taken): Float64Array {
  return Float64Array.from(blocks[0]!, (_, block) => {
    const values = Float64Array.from(blocks, (plane) => plane[block]!).sort();
    return values[Math.floor(share * values.length)]! - counts;
  });
}

/** The variance of a value from what it is without each part. */
function jackknife(values: readonly number[]): number {
  const mean = meanOf(values);
  const share = (values.length - 1) / values.length;
  return share * values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
}

/** The terms, and a factor, by which a start should be multiplied to become a light in blocks: weighted least squares. */
function termFit(
  { shapeYx, flatfield }: Shading,
  terms: readonly LightTerm[],
  variances: Float64Array,
): (light: Float64Array) => Float64Array {
  const even = { shapeYx, ...evenField(elementCount(shapeYx)) };
  const ofStart = meansOfBlocks(flatfield, 0, even);
  const fieldYx: Yx = [blocksAcross, blocksAcross];
  const columns = [new Float64Array(blocksAcross ** 2).fill(1), ...terms.map((term) => termOverField(term, fieldYx))];
  const weights = variances.map((variance) => leastError ** 2 / (variance + leastError ** 2));
  return (light) => {
    const matrix = new Float64Array(columns.length ** 2);
    const right = new Float64Array(columns.length);
    for (const [k, column] of columns.entries()) {
      for (let block = 0; block < weights.length; block++) {
        const weighted = weights[block]! * column[block]!;
        right[k]! += weighted * Math.log(light[block]! / ofStart[block]!);
        for (let j = 0; j <= k; j++) matrix[k * columns.length + j]! += weighted * columns[j]![block]!;
      }
    }
    solvePositive(matrix, right);
    return right.subarray(1);
  };
}
