/** Reads the pixels that a check compares. */
import type { PlaneReceiver, Rectangle } from "../../sample/plane-stack.ts";
import type { OverlapPatch } from "../../sample/read-overlaps.ts";
import type { CheckPlan } from "./plan-check.ts";
import type { BinnedPlanes } from "./planes.ts";
import { limits } from "./verdict-evidence.ts";

/** The pixels of a channel of an image that are kept. */
export interface CheckedPixels {
  readonly planes: BinnedPlanes;
  readonly patches: readonly OverlapPatch[];
}

/**
 * Adds a background that was subtracted on purpose to the pixels again, so that it does not count against the profile;
 * not where that set a part of them to 0. Changes the pixels in place.
 */
export function withBackground(pixels: CheckedPixels, counts: number): CheckedPixels {
  const { planes, patches } = pixels;
  const zeros = planes.zeroShares.reduce((sum, share) => sum + share, 0) / Math.max(1, planes.zeroShares.length);
  if (counts === 0 || zeros > limits.zeroed) return pixels;
  for (const image of [planes.pixels, ...patches.flatMap(({ first, second }) => [first, second])]) {
    for (let i = 0; i < image.length; i++) image[i]! += counts;
  }
  return pixels;
}

/** A plane is absent from this share of zeros on. */
const allZero = 1 - 1e-9;

/** Without planes that are 0 in both images, as those of time points that a tile does not have: nothing was to be corrected. */
export function withoutAbsentPlanes<
  Both extends { readonly plan: CheckPlan; readonly before: CheckedPixels; readonly after: CheckedPixels },
>(both: Both): Both {
  const { before, after, plan } = both;
  const isAbsent = (n: number) => [before, after].every(({ planes }) => planes.zeroShares[n]! >= allZero);
  const present = [...plan.planes.keys()].filter((n) => !isAbsent(n));
  if (present.length === 0 || present.length === plan.planes.length) return both;
  const picked = ({ planes, patches }: CheckedPixels) => ({ planes: planes.pick(present), patches });
  const planes = present.map((n) => plan.planes[n]!);
  return { ...both, plan: { ...plan, planes }, before: picked(before), after: picked(after) };
}

/** Passes the first planes to one receiver, the others to a second. */
export class Divided implements PlaneReceiver {
  private readonly count: number;
  private readonly first: PlaneReceiver;
  private readonly second: PlaneReceiver;

  constructor(count: number, first: PlaneReceiver, second: PlaneReceiver) {
    this.count = count;
    this.first = first;
    this.second = second;
  }

  put(n: number, y: number, x: number, piece: Rectangle): Promise<void> {
    return n < this.count ? this.first.put(n, y, x, piece) : this.second.put(n - this.count, y, x, piece);
  }
}
