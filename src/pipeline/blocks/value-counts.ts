/**
 * How often each value occurs in the coarsest level of an image: what viewers show at first follows from that. Counted
 * while chunks are in memory, the level, up to a gigabyte, need not be read again.
 */
import type { Level } from "../../acquisition/level.ts";
import { type Czyx, largestPixel } from "../../shapes.ts";
import { chunkBox, type LevelGeometry } from "../output/level-geometry.ts";
import type { MadePixels } from "./correct-chunk.ts";

/** Per channel how often each value occurs; `undefined` for a channel of which nothing was counted. */
export type ChannelCounts = readonly (Uint32Array | undefined)[];

/** Counts the values of chunks of a level of uint8 or uint16, every second pixel along each axis. */
export class ValueCounts {
  private readonly level: Level;
  private counts: (Uint32Array | undefined)[] = [];

  constructor(level: Level) {
    this.level = level;
  }

  /** @param level the level, whose chunks may be divided into others */
  add(chunk: Czyx, { pixels, shapeCzyx }: MadePixels, level: LevelGeometry = this.level): void {
    for (const { channel, from, stop } of countedRows(level, this.level.channelCount, chunk, shapeCzyx)) {
      this.counts[channel] ??= new Uint32Array(largestPixel(this.level.type) + 1);
      const counts = this.counts[channel]!;
      for (let at = from; at < stop; at += 2) counts[pixels[at]!]! += 1;
    }
  }

  /** What was counted since the last time. */
  take(): ChannelCounts {
    const { counts } = this;
    this.counts = [];
    return counts;
  }
}

/** Where in the array of a chunk every second row of every second plane lies; of these every second pixel counts. */
interface CountedRow {
  /** At whatever time point: those of all count together. */
  readonly channel: number;
  readonly from: number;
  readonly stop: number;
}

/**
 * The rows of a chunk that count.
 *
 * @param shapeCzyx the extents of its array
 */
export function* countedRows(
  level: LevelGeometry,
  channelCount: number,
  chunk: Czyx,
  shapeCzyx: Czyx,
): Generator<CountedRow> {
  const [channels, planes, rows, columns] = shapeCzyx;
  const { start, stop } = chunkBox(level, chunk);
  const even = (value: number) => value + (value % 2);
  const first = even(start[2]) - start[2];
  for (let c = 0; c < channels; c++) {
    const place = chunk[0] * level.chunkShapeCzyx[0] + c;
    if (place >= level.shapeCzyx[0]) break;
    for (let z = even(start[0]); z < stop[0]; z += 2) {
      for (let y = even(start[1]); y < stop[1]; y += 2) {
        const row = ((c * planes + z - start[0]) * rows + y - start[1]) * columns;
        yield { channel: place % channelCount, from: row + first, stop: row + stop[2] - start[2] };
      }
    }
  }
}
