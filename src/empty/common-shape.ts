/**
 * Finds the shape of the light that empty planes have in common. Sample looks different in every tile, empty background
 * the same in all: so each of the smoothest planes is tried as the shape, and the one that planes of most tiles follow
 * is chosen.
 */
import type { Yx } from "../shapes.ts";
import { dot, medianOf } from "../statistics.ts";
import { fitShape, type ShapeFit, shapeOf } from "./fit-shape.ts";
import { groupByTile, type PlaneStatistics } from "./plane-statistics.ts";

/** The number of planes that are tried as the shape, and the most of one tile. */
const tried = { planes: 16, ofTile: 2 } as const;

/** The number of planes of every tile that they are compared with. */
const planesOfTile = 6;

/** Planes whose mean difference from a shape is larger contain sample and are not fitted. */
const farOff = 0.12;

/** How many times the shape is recomputed from the planes that follow it. */
const rounds = 3;

/** Limits beyond which a plane does not follow a shape, in units of {@link ShapeFit}. */
export const tolerance = { unevenness: 0.015, brightShare: 0.008, darkShare: 0.008 } as const;

/** A shape that planes of a single tile have in common must be followed by this fraction of them, and by this number. */
const lonely = { share: 0.8, planes: 3 } as const;

/** Whether a plane follows a shape. */
export function follows({ unevenness, brightShare, darkShare }: ShapeFit, slack = 1): boolean {
  return (
    unevenness <= slack * tolerance.unevenness &&
    brightShare <= slack * tolerance.brightShare &&
    darkShare <= slack * tolerance.darkShare
  );
}

/** Planes count as empty by brightness if they are at most so much brighter than the dimmest tenth. */
const dimShare = 1.1;

/** Tiles that are dim enough to be empty, though their light has no shape in common. */
export interface DimTiles {
  readonly tiles: readonly number[];
  /** How much they differ from the best common shape, as a fraction of their light: the median over planes. */
  readonly deviation: number;
}

/** The dimmest tiles and how much their light differs; `undefined` where there are fewer than two. */
export function dimmestTiles(looks: readonly PlaneStatistics[], offset: number): DimTiles | undefined {
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

/** The shape (mean 1, of the planes' blocks) that most tiles have in common; `undefined` where there is none. */
export function findCommonShape(looks: readonly PlaneStatistics[], offset: number): Float64Array | undefined {
  const usable = looks.filter(({ blocks }) => blocks.every((value) => value > offset));
  let best: { readonly shape: Float64Array; readonly support: number } | undefined;
  const shown = spreadOverTiles(usable, planesOfTile).map((look) => ({ look, own: shapeByMedian(look, offset) }));
  for (const candidate of smoothestPlanes(usable, offset)) {
    const shape = candidateShape(shapeOf(candidate, offset), candidate.blocksYx);
    const near = shown.filter(({ own }) => meanDistance(own, shape) < farOff).map(({ look }) => look);
    const support = supportOf(followersOf(near, shape, offset, 1.5));
    if (best === undefined || support > best.support) best = { shape, support };
  }
  if (best === undefined) return undefined;
  let { shape } = best;
  let followers: PlaneStatistics[] = [];
  for (let round = 0; round < rounds; round++) {
    followers = followersOf(usable, shape, offset, 1);
    if (followers.length === 0) return undefined;
    shape = medianShape(followers, offset);
  }
  return isCommon(usable, followersOf(usable, shape, offset, 1)) ? shape : undefined;
}

function followersOf(
  looks: readonly PlaneStatistics[],
  shape: Float64Array,
  offset: number,
  slack: number,
): PlaneStatistics[] {
  return looks.filter((look) => follows(fitLook(look, shape, offset), slack));
}

/** Fits a shape to a plane after `offset` counts are subtracted. */
export function fitLook(
  { blocks, blockNoise, blocksYx }: PlaneStatistics,
  shape: Float64Array,
  offset: number,
): ShapeFit {
  return fitShape(offset === 0 ? blocks : blocks.map((value) => value - offset), blockNoise, shape, blocksYx);
}

/** Counts many tiles more than many planes of one: neighbouring planes show the same sample. */
function supportOf(followers: readonly PlaneStatistics[]): number {
  return [...groupByTile(followers).values()].reduce((sum, own) => sum + Math.sqrt(own.length), 0);
}

function isCommon(looks: readonly PlaneStatistics[], followers: readonly PlaneStatistics[]): boolean {
  const following = groupByTile(followers);
  if (following.size >= 2) return true;
  const all = groupByTile(looks);
  return [...following].some(
    ([tile, own]) => own.length >= lonely.planes && own.length >= lonely.share * all.get(tile)!.length,
  );
}

/** The most planes of every tile that are taken, spread over its depth. */
function spreadOverTiles(looks: readonly PlaneStatistics[], most: number): PlaneStatistics[] {
  return [...groupByTile(looks).values()].flatMap((own) => {
    const count = Math.min(most, own.length);
    return Array.from({ length: count }, (_, at) => own[Math.floor((at * own.length) / count)]!);
  });
}

/** The planes that differ least from a smooth shape. */
function smoothestPlanes(looks: readonly PlaneStatistics[], offset: number): PlaneStatistics[] {
  const ranked = looks
    .map((look) => ({ look, roughness: roughnessOf(shapeOf(look, offset), look.blocksYx) }))
    .sort((a, b) => a.roughness - b.roughness);
  const taken = new Map<number, number>();
  const planes: PlaneStatistics[] = [];
  for (const { look } of ranked) {
    const ofTile = taken.get(look.tileNumber) ?? 0;
    if (ofTile >= tried.ofTile || planes.length >= tried.planes) continue;
    taken.set(look.tileNumber, ofTile + 1);
    planes.push(look);
  }
  return planes;
}

/** A plane as a shape with less noise: a polynomial, and the means of its residual over 3 x 3 blocks. */
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

/** The blocks over their median, which sample in a part of the field does not change. */
function shapeByMedian({ blocks }: PlaneStatistics, offset: number): Float64Array {
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

function medianShape(looks: readonly PlaneStatistics[], offset: number): Float64Array {
  const shapes = looks.map((look) => shapeOf(look, offset));
  const median = shapes[0]!.map((_, block) => medianOf(Float64Array.from(shapes, (shape) => shape[block]!)));
  return shapeOf({ blocks: median });
}

// Smooth shapes: polynomials in rows and columns.

/** Shading by a light sheet and a lens follows a polynomial of this degree within about a per cent. */
const degree = 4;

/**
 * The least-squares polynomial of degree 4 (15 terms) over an image, C order, `shapeYx`; the image itself where it has
 * too few pixels.
 */
function smoothShape(image: Float64Array, shapeYx: Yx): Float64Array {
  const basis = polynomialsOf(shapeYx);
  if (basis.length * 2 > image.length) return image.slice();
  const smooth = new Float64Array(image.length);
  for (const term of basis) {
    const weight = dot(image, term);
    for (let at = 0; at < smooth.length; at++) smooth[at]! += weight * term[at]!;
  }
  return smooth;
}

const known = new Map<string, readonly Float64Array[]>();

function polynomialsOf(shapeYx: Yx): readonly Float64Array[] {
  const basis = known.get(String(shapeYx)) ?? polynomials(shapeYx);
  known.set(String(shapeYx), basis);
  return basis;
}

/** Orthonormal over the pixels of the image (Gram-Schmidt, twice because of rounding). */
function polynomials([rows, columns]: Yx): Float64Array[] {
  const basis: Float64Array[] = [];
  for (let total = 0; total <= degree; total++) {
    for (let power = 0; power <= total; power++) {
      const term = new Float64Array(rows * columns);
      for (let at = 0; at < term.length; at++) {
        const y = (2 * Math.floor(at / columns) + 1) / rows - 1;
        const x = (2 * (at % columns) + 1) / columns - 1;
        term[at] = y ** power * x ** (total - power);
      }
      for (const earlier of [...basis, ...basis]) {
        const shared = dot(term, earlier);
        for (let at = 0; at < term.length; at++) term[at]! -= shared * earlier[at]!;
      }
      const length = Math.sqrt(dot(term, term));
      if (length > 1e-6) basis.push(term.map((value) => value / length));
    }
  }
  return basis;
}
