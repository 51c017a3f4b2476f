import type { Acquisition } from "../../acquisition/acquisition.ts";
import type { PlaneReceiver, Rectangle } from "../../sample/plane-stack.ts";
import { gatherOverlaps, type OverlapPatch } from "../../sample/read-overlaps.ts";
import { type ReadHooks, readPlanes } from "../../sample/read-planes.ts";
import { BinnedPlanes } from "./binned-planes.ts";
import type { CheckPlan } from "./plan-check.ts";

/** What is kept of a channel of an image. */
export interface CheckedPixels {
  readonly planes: BinnedPlanes;
  readonly patches: readonly OverlapPatch[];
}

/**
 * Reads what a check looks at in a channel; each chunk once, for planes and overlaps.
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

/** Gives the first planes to one receiver, the others to a second. */
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
