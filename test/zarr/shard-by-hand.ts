import { crc32c } from "../../src/zarr/codecs/checksums.ts";
import type { IndexLocation } from "../../src/zarr/metadata/metadata.ts";

/** A chunk's place in the C order of a shard, its bytes, and how many unused bytes stand before it. */
export interface PlacedChunk {
  readonly position: number;
  readonly bytes: Uint8Array;
  readonly gap: number;
}

/** What the index says of a chunk: its offset and length, or nothing. */
export type Entry = readonly [offset: bigint, length: bigint] | undefined;

/** The bytes of an index, after the letter of the specification. */
export function indexByHand(entries: readonly Entry[]): Uint8Array {
  const bytes = new Uint8Array(16 * entries.length + 4);
  const view = new DataView(bytes.buffer);
  for (const [at, [offset, length] = [2n ** 64n - 1n, 2n ** 64n - 1n]] of entries.entries()) {
    view.setBigUint64(16 * at, offset, true);
    view.setBigUint64(16 * at + 8, length, true);
  }
  view.setUint32(bytes.length - 4, crc32c(bytes.subarray(0, -4)), true);
  return bytes;
}

/** A shard whose chunks lie in the order given, with gaps, and its index at either end. */
export function shardByHand(chunkCount: number, chunks: readonly PlacedChunk[], location: IndexLocation): Uint8Array {
  const start = location === "start" ? 16 * chunkCount + 4 : 0;
  const entries: Entry[] = new Array(chunkCount).fill(undefined);
  const parts: Uint8Array[] = [];
  let offset = start;
  for (const { position, bytes, gap } of chunks) {
    entries[position] = [BigInt(offset + gap), BigInt(bytes.length)];
    parts.push(new Uint8Array(gap).fill(0xee), bytes);
    offset += gap + bytes.length;
  }
  const index = indexByHand(entries);
  return new Uint8Array(Buffer.concat(location === "start" ? [index, ...parts] : [...parts, index]));
}
