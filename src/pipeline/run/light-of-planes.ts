/** What planes tell of the orientation of a flat-field where no tiles overlap: the light is what tiles have in common. */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import type { Profile } from "../../profile/profile.ts";
import { formatCount, formatShare } from "../../quantities.ts";
import { planSample, type SamplePlan } from "../../sample/plan-sample.ts";
import { MemoryStack } from "../../sample/plane-stack.ts";
import { countChunks, readPlanes } from "../../sample/read-planes.ts";
import { arrayBytes, elementCount, type PixelArray, type Yx } from "../../shapes.ts";
import { dot, meanOf, select } from "../../statistics.ts";
import { fieldShapeAtLevel } from "../../tiles/levels.ts";
import { type ChannelProfile, profileAtField } from "../profiles/channel-profile.ts";
import { type Doubt, turnedOf } from "./compare-readings.ts";

/** As many planes are read, fewer where these bytes of chunks would be exceeded; some are in memory at a time. */
const planeCounts: readonly number[] = [60, 30, 15];
const [mostBytes, bytesAtOnce] = [1e8, 16e6];
/** A plane is looked at in as many parts along each axis, each by the dimmer of some pixels: sample is bright. */
const parts = 8;
const mostAlong = 3;
const dimShare = 0.25;
/** From this many tiles on another reading may be refused, of fewer it is told; it must leave less than this share of the unevenness. */
const fewestTiles = 6;
const [leastOfMany, leastOfFew] = [0.6, 0.35];
/** The mean over tiles is nearer to another reading than to the flat-field by as many standard errors. */
const standardErrors = 4;
/** What is nearer to it by this much at least, and by more errors, is told where the sample's own unevenness hides the light. */
const [leastNearer, errorsOfTold] = [0.5, 5];
/** Light that is more even than this tells nothing. */
const leastUnevenness = 0.02;

/** The light of a tile in parts, as logarithms. */
interface LitTile {
  readonly light: Float64Array;
  /** Its place in the mosaic, in tiles. */
  readonly placeYx: Yx;
}

/**
 * Whether the light that planes of many tiles have in common is far nearer to another reading of a given flat-field than to
 * the flat-field as it is, and than to even light. Reads up to 60 planes of a level.
 * @throws IsoluxError as reading does
 */
export async function doubtsOfPlanes(
  acquisition: Acquisition,
  profile: ChannelProfile,
  { level, seed }: { readonly level: number; readonly seed: number },
  signal: AbortSignal,
): Promise<Doubt> {
  const own = profileAtField(profile, fieldShapeAtLevel(acquisition.tiles, acquisition.levels[level]!.factorsZyx));
  const readings = Math.min(...own.shapeYx) < parts ? [] : turnedOf(own);
  if (readings.length === 0) return {};
  const plan = affordablePlan(acquisition, profile, { level, seed });
  const tiles = plan === undefined ? [] : await litTiles(acquisition, profile, own, plan, signal);
  if (tiles.length === 0) return {};
  const asItIs = centred(lightOfParts(own.flatfield, own.shapeYx));
  // With what the sample grows brighter from tile to tile, and without it.
  const [found, ...others] = [tiles, withoutSlope(tiles)].map((lit) => {
    const tried = readings.map(({ reading, image }) => ({ reading, light: centred(lightOfParts(image, own.shapeYx)) }));
    const best = tried
      .map((one) => ({ ...one, ...compare(lit, asItIs, one.light) }))
      .reduce((least, one) => (one.after < least.after ? one : least));
    return best;
  });
  const both = [found!, ...others];
  const isAll = both.every(({ reading, isToTell }) => isToTell && reading === found!.reading);
  if (!isAll) return {};
  const { reading, before, after } = found!;
  return {
    found: {
      name: `be ${reading.name}`,
      numpy: reading.numpy,
      dark: "and its dark-field likewise",
      differs: `light that differs from it by ${formatShare(before)} in ${formatCount(tiles.length, "tile")}`,
      expected: `${formatShare(after)}, as from ${reading.numpy} (NumPy)`,
    },
    isRefused: tiles.length >= fewestTiles && both.every(({ isPlain }) => isPlain),
  };
}

function affordablePlan(
  acquisition: Acquisition,
  { target }: ChannelProfile,
  { level, seed }: { readonly level: number; readonly seed: number },
): SamplePlan | undefined {
  const own = acquisition.levels[level]!;
  const ofChunk = arrayBytes(acquisition.type, own.chunkShapeCzyx);
  return planeCounts
    .map((planeCount) => planSample(acquisition, { level, planeCount, seed, among: target.tiles }))
    .find((plan) => countChunks(own, plan) * ofChunk <= mostBytes);
}

/** The light of the tiles that have some everywhere. */
async function litTiles(
  acquisition: Acquisition,
  { target }: ChannelProfile,
  { shapeYx, darkfield }: Profile,
  plan: SamplePlan,
  signal: AbortSignal,
): Promise<LitTile[]> {
  const { type } = acquisition;
  const byTile = new Map<number, Float64Array[]>();
  const atOnce = Math.max(1, Math.floor(bytesAtOnce / arrayBytes(type, shapeYx)));
  for (let from = 0; from < plan.planes.length; from += atOnce) {
    const planes = plan.planes.slice(from, from + atOnce);
    const { pixels } = await readStack(acquisition, target.channel.index, { ...plan, planes }, signal);
    for (const [n, { tileNumber }] of planes.entries()) {
      const plane = pixels.subarray(n * elementCount(shapeYx), (n + 1) * elementCount(shapeYx));
      const light = lightOfParts(plane, shapeYx, darkfield);
      if (light.every(Number.isFinite)) byTile.set(tileNumber, [...(byTile.get(tileNumber) ?? []), light]);
    }
  }
  return target.tiles.flatMap(({ number, box: { start, stop } }) => {
    const planes = byTile.get(number);
    if (planes === undefined) return [];
    const light = Float64Array.from(planes[0]!, (_, part) => meanOf(planes.map((plane) => plane[part]!)));
    const place = (axis: 1 | 2) => start[axis] / (stop[axis] - start[axis]);
    return [{ light, placeYx: [place(1), place(2)] as const }];
  });
}

async function readStack(acquisition: Acquisition, channel: number, plan: SamplePlan, signal: AbortSignal) {
  const stack = new MemoryStack(acquisition.type, plan.planes.length, plan.fieldYx);
  await readPlanes(acquisition, channel, plan, stack, { signal });
  return stack;
}

/** The logarithms of the dimmer pixels of each part of an image, row by row; none of a part without light. */
function lightOfParts(image: PixelArray | Float32Array, [rows, columns]: Yx, dark?: Float32Array): Float64Array {
  return Float64Array.from({ length: parts ** 2 }, (_, part) => {
    const [row, column] = [Math.floor(part / parts), part % parts];
    const [ys, xs] = [placesIn(row, rows), placesIn(column, columns)];
    const values = Float64Array.from({ length: ys.length * xs.length }, (_, n) => {
      const at = ys[Math.floor(n / xs.length)]! * columns + xs[n % xs.length]!;
      return image[at]! - (dark?.[at] ?? 0);
    });
    return Math.log(select(values, Math.floor(dimShare * values.length)));
  });
}

/** Pixels along an axis that stand for those of a part. */
function placesIn(part: number, extent: number): number[] {
  const start = Math.floor((part * extent) / parts);
  const length = Math.floor(((part + 1) * extent) / parts) - start;
  const count = Math.min(mostAlong, length);
  return Array.from({ length: count }, (_, n) => start + Math.floor(((n + 0.5) * length) / count));
}

/** What two readings leave of the light of tiles, and whether the other is plainly the right one. */
function compare(tiles: readonly LitTile[], own: Float64Array, other: Float64Array) {
  const lights = tiles.map(({ light }) => centred(light));
  const mean = own.map((_, part) => meanOf(lights.map((light) => light[part]!)));
  const [before, after, even] = [own, other, new Float64Array(own.length)].map((read) => apart(mean, read));
  const isOfMany = tiles.length >= fewestTiles;
  const isLess = after! < (isOfMany ? leastOfMany : leastOfFew) * Math.min(before!, even!);
  const [difference, sum] = [other.map((value, part) => value - own[part]!), other.map((v, part) => v + own[part]!)];
  // 1 of a tile with the light of the other reading, -1 of one with that of the flat-field.
  const nearer = lights.map((light) => {
    const offMiddle = light.map((value, part) => 2 * value - sum[part]!);
    return dot(offMiddle, difference) / dot(difference, difference);
  });
  const middle = meanOf(nearer);
  const squares = nearer.reduce((total, value) => total + (value - middle) ** 2, 0);
  const error = Math.sqrt(squares / (nearer.length * Math.max(1, nearer.length - 1)));
  const isPlain = isLess && even! > leastUnevenness && (!isOfMany || middle > standardErrors * error);
  const isLikely = isOfMany && middle > leastNearer && middle > errorsOfTold * error;
  return { before: before!, after: after!, isPlain, isToTell: isPlain || isLikely };
}

/** Tiles less the slope within each that would make the next one as much brighter as it is. */
function withoutSlope(tiles: readonly LitTile[]): LitTile[] {
  const brightness = Float64Array.from(tiles, ({ light }) => meanOf(light));
  const slopes = ([0, 1] as const).map((axis) => {
    const places = centred(Float64Array.from(tiles, ({ placeYx }) => placeYx[axis]));
    return dot(places, places) > 0 ? dot(places, brightness) / dot(places, places) : 0;
  });
  return tiles.map(({ light, placeYx }) => ({
    placeYx,
    light: light.map((value, part) => {
      const [y, x] = [Math.floor(part / parts), part % parts];
      return value - (slopes[0]! * y + slopes[1]! * x) / parts;
    }),
  }));
}

function centred(values: Float64Array): Float64Array {
  const mean = meanOf(values);
  return values.map((value) => value - mean);
}

/** The root of the mean square of a difference. */
function apart(one: Float64Array, other: Float64Array): number {
  return Math.sqrt(meanOf(one.map((value, at) => (value - other[at]!) ** 2)));
}
