/**
 * The shape of the light that empty planes have in common. Sample looks different in every tile, empty background the
 * same in all: so each of the smoothest planes is tried as the shape, and the one wins that planes of most tiles follow.
 */

import { medianOf } from "../estimate/select-median.ts";
import type { Yx } from "../shapes.ts";
import { fitShape, type ShapeFit, shapeOf } from "./fit-shape.ts";
import { groupByTile, type PlaneLook } from "./plane-look.ts";
import { smoothShape } from "./smooth-shape.ts";

/** So many planes are tried as the shape, of one tile at most so many. */
const tried = { planes: 16, ofTile: 2 } as const;

/** Against so many planes of every tile. */
const judgesOfTile = 6;

/** Planes that differ so much from a shape on average are full of sample and need no closer look. */
const farOff = 0.12;

/** The shape is made anew from the planes that follow it, so many times. */
const rounds = 3;

/** From what on a plane does not follow a shape, in units of {@link ShapeFit}. */
export const tolerance = { unevenness: 0.015, brightShare: 0.008, darkShare: 0.008 } as const;

/** A shape that planes of a single tile have in common must be followed by this share of them, and by so many. */
const lonely = { share: 0.8, planes: 3 } as const;

/** Whether a plane follows a shape. */
export function follows({ unevenness, brightShare, darkShare }: ShapeFit, slack = 1): boolean {
  return (
    unevenness <= slack * tolerance.unevenness &&
    brightShare <= slack * tolerance.brightShare &&
    darkShare <= slack * tolerance.darkShare
  );
}

/** Planes look empty that are at most so much brighter than the dimmest tenth. */
const dimShare = 1.1;

/** Tiles that look empty by their brightness, though their light has no shape in common. */
export interface DimTiles {
  readonly tiles: readonly number[];
  /** How much they differ from what they have in common at best, as a share of their light: the median over planes. */
  readonly deviation: number;
}

/** The dimmest tiles and how much their light differs; `undefined` where there are fewer than two. */
export function dimmestTiles(looks: readonly PlaneLook[], offset: number): DimTiles | undefined {
  const usable = looks.filter(({ blocks }) => blocks.every((value) => value > offset));
  const levels = Float64Array.from(usable, ({ blocks }) => medianOf(blocks.slice()));
  const limit = dimShare * (levels.slice().sort()[Math.floor(levels.length / 10)] ?? 0);
  const dim = usable.filter((_, at) => levels[at]! <= limit);
  const tiles = [...groupByTile(dim).keys()];
  if (tiles.length < 2) return undefined;
  const shape = medianShape(dim, offset);
  const deviation = medianOf(Float64Array.from(dim, (look) => Math.min(1, fitLook(look, shape, offset).unevenness)));
  return { tiles, deviation };
}

/** The shape (mean 1, of the looks' blocks) that most tiles have in common; `undefined` where there is none. */
export function findCommonShape(looks: readonly PlaneLook[], offset: number): Float64Array | undefined {
  const usable = looks.filter(({ blocks }) => blocks.every((value) => value > offset));
  let best: { readonly shape: Float64Array; readonly support: number } | undefined;
  const judges = spreadOverTiles(usable, judgesOfTile).map((look) => ({ look, own: shapeByMedian(look, offset) }));
  for (const candidate of smoothestPlanes(usable, offset)) {
    const shape = candidateShape(shapeOf(candidate, offset), candidate.blocksYx);
    const near = judges.filter(({ own }) => meanDistance(own, shape) < farOff).map(({ look }) => look);
    const support = supportOf(followersOf(near, shape, offset, 1.5));
    if (best === undefined || support > best.support) best = { shape, support };
  }
  if (best === undefined) return undefined;
  let { shape } = best;
  let followers: PlaneLook[] = [];
  for (let round = 0; round < rounds; round++) {
    followers = followersOf(usable, shape, offset, 1);
    if (followers.length === 0) return undefined;
    shape = medianShape(followers, offset);
  }
  return isCommon(usable, followersOf(usable, shape, offset, 1)) ? shape : undefined;
}

function followersOf(looks: readonly PlaneLook[], shape: Float64Array, offset: number, slack: number): PlaneLook[] {
  return looks.filter((look) => follows(fitLook(look, shape, offset), slack));
}

/** A plane against a shape, `offset` counts taken off first. */
export function fitLook({ blocks, blockNoise, blocksYx }: PlaneLook, shape: Float64Array, offset: number): ShapeFit {
  return fitShape(offset === 0 ? blocks : blocks.map((value) => value - offset), blockNoise, shape, blocksYx);
}

/** Planes of many tiles count more than many planes of one: neighbouring planes show the same sample. */
function supportOf(followers: readonly PlaneLook[]): number {
  return [...groupByTile(followers).values()].reduce((sum, own) => sum + Math.sqrt(own.length), 0);
}

function isCommon(looks: readonly PlaneLook[], followers: readonly PlaneLook[]): boolean {
  const following = groupByTile(followers);
  if (following.size >= 2) return true;
  const all = groupByTile(looks);
  return [...following].some(
    ([tile, own]) => own.length >= lonely.planes && own.length >= lonely.share * all.get(tile)!.length,
  );
}

/** At most so many planes of every tile, spread over its depth. */
function spreadOverTiles(looks: readonly PlaneLook[], most: number): PlaneLook[] {
  return [...groupByTile(looks).values()].flatMap((own) => {
    const count = Math.min(most, own.length);
    return Array.from({ length: count }, (_, at) => own[Math.floor((at * own.length) / count)]!);
  });
}

/** The planes that differ least from a smooth shape. */
function smoothestPlanes(looks: readonly PlaneLook[], offset: number): PlaneLook[] {
  const ranked = looks
    .map((look) => ({ look, roughness: roughnessOf(shapeOf(look, offset), look.blocksYx) }))
    .sort((a, b) => a.roughness - b.roughness);
  const taken = new Map<number, number>();
  const planes: PlaneLook[] = [];
  for (const { look } of ranked) {
    const ofTile = taken.get(look.tileNumber) ?? 0;
    if (ofTile >= tried.ofTile || planes.length >= tried.planes) continue;
    taken.set(look.tileNumber, ofTile + 1);
    planes.push(look);
  }
  return planes;
}

/** A plane as a shape with less noise: a polynomial, and the means over 3 x 3 blocks of what that leaves. */
function candidateShape(shape: Float64Array, [rows, columns]: Yx): Float64Array {
  const smooth = smoothShape(shape, [rows, columns]);
  return smooth.map((value, at) => {
    const [y, x] = [Math.floor(at / columns), at % columns];
    let [sum, count] = [0, 0];
    for (let row = Math.max(0, y - 1); row < Math.min(rows, y + 2); row++) {
      for (let column = Math.max(0, x - 1); column < Math.min(columns, x + 2); column++) {
        sum += shape[row * columns + column]! - smooth[row * columns + column]!;
        count++;
      }
    }
    return value + sum / count;
  });
}

/** The blocks over their median, which sample in a part of the field leaves as it is. */
function shapeByMedian({ blocks }: PlaneLook, offset: number): Float64Array {
  const level = medianOf(blocks.slice()) - offset;
  return blocks.map((value) => (value - offset) / level);
}

function meanDistance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += Math.abs(a[at]! - b[at]!);
  return sum / a.length;
}

function roughnessOf(shape: Float64Array, blocksYx: Yx): number {
  const smooth = smoothShape(shape, blocksYx);
  return Math.sqrt(shape.reduce((sum, value, at) => sum + (value - smooth[at]!) ** 2, 0) / shape.length);
}

function medianShape(looks: readonly PlaneLook[], offset: number): Float64Array {
  const shapes = looks.map((look) => shapeOf(look, offset));
  const median = shapes[0]!.map((_, block) => medianOf(Float64Array.from(shapes, (shape) => shape[block]!)));
  return shapeOf({ blocks: median });
}
