/**
 * Reads the planned planes and computes their statistics; no more planes are in memory than one layer of chunks
 * contains.
 */
import type { Acquisition } from "../acquisition/acquisition.ts";
import type { PlaneReceiver, Rectangle } from "../sample/plane-stack.ts";
import { type ReadHooks, readPlanes } from "../sample/read-planes.ts";
import { elementCount, largestPixel } from "../shapes.ts";
import type { StatisticsPlan } from "./plan-statistics.ts";
import { type PlaneStatistics, statisticsOfPlane } from "./plane-statistics.ts";

/**
 * Statistics of the planned planes of a channel, in the order of the plan; each chunk is read once.
 * @throws IsoluxError `corrupt`, `storage`, `interrupted`
 */
export async function readStatistics(
  acquisition: Acquisition,
  channel: number,
  plan: StatisticsPlan,
  hooks: ReadHooks = {},
): Promise<PlaneStatistics[]> {
  const onlooker = new Onlooker(plan, largestPixel(acquisition.type));
  await readPlanes(acquisition, channel, plan, onlooker, hooks);
  return onlooker.looks;
}

/** A plane that has not been read completely. */
interface Unfinished {
  readonly image: Float32Array;
  received: number;
  saturated: number;
}

/** Receives planes in pieces, bins their pixels, and computes the statistics of each when it is complete. */
class Onlooker implements PlaneReceiver {
  readonly looks: PlaneStatistics[] = [];
  private readonly plan: StatisticsPlan;
  private readonly largest: number;
  private readonly unfinished = new Map<number, Unfinished>();

  constructor(plan: StatisticsPlan, largest: number) {
    this.plan = plan;
    this.largest = largest;
  }

  async put(n: number, y: number, x: number, piece: Rectangle): Promise<void> {
    const { fieldYx, lookYx, factorZ, depth, planes } = this.plan;
    const plane = this.unfinished.get(n) ?? {
      image: new Float32Array(elementCount(lookYx)),
      received: 0,
      saturated: 0,
    };
    this.unfinished.set(n, plane);
    this.bin(plane, y, x, piece);
    plane.received += piece.rows * piece.columns;
    if (plane.received < elementCount(fieldYx)) return;
    const { tileNumber, plane: z } = planes[n]!;
    const saturatedShare = plane.saturated / plane.received;
    const covered = [z * factorZ, Math.min((z + 1) * factorZ, depth)] as const;
    this.looks[n] = statisticsOfPlane(plane.image, lookYx, { tileNumber, planes: covered, saturatedShare });
    this.unfinished.delete(n);
  }

  private bin(plane: Unfinished, y: number, x: number, { pixels, offset, stride, rows, columns }: Rectangle): void {
    const { binPx, lookYx } = this.plan;
    const share = 1 / binPx ** 2;
    for (let row = 0; row < rows; row++) {
      const toRow = Math.floor((y + row) / binPx);
      const from = offset + row * stride;
      for (let column = 0; column < columns; column++) {
        const value = pixels[from + column]!;
        if (value >= this.largest) plane.saturated++;
        if (!Number.isFinite(value)) continue;
        const toColumn = Math.floor((x + column) / binPx);
        if (toRow < lookYx[0] && toColumn < lookYx[1]) plane.image[toRow * lookYx[1] + toColumn]! += value * share;
      }
    }
  }
}
