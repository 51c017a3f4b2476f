/**
 * Blocks of LZ4, by kernels: the search of the encoder is described in `assembly/lz4-encode.ts`.
 *
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 */
import { endOf, reading, writing } from "../../kernels/addresses.ts";
import { runKernel } from "../../kernels/bind.ts";

/**
 * Decodes `source[sourceStart, sourceStop)` into `destination[destinationStart, destinationStop)` and returns how many
 * bytes it wrote, or -1 where the block is broken or does not fit. Neither reads nor writes beyond these bounds.
 */
export function decodeLz4(
  source: Uint8Array,
  sourceStart: number,
  sourceStop: number,
  destination: Uint8Array,
  destinationStart: number,
  destinationStop: number,
): number {
  const from = reading(source, sourceStart, sourceStop - sourceStart);
  const to = writing(destination, destinationStart, destinationStop - destinationStart);
  return runKernel("decodeLz4", from, endOf(from), to, endOf(to));
}

/**
 * Encodes `source[sourceStart, sourceStop)` into `destination[destinationStart, destinationStop)` and returns how many
 * bytes it wrote, or 0 where the block would not fit. `acceleration` from 1 on trades size for speed by making longer
 * steps where nothing matches.
 */
export function encodeLz4(
  source: Uint8Array,
  sourceStart: number,
  sourceStop: number,
  destination: Uint8Array,
  destinationStart: number,
  destinationStop: number,
  acceleration: number,
): number {
  const from = reading(source, sourceStart, sourceStop - sourceStart);
  const to = writing(destination, destinationStart, destinationStop - destinationStart);
  return runKernel("encodeLz4", from, endOf(from), to, endOf(to), acceleration);
}
