import type { Level } from "../acquisition/level.ts";
import type { DisplayWindow } from "../ngff/corrected-attributes.ts";
import type { ChannelMetadata } from "../ngff/image.ts";
import { wholeWindow } from "../ngff/new-channels.ts";
import { isCounted, ValueDistribution } from "../sample/value-distribution.ts";
import { type Czyx, largestPixel, type PixelArray } from "../shapes.ts";
import { chunkBox } from "./correct-chunk.ts";
import { placesBetween } from "./level-geometry.ts";
import { readInTurn } from "./reading-room.ts";

/** Values of a floating-point image that are looked at per channel, at most. */
const mostFloats = 1 << 20;

/**
 * Display windows from the pixels of a level, as the converter of mesoSPIM data chooses them: from the 0.1 to the 99.9
 * percentile of the pixels above the median, every second pixel along each axis, at all time points. `undefined` for a channel that has no
 * such pixels. Chunk by chunk: pixels of uint8 and uint16 are counted, of others a regular part is kept.
 */
export async function displayWindows(level: Level): Promise<(DisplayWindow | undefined)[]> {
  const { channelCount, timePoints } = level;
  const [, depth, rows, columns] = level.shapeCzyx;
  const expected = (timePoints * depth * rows * columns) / 8;
  const channels = Array.from({ length: channelCount }, () => new ValueDistribution(level.type, expected, mostFloats));
  for await (const { chunk, pixels } of readInTurn(level, placesBetween([0, 0, 0, 0], level.chunkGridCzyx))) {
    countChunk(level, chunk, pixels, channels);
  }
  return channels.map((values) =>
    windowOf(values, isCounted(level.type) ? largestPixel(level.type) : Number.POSITIVE_INFINITY),
  );
}

function countChunk(
  level: Level,
  chunk: Czyx,
  pixels: PixelArray | undefined,
  channels: readonly ValueDistribution[],
): void {
  const [chunkC, chunkZ, chunkY, chunkX] = level.chunkShapeCzyx;
  const { start, stop } = chunkBox(level, chunk);
  const even = (value: number) => value + (value % 2);
  for (let c = 0; c < chunkC; c++) {
    const place = chunk[0] * chunkC + c;
    if (place >= level.shapeCzyx[0]) break;
    // Those of all time points count together
    const counts = channels[place % level.channelCount]!;
    for (let z = even(start[0]); z < stop[0]; z += 2) {
      for (let y = even(start[1]); y < stop[1]; y += 2) {
        const row = ((c * chunkZ + z - start[0]) * chunkY + y - start[1]) * chunkX - start[2];
        for (let x = even(start[2]); x < stop[2]; x += 2) counts.add(pixels?.[row + x] ?? level.fillValue);
      }
    }
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

/** The window that a user asked for or, where nobody did, the one that the pixels give. */
export function chosenWindow(
  { display }: ChannelMetadata,
  measured: DisplayWindow | undefined,
): DisplayWindow | undefined {
  const asked = display?.window;
  if (asked === undefined) return measured;
  const { min, max } = measured ?? wholeWindow;
  return { min: Math.min(min, asked.start), max: Math.max(max, asked.end), ...asked };
}
