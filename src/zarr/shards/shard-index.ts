/**
 * The index of a shard: offset and length of each of its chunks, in C order, and a checksum.
 *
 * @see https://zarr-specs.readthedocs.io/en/latest/v3/codecs/sharding-indexed/index.html
 */
import type { IsoluxError } from "../../errors.ts";
import { crc32c } from "../codecs/checksums.ts";
import { corruptShard } from "../codecs/corrupt-chunk.ts";

/** Offset and length of every chunk, one after the other; both are {@link absent} for a missing chunk. */
export type ShardIndex = Float64Array;

/** The offset and length of a chunk that is not in the shard: all its pixels have the fill value. */
export const absent = -1;

const absentWord = 0xffffffff;
const entryBytes = 16;
const crcBytes = 4;

/** The bytes of an index of `count` chunks. */
export function shardIndexBytes(chunkCount: number): number {
  return entryBytes * chunkCount + crcBytes;
}

/**
 * Reads an index.
 *
 * @param start the first byte where chunks of the shard may lie, and `stop` the end of that range
 * @param where the shard's full key, for messages
 * @throws IsoluxError `corrupt` where the checksum does not match or a chunk is outside of that range
 */
export function parseShardIndex(bytes: Uint8Array, start: number, stop: number, where: string): ShardIndex {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length - crcBytes;
  if (crc32c(bytes.subarray(0, end)) !== view.getUint32(end, true)) {
    throw corruptShard(where, "an index whose crc32c checksum does not match");
  }
  const index = new Float64Array(end / 8);
  for (let at = 0; at < index.length; at++) index[at] = readInteger(view, 8 * at);
  checkRanges(index, start, stop, where);
  return index;
}

/** Reads 64 bits: exact up to 2^53, more than the size of any object. */
function readInteger(view: DataView, at: number): number {
  const [low, high] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
  return low === absentWord && high === absentWord ? absent : high * 2 ** 32 + low;
}

function checkRanges(index: ShardIndex, start: number, stop: number, where: string): void {
  const entries: number[] = [];
  for (let at = 0; at < index.length; at += 2) {
    const [offset, length] = [index[at]!, index[at + 1]!];
    if (offset === absent && length === absent) continue;
    const isInside = offset >= start && length >= 0 && offset + length <= stop;
    if (!isInside) throw misplaced(index, at, where, `within bytes ${start} to ${stop}`);
    entries.push(at);
  }
  entries.sort((a, b) => index[a]! - index[b]!);
  for (let rank = 1; rank < entries.length; rank++) {
    const [before, at] = [entries[rank - 1]!, entries[rank]!];
    // Equal chunks may share their bytes
    const isSame = index[before] === index[at] && index[before + 1] === index[at + 1];
    if (!isSame && index[at]! < index[before]! + index[before + 1]!) {
      throw misplaced(index, at, where, "chunks that do not overlap");
    }
  }
}

function misplaced(index: ShardIndex, at: number, where: string, expected: string): IsoluxError {
  const show = (value: number): string => (value === absent ? "none" : `${value}`);
  const found = `chunk ${at / 2} at offset ${show(index[at]!)} with length ${show(index[at + 1]!)}`;
  return corruptShard(where, found, expected);
}

/** Encodes an index. */
export function encodeShardIndex(index: ShardIndex): Uint8Array {
  const bytes = new Uint8Array(shardIndexBytes(index.length / 2));
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < index.length; at++) {
    const value = index[at]!;
    view.setUint32(8 * at, value === absent ? absentWord : value % 2 ** 32, true);
    view.setUint32(8 * at + 4, value === absent ? absentWord : Math.floor(value / 2 ** 32), true);
  }
  const end = bytes.length - crcBytes;
  view.setUint32(end, crc32c(bytes.subarray(0, end)), true);
  return bytes;
}
