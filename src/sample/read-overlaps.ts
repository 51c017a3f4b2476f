/** Reads the pixels of overlaps: what both tiles show of the same place. */
import type { Acquisition } from "../acquisition/acquisition.ts";
import { elementCount, largestPixel, type PixelType, type Yx } from "../shapes.ts";
import type { OverlapPair, OverlapPlan } from "./plan-overlaps.ts";
import type { PlaneReceiver, Rectangle } from "./plane-stack.ts";
import { type ReadHooks, readPlanes } from "./read-planes.ts";

/**
 * One place in one plane as both tiles show it: images of one shape, C order, whose pixels stand for `binPx` x `binPx`
 * of the level. NaN where one of these is saturated, or so bright that it may be, or where a tile has no pixels.
 */
export interface OverlapPatch {
  /** Index of the pair in the plan. */
  readonly pair: number;
  /** The tiles, by number: that of `first`, that of `second`. */
  readonly tiles: readonly [number, number];
  /** Index of the plane in the first tile. */
  readonly plane: number;
  readonly shapeYx: Yx;
  readonly binPx: number;
  /** The start of the images in the fields, in pixels of the level. */
  readonly inFirstYx: Yx;
  readonly inSecondYx: Yx;
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/** Pixels from this share of the counts of saturation on may have lost light to it: by noise, or in their mean. */
const safeShare = 0.95;

/** One place as both tiles show it. */
interface BothImages {
  readonly shapeYx: Yx;
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/** The least number of pixels in which a saturating camera shows its largest value, ... */
const fewestPixels = 20;

/** ... and by which factor more often than each of the values below it, down to `near` of it. */
const timesOthers = 10;

const near = 0.9;

/** In terms of the value: means of equal pixels are equal but for rounding. */
const rounding = 3e-6;

/** The counts at which a camera saturates, and the share of the pixels that show them. */
interface Saturation {
  readonly counts: number;
  readonly share: number;
}

/**
 * Leaves pixels out of overlaps, as NaN, that say nothing of the light: those that may have lost some because the camera was
 * saturated, and those that one of the tiles lacks.
 * @param others the same overlaps in another form, corrected: what is left out is left out of them too
 */
export function leaveUnusableOut(patches: readonly BothImages[], others: readonly BothImages[] = []): void {
  for (const patch of patches) leaveAbsentOut(patch);
  const images = patches.flatMap(({ first, second }) => [first, second]);
  const again = others.flatMap(({ first, second }) => [first, second]);
  const limit = safeShare * (saturationOf(images)?.counts ?? Number.POSITIVE_INFINITY);
  for (const [index, image] of images.entries()) {
    for (let i = 0; i < image.length; i++) {
      if (image[i]! >= limit) image[i] = Number.NaN;
      if (Number.isNaN(image[i]!) && again[index] !== undefined) again[index][i] = Number.NaN;
    }
  }
}

/** The rows and columns of the parts in which a tile may lack pixels. */
const partPx = 16;

/**
 * Pixels that were never stored, as of a time point or a plane that a tile does not have, are one value throughout, which
 * no camera makes: mostly 0, where the other tile nowhere is. So is what an image shows beside a stack that ended early.
 */
function leaveAbsentOut({ shapeYx: [rows, columns], first, second }: BothImages): void {
  if (isEven(first) !== isEven(second)) {
    first.fill(Number.NaN);
    second.fill(Number.NaN);
    return;
  }
  for (let y = 0; y < rows; y += partPx) {
    for (let x = 0; x < columns; x += partPx) {
      const within = { rows: [y, Math.min(rows, y + partPx)], columns: [x, Math.min(columns, x + partPx)] } as const;
      const [a, b] = [first, second].map((image) => zeroShare(image, columns, within)) as [number, number];
      if ((a !== 1 || b !== 0) && (a !== 0 || b !== 1)) continue;
      for (let row = y; row < within.rows[1]; row++) {
        for (const image of [first, second])
          image.fill(Number.NaN, row * columns + x, row * columns + within.columns[1]);
      }
    }
  }
}

function isEven(image: Float32Array): boolean {
  return image.every((value) => value === image[0]);
}

function zeroShare(
  image: Float32Array,
  width: number,
  { rows, columns }: { readonly rows: Yx; readonly columns: Yx },
): number {
  let zeros = 0;
  for (let y = rows[0]; y < rows[1]; y++) {
    for (let x = columns[0]; x < columns[1]; x++) if (image[y * width + x] === 0) zeros++;
  }
  return zeros / ((rows[1] - rows[0]) * (columns[1] - columns[0]));
}

/**
 * Reads the planned overlaps of a channel, in the order of pairs and planes; each chunk once, and only the pixels of
 * overlaps are kept.
 * @throws IsoluxError `corrupt`, `storage`, `interrupted`
 */
export async function readOverlaps(
  acquisition: Acquisition,
  channel: number,
  plan: OverlapPlan,
  hooks: ReadHooks = {},
): Promise<OverlapPatch[]> {
  const { level, fieldYx, reads } = plan;
  if (plan.pairs.length === 0) return [];
  const { receiver, patches } = gatherOverlaps(plan, acquisition.type);
  await readPlanes(acquisition, channel, { level, fieldYx, planes: reads, warnings: [] }, receiver, hooks);
  leaveUnusableOut(patches);
  return patches;
}

/** Receives the planes of `plan.reads`, in that order, where they are read together with others; fills the patches. */
export function gatherOverlaps(
  plan: OverlapPlan,
  type: PixelType,
): { readonly receiver: PlaneReceiver; readonly patches: OverlapPatch[] } {
  const { pairs, binPx } = plan;
  const patches = pairs.flatMap((pair, index) => pair.planes.map((plane) => emptyPatch(pair, index, plane, binPx)));
  return { receiver: new OverlapGatherer(plan, patches, largestPixel(type)), patches };
}

function emptyPatch(pair: OverlapPair, index: number, plane: number, binPx: number): OverlapPatch {
  const shapeYx: Yx = [pair.shapeYx[0] / binPx, pair.shapeYx[1] / binPx];
  const { inFirstYx, inSecondYx } = pair;
  const [first, second] = [new Float32Array(elementCount(shapeYx)), new Float32Array(elementCount(shapeYx))];
  const tiles = [pair.first, pair.second] as const;
  return { pair: index, tiles, plane, shapeYx, binPx, inFirstYx, inSecondYx, first, second };
}

/** An image that pixels of a plane are added to. */
interface Target {
  readonly image: Float32Array;
  readonly startYx: Yx;
  readonly shapeYx: Yx;
}

/** Receives planes in pieces and keeps the parts that overlap. */
class OverlapGatherer implements PlaneReceiver {
  private readonly targets: Target[][];
  private readonly binPx: number;
  private readonly saturated: number;

  constructor({ pairs, reads, binPx }: OverlapPlan, patches: readonly OverlapPatch[], saturated: number) {
    const indices = new Map(reads.map(({ tileNumber, plane }, index) => [`${tileNumber} ${plane}`, index]));
    this.binPx = binPx;
    this.saturated = saturated;
    this.targets = reads.map(() => []);
    for (const { pair, plane, first, second, inFirstYx, inSecondYx } of patches) {
      const { first: a, second: b, shapeYx, planeShift } = pairs[pair]!;
      this.targets[indices.get(`${a} ${plane}`)!]!.push({ image: first, startYx: inFirstYx, shapeYx });
      this.targets[indices.get(`${b} ${plane + planeShift}`)!]!.push({ image: second, startYx: inSecondYx, shapeYx });
    }
  }

  async put(n: number, y: number, x: number, piece: Rectangle): Promise<void> {
    for (const target of this.targets[n]!) this.addTo(target, y, x, piece);
  }

  private addTo({ image, startYx, shapeYx }: Target, y: number, x: number, piece: Rectangle): void {
    const { binPx, saturated } = this;
    const columns = shapeYx[1] / binPx;
    const share = 1 / binPx ** 2;
    const [y0, y1] = [Math.max(y, startYx[0]), Math.min(y + piece.rows, startYx[0] + shapeYx[0])];
    const [x0, x1] = [Math.max(x, startYx[1]), Math.min(x + piece.columns, startYx[1] + shapeYx[1])];
    for (let row = y0; row < y1; row++) {
      const from = piece.offset + (row - y) * piece.stride - x;
      const to = Math.floor((row - startYx[0]) / binPx) * columns;
      for (let column = x0; column < x1; column++) {
        const value = piece.pixels[from + column]!;
        image[to + Math.floor((column - startYx[1]) / binPx)]! += value >= saturated ? Number.NaN : value * share;
      }
    }
  }
}

/**
 * Finds where a camera saturates; `undefined` where pixels show no sign of that.
 * @param images of whole counts, or means of such; NaN is left out
 */
export function saturationOf(images: readonly ArrayLike<number>[]): Saturation | undefined {
  let most = Number.NEGATIVE_INFINITY;
  for (const image of images) for (let i = 0; i < image.length; i++) if (image[i]! > most) most = image[i]!;
  if (!(most > 0) || most === Number.POSITIVE_INFINITY) return undefined;
  const [top, low] = [most * (1 - rounding), most * near];
  let [atMost, below, all] = [0, 0, 0];
  for (const image of images) {
    for (let i = 0; i < image.length; i++) {
      const value = image[i]!;
      if (Number.isNaN(value)) continue;
      all++;
      if (value >= top) atMost++;
      else if (value >= low) below++;
    }
  }
  const ofEach = below / Math.max(1, most - low);
  const isSaturated = atMost >= fewestPixels && atMost > timesOthers * ofEach && atMost < all;
  return isSaturated ? { counts: most, share: atMost / all } : undefined;
}
