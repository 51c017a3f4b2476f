import { unreachable } from "../../errors.ts";
import { withWorkingBytes } from "../../kernels/bind.ts";
import { loadKernels } from "../../kernels/load-kernels.ts";
import { type BloscHeader, bloscHeaderBytes, liesAt, readBloscHeader, splitCount } from "./blosc-format.ts";
import { corruptChunk } from "./corrupt-chunk.ts";
import { decodeZlib } from "./gzip.ts";
import { decodeLz4 } from "./lz4.ts";
import { decodeBloscLz, decodeSnappy } from "./old-streams.ts";
import { unshuffleItems, unshufflePlanes } from "./shuffle.ts";
import { loadZstd } from "./zstd-engine.ts";

/** Where in a chunk a stream lies. */
interface StreamSpan {
  readonly start: number;
  readonly stop: number;
}

/** Whether any byte of a half-open range of a chunk's decoded bytes is wanted. */
type WantsBytes = (fromByte: number, toByte: number) => boolean;

/**
 * The bytes of a Blosc chunk that hold the blocks that are wanted; `undefined` where its list of blocks is not whole in
 * `head`, or the chunk has no blocks.
 *
 * @param head its first bytes
 * @param encodedBytes its length
 * @param byteCount what it is to hold
 * @throws IsoluxError `corrupt`
 */
export function locateBlocks(
  head: Uint8Array,
  encodedBytes: number,
  byteCount: number,
  where: string,
  isWanted: WantsBytes,
): StreamSpan | undefined {
  const header = readBloscHeader(head, byteCount, where, encodedBytes);
  const count = Math.ceil(byteCount / header.blockBytes);
  if (header.stored || bloscHeaderBytes + 4 * count > head.length) return undefined;
  const spans = blockSpans(header, head, encodedBytes, where).filter((_, block) => {
    const start = block * header.blockBytes;
    return isWanted(start, Math.min(start + header.blockBytes, byteCount));
  });
  const start = spans.reduce((least, span) => Math.min(least, span.start), encodedBytes);
  return { start, stop: spans.reduce((most, span) => Math.max(most, span.stop), start) };
}

/** Where each block begins, and where the one begins that is stored behind it. */
function blockSpans(
  { byteCount, blockBytes }: BloscHeader,
  source: Uint8Array,
  encodedBytes: number,
  where: string,
): StreamSpan[] {
  const count = Math.ceil(byteCount / blockBytes);
  const view = new DataView(source.buffer, source.byteOffset + bloscHeaderBytes, 4 * count);
  const starts = Array.from({ length: count }, (_, block) => view.getUint32(4 * block, true));
  const sorted = Uint32Array.from(starts).sort();
  if (sorted[0]! < bloscHeaderBytes + 4 * count || sorted.at(-1)! >= encodedBytes) {
    throw corruptChunk(where, "a Blosc block that reaches beyond the end");
  }
  const behind = new Map(Array.from(sorted, (start, n) => [start, sorted[n + 1] ?? encodedBytes]));
  return starts.map((start) => ({ start, stop: behind.get(start)! }));
}

/**
 * Decodes a Blosc chunk that holds `byteCount` bytes. Blosc has no checksum; whatever its structure tells is checked:
 * sizes, bounds, and that the blocks fill the chunk without a gap.
 *
 * @param where the chunk's full key, for messages
 * @param destination takes the bytes; a fresh array by default. Where it lies in a kernel memory, all work is done there
 *   until the promise is settled
 * @param isWanted blocks of other bytes are not decoded
 * @param isPart whether `source` holds no more than its head and the blocks that are wanted, see {@link locateBlocks}
 * @throws IsoluxError `corrupt`
 */
export async function decodeBlosc(
  source: Uint8Array,
  byteCount: number,
  where: string,
  destination: Uint8Array = new Uint8Array(byteCount),
  isWanted: WantsBytes = () => true,
  isPart = false,
): Promise<Uint8Array> {
  const header = readBloscHeader(source, byteCount, where);
  if (header.stored) {
    destination.set(source.subarray(bloscHeaderBytes));
    return destination;
  }
  await loadKernels();
  const decode = (scratch?: Uint8Array) => decodeBlocks(header, source, scratch, destination, where, isWanted, isPart);
  await (header.filter === "none" ? decode() : withWorkingBytes(destination, header.blockBytes, decode));
  return destination;
}

async function decodeBlocks(
  header: BloscHeader,
  source: Uint8Array,
  scratch: Uint8Array | undefined,
  destination: Uint8Array,
  where: string,
  isWanted: WantsBytes,
  isPart: boolean,
): Promise<void> {
  const byteCount = destination.length;
  const zstd = header.stream === "zstd" ? await loadZstd() : undefined;
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  const blockCount = Math.ceil(byteCount / header.blockBytes);
  const known = isPart ? blockSpans(header, source, source.length, where) : [];
  let used = bloscHeaderBytes + 4 * blockCount;
  for (let block = 0; block < blockCount; block++) {
    const blockStart = block * header.blockBytes;
    const blockBytes = Math.min(header.blockBytes, byteCount - blockStart);
    const isSkipped = !isWanted(blockStart, blockStart + blockBytes);
    if (isPart && isSkipped) continue;
    const spans = locateStreams(header, view, bloscHeaderBytes + 4 * block, blockBytes, where);
    if (isPart && spans.at(-1)!.stop !== known[block]!.stop) {
      throw corruptChunk(where, "a Blosc block that does not end where the next one begins");
    }
    if (isSkipped) {
      for (const { start, stop } of spans) used += 4 + stop - start;
      continue;
    }
    const target = scratch ?? destination;
    const streamBytes = blockBytes / spans.length;
    let to = scratch === undefined ? blockStart : 0;
    const streams: Uint8Array[] = [];
    for (const { start, stop } of spans) {
      used += 4 + stop - start;
      if (stop - start === streamBytes) streams.push(source.subarray(start, stop));
      else if (header.stream === "zstd") {
        const stream = target.subarray(to, to + streamBytes);
        if (zstd!.decompress(source.subarray(start, stop), stream) !== streamBytes) {
          throw corruptChunk(where, "a broken zstd stream in a Blosc block");
        }
        streams.push(stream);
      } else {
        const decoded = decodeStream(header.stream, source, start, stop, target, to, to + streamBytes, where);
        if (decoded !== streamBytes) throw corruptChunk(where, `a broken ${header.stream} stream in a Blosc block`);
        streams.push(target.subarray(to, to + streamBytes));
      }
      to += streamBytes;
    }
    // Streams that are stored are taken from where they are
    const isSplit = header.filter === "byte" && spans.length === header.itemBytes;
    if (isSplit && unshufflePlanes(streams, destination, blockStart)) continue;
    join(streams, target, scratch === undefined ? blockStart : 0);
    if (scratch !== undefined) unfilter(header, scratch, destination, blockStart, blockBytes);
  }
  if (!isPart && used !== source.length)
    throw corruptChunk(where, `${source.length} bytes`, `${used} bytes of Blosc blocks`);
}

/** Lays arrays one after the other, where they do not lie so already. */
function join(parts: readonly Uint8Array[], target: Uint8Array, start: number): void {
  let to = start;
  for (const part of parts) {
    if (!liesAt(part, target, to)) target.set(part, to);
    to += part.length;
  }
}

/** Finds the streams of the block whose offset is at `offsetAt`, and makes sure that they lie within the chunk. */
function locateStreams(
  header: BloscHeader,
  view: DataView,
  offsetAt: number,
  blockBytes: number,
  where: string,
): StreamSpan[] {
  const count = splitCount(header, blockBytes);
  if (blockBytes % count !== 0) {
    throw corruptChunk(where, `Blosc blocks of ${blockBytes} bytes`, `a multiple of ${count} bytes`);
  }
  const spans: StreamSpan[] = [];
  let start = view.getUint32(offsetAt, true) + 4;
  for (let stream = 0; stream < count; stream++) {
    const length = start <= view.byteLength ? view.getInt32(start - 4, true) : -1;
    if (length < 0 || length > view.byteLength - start) {
      throw corruptChunk(where, "a Blosc block that reaches beyond the end");
    }
    spans.push({ start, stop: start + length });
    start += length + 4;
  }
  return spans;
}

function decodeStream(
  stream: "blosclz" | "lz4" | "snappy" | "zlib",
  source: Uint8Array,
  start: number,
  stop: number,
  destination: Uint8Array,
  to: number,
  toStop: number,
  where: string,
): number {
  switch (stream) {
    case "blosclz":
      return decodeBloscLz(source, start, stop, destination, to, toStop);
    case "lz4":
      return decodeLz4(source, start, stop, destination, to, toStop);
    case "snappy":
      return decodeSnappy(source, start, stop, destination, to, toStop);
    case "zlib":
      destination.set(decodeZlib(source.subarray(start, stop), toStop - to, where), to);
      return toStop - to;
    default:
      return unreachable(stream);
  }
}

function unfilter(
  { filter, itemBytes }: BloscHeader,
  scratch: Uint8Array,
  destination: Uint8Array,
  start: number,
  byteCount: number,
): void {
  if (filter !== "none") unshuffleItems(filter, scratch, 0, destination, start, byteCount, itemBytes);
}
