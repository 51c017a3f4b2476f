/**
 * Zstandard frames: libzstd does the coding; what it trusts of a frame is checked here first.
 *
 * @see RFC 8878
 */
import { IsoluxError } from "../../errors.ts";
import { loadZstd } from "./zstd-engine.ts";
import { suitKernel } from "./zstd-pixels.ts";

const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;
const largestBlock = 131072;

/** How many bytes a stream may decode to. */
interface ContentBounds {
  readonly least: number;
  readonly most: number;
}

/** zstd's own levels: 0 is its default 3, negative ones count as 1, those above 22 as 22. */
function usedLevel(level: number): number {
  return level === 0 ? 3 : Math.max(1, Math.min(level, 22));
}

/**
 * A frame is hardly longer than its content: three bytes for each block that is stored, of 64 KiB by the kernel, and what
 * stands before. Less than what callers keep free for framing: else a chunk would be encoded outside of their memory.
 */
function mostFrameBytes(byteCount: number): number {
  return byteCount + Math.ceil(byteCount / 16384) + 128;
}

/** The level that a kernel compresses like: who asks for a lower one wants speed, for a higher one small chunks. */
const kernelLevel = 3;

/**
 * Encodes one frame of items of `itemBytes` bytes, into `buffer` where that is long enough for any; {@link usedLevel} says
 * what levels mean.
 */
export async function encodeZstd(
  bytes: Uint8Array,
  level: number,
  itemBytes: number,
  buffer?: Uint8Array,
): Promise<Uint8Array> {
  const zstd = await loadZstd();
  const most = mostFrameBytes(bytes.length);
  const destination = buffer !== undefined && buffer.length >= most ? buffer : new Uint8Array(most);
  const used = usedLevel(level);
  const isForKernel = used === kernelLevel && suitKernel(zstd, bytes, itemBytes, used);
  const length =
    (isForKernel ? zstd.compressPixels(bytes, itemBytes, destination) : 0) || zstd.compress(bytes, used, destination);
  if (length === 0) throw noMemory(bytes.length);
  return destination.subarray(0, length);
}

function noMemory(byteCount: number): IsoluxError {
  return new IsoluxError({
    kind: "memory",
    what: "There is no memory to compress a chunk by zstd",
    found: `a chunk of ${(byteCount / 2 ** 30).toFixed(1)} GiB`,
    advice: "Take smaller chunks, or another codec",
  });
}

/** How many bytes a stream decodes to, from its headers alone; `undefined` where they do not end with the stream. */
export function zstdContentBounds(bytes: Uint8Array): ContentBounds | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let least = 0;
  let most = 0;
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < 8) return undefined;
    const magic = view.getUint32(at, true);
    if (magic === frameMagic) {
      const frame = measureFrame(view, at + 4);
      if (frame === undefined) return undefined;
      least += frame.least;
      most += frame.most;
      at = frame.stop;
    } else if ((magic & 0xfffffff0) === skippableMagic) {
      at += 8 + view.getUint32(at + 4, true);
    } else {
      return undefined;
    }
  }
  return at === bytes.length ? { least, most } : undefined;
}

/** Measures a frame whose magic number ends at `start`: its header, then block after block by their headers. */
function measureFrame(view: DataView, start: number): (ContentBounds & { readonly stop: number }) | undefined {
  const descriptor = view.getUint8(start);
  const singleSegment = (descriptor & 32) !== 0;
  const sizeFlag = descriptor >>> 6;
  const sizeBytes = sizeFlag === 0 ? (singleSegment ? 1 : 0) : 1 << sizeFlag;
  const windowStart = start + 1;
  const sizeStart = windowStart + (singleSegment ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!;
  let at = sizeStart + sizeBytes;
  if (at > view.byteLength) return undefined;
  const blockLimit = singleSegment ? largestBlock : Math.min(largestBlock, windowBytes(view.getUint8(windowStart)));

  let least = 0;
  let most = 0;
  for (let isLast = false; !isLast; ) {
    if (at + 3 > view.byteLength) return undefined;
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    const kind = (header >>> 1) & 3;
    const size = header >>> 3;
    if (kind === 3) return undefined;
    isLast = (header & 1) !== 0;
    least += kind === 2 ? 0 : size;
    most += kind === 2 ? blockLimit : size;
    at += 3 + (kind === 1 ? 1 : size);
  }
  const stop = at + (descriptor & 4);
  if (stop > view.byteLength) return undefined;
  if (sizeBytes === 0) return { least, most, stop };
  const announced = contentSize(view, sizeStart, sizeBytes);
  return { least: announced, most: announced, stop };
}

function contentSize(view: DataView, at: number, sizeBytes: number): number {
  if (sizeBytes === 1) return view.getUint8(at);
  if (sizeBytes === 2) return view.getUint16(at, true) + 256;
  if (sizeBytes === 4) return view.getUint32(at, true);
  return view.getUint32(at, true) + 2 ** 32 * view.getUint32(at + 4, true);
}

function windowBytes(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >>> 3));
  return base + (base / 8) * (descriptor & 7);
}
