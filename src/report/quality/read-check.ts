/** Reads the pixels that a check compares. */

import type { Acquisition } from "../../acquisition/acquisition.ts";
import type { PlaneReceiver, Rectangle } from "../../sample/plane-stack.ts";
import { gatherOverlaps, type OverlapPatch } from "../../sample/read-overlaps.ts";
import { type ReadHooks, readPlanes } from "../../sample/read-planes.ts";
import type { CheckPlan } from "./plan-check.ts";
import { BinnedPlanes } from "./planes.ts";
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

/**
 * Reads the pixels of a channel for a check; each chunk once, for planes and overlaps.
 * @throws IsoluxError as `readPlanes`
 */
export async function readCheck(
  acquisition: Acquisition,
  channel: number,
  { level, fieldYx, overlaps, planes }: CheckPlan,
  hooks: ReadHooks,
): Promise<CheckedPixels> {
  const binned = new BinnedPlanes(acquisition.type, planes.length, fieldYx);
  const { receiver, patches } = gatherOverlaps(overlaps, acquisition.type);
  const both = new Divided(planes.length, binned, receiver);
  const reads = overlaps.pairs.length > 0 ? overlaps.reads : [];
  await readPlanes(acquisition, channel, { level, fieldYx, planes: [...planes, ...reads], warnings: [] }, both, hooks);
  return { planes: binned, patches };
}
