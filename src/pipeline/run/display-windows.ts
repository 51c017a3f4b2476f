/** Between which values viewers show a channel: from the pixels of a level, which workers count while they make it. */

import { extentAlong } from "../../acquisition/array-axes.ts";
import type { Level } from "../../acquisition/level.ts";
import { readInTurn } from "../../acquisition/reading-buffers.ts";
import type { DisplayWindow } from "../../ngff/corrected-attributes.ts";
import { isCounted, ValueDistribution } from "../../sample/value-distribution.ts";
import { arrayBytes, type Czyx, elementCount, largestPixel, type PixelArray } from "../../shapes.ts";
import type { BlockCounts } from "../blocks/block-maker.ts";
import { type ChannelCounts, countedRows } from "../blocks/value-counts.ts";
import { placesBetween } from "../output/level-geometry.ts";
import { type OutputLevel, type OutputTemplate, outputType } from "../output/template.ts";
import type { ImageRecord } from "../record/journal.ts";
import { hasDisplay } from "./write-metadata.ts";

/** Values of a floating-point image that are looked at per channel, at most. */
const mostFloats = 1 << 20;

/** What was counted of a level while it was made. */
export interface CountedValues {
  readonly counts: ChannelCounts;
  readonly has: (chunk: Czyx) => boolean;
}

interface WindowOptions {
  /** Where the level has more bytes, chunks at regular distances stand for all. */
  readonly mostBytes?: number;
  /** Of what this has the chunks are not read. */
  readonly counted?: CountedValues | undefined;
}

/**
 * Display windows from the pixels of a level, as the converter of mesoSPIM data chooses them: from the 0.1 to the 99.9
 * percentile of the pixels above the median, every second pixel along each axis, at all time points. `undefined` for a channel that has no
 * such pixels. Chunk by chunk: pixels of uint8 and uint16 are counted, of others a regular part is kept.
 */
export async function displayWindows(
  level: Level,
  { mostBytes = Number.POSITIVE_INFINITY, counted }: WindowOptions = {},
): Promise<(DisplayWindow | undefined)[]> {
  const { channelCount, timePoints } = level;
  const [, depth, rows, columns] = level.shapeCzyx;
  const every = Math.max(1, Math.ceil(arrayBytes(level.type, level.shapeCzyx) / mostBytes));
  const expected = (timePoints * depth * rows * columns) / 8 / every;
  const channels = Array.from({ length: channelCount }, () => new ValueDistribution(level.type, expected, mostFloats));
  for (const [channel, counts] of counted?.counts.entries() ?? []) channels[channel]!.addCounts(counts);
  const chunks = chunksAtDistance(level, every).filter((chunk) => counted?.has(chunk) !== true);
  for await (const { chunk, pixels } of readInTurn(level, chunks)) countChunk(level, chunk, pixels, channels);
  return channels.map((values) =>
    windowOf(values, isCounted(level.type) ? largestPixel(level.type) : Number.POSITIVE_INFINITY),
  );
}

/** Every n-th chunk of each channel, from the middle of the first n. */
function chunksAtDistance({ chunkGridCzyx }: Level, every: number): Czyx[] {
  const [, z, y, x] = chunkGridCzyx;
  return [...placesBetween([0, 0, 0, 0], chunkGridCzyx)].filter((chunk) => {
    const place = (chunk[1] * y + chunk[2]) * x + chunk[3];
    return place % every === Math.min(every, z * y * x) >> 1 || every === 1;
  });
}

function countChunk(
  level: Level,
  chunk: Czyx,
  pixels: PixelArray | undefined,
  channels: readonly ValueDistribution[],
): void {
  for (const { channel, from, stop } of countedRows(level, level.channelCount, chunk, level.chunkShapeCzyx)) {
    const values = channels[channel]!;
    for (let at = from; at < stop; at += 2) values.add(pixels?.[at] ?? level.fillValue);
  }
}

/** The median splits background from signal; a channel of one value has no signal to show. */
function windowOf(values: ValueDistribution, largest: number): DisplayWindow | undefined {
  const median = values.quantile(0.5);
  const start = values.quantile(0.001, median);
  const end = values.quantile(0.999, median);
  if (start === undefined || end === undefined) return undefined;
  if (!Number.isFinite(largest)) return { min: Math.min(0, start), max: Math.max(end, 10 * end), start, end };
  return { min: 0, max: Math.min(10 * Math.trunc(end), largest), start: Math.trunc(start), end: Math.trunc(end) };
}

/** Of more, the coarsest levels, which are small then, are read again. */
const mostCounts = 2 ** 22;

/** The least pixels of an object for each value: to add up the counts of smaller objects takes longer than counting. */
const leastPerValue = 16;

/** The most chunks that are remembered to be absent. */
const mostAbsent = 2 ** 16;

/** Takes up what is counted and found in blocks. */
export class CountedLevels {
  /** Keys of chunks of the source that were found not to be there. */
  readonly absent = new Set<string>();
  /** Of each image whether its values are counted. */
  readonly wanted: readonly boolean[];
  private readonly records: readonly ImageRecord[];
  private readonly sums: (Uint32Array | undefined)[][];

  /** @param records what is made already, and so not counted */
  constructor(template: OutputTemplate, records: readonly ImageRecord[]) {
    const { images } = template;
    const type = outputType(template);
    const channelsOf = ({ metadata, axes }: OutputLevel) => extentAlong("c", metadata.shape, axes);
    const channels = images.reduce((sum, { levels }) => sum + channelsOf(levels[0]!), 0);
    const values = largestPixel(type) + 1;
    const areFew = isCounted(type) && channels * values <= mostCounts;
    this.wanted = images.map((image) => {
      const { chunkShape, shardShape = chunkShape } = image.levels.at(-1)!.metadata;
      return areFew && hasDisplay(image) && elementCount(shardShape) >= leastPerValue * values;
    });
    this.records = records;
    this.sums = images.map(() => []);
  }

  /** Adds what was counted in a block. */
  add(block: BlockCounts): void {
    for (const key of block.absent) if (this.absent.size < mostAbsent) this.absent.add(key);
    const sums = this.sums[block.image]!;
    for (const [channel, counts] of block.counts?.entries() ?? []) {
      const sum = sums[channel];
      if (sum === undefined) sums[channel] = counts;
      else for (const [value, count] of counts?.entries() ?? []) sum[value]! += count;
    }
  }

  /** What was counted of an image; `undefined` where its values are not. */
  of(image: number): CountedValues | undefined {
    if (this.wanted[image] !== true) return undefined;
    const { finished } = this.records[image]!;
    return { counts: this.sums[image]!, has: (chunk) => !finished.hasChunk(finished.bits.length - 1, chunk) };
  }
}
