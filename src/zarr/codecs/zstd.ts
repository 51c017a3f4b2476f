/**
 * Zstandard frames: numcodecs' WebAssembly does the coding; what it trusts of a frame is checked here first.
 *
 * @see RFC 8878
 */

import { corruptChunk } from "../corrupt-chunk.ts";

interface AsyncCodec {
  encode(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
  decode(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;
const largestBlock = 131072;

/** How many bytes a stream may decode to. */
export interface ContentBounds {
  readonly least: number;
  readonly most: number;
}

const codecs = new Map<number, Promise<AsyncCodec>>();

/** Loaded when first needed: the module carries half a megabyte of WebAssembly. */
function zstdCodec(level: number): Promise<AsyncCodec> {
  let codec = codecs.get(level);
  if (codec === undefined) {
    codec = import("numcodecs/zstd").then((module): AsyncCodec => module.default.fromConfig({ id: "zstd", level }));
    codecs.set(level, codec);
  }
  return codec;
}

/** Encodes one frame. Levels are zstd's own: 0 is its default 3, negative ones count as 1, those above 22 as 22. */
export async function encodeZstd(bytes: Uint8Array, level: number): Promise<Uint8Array> {
  const codec = await zstdCodec(level === 0 ? 3 : Math.max(1, Math.min(level, 22)));
  return await codec.encode(bytes);
}

/** Decodes frames that hold `byteCount` bytes together. @throws IsoluxError `corrupt` */
export async function decodeZstd(bytes: Uint8Array, byteCount: number, where: string): Promise<Uint8Array> {
  const bounds = zstdContentBounds(bytes);
  if (bounds === undefined) throw corruptChunk(where, "a truncated or broken zstd stream");
  // An encoder that announces no size fills its blocks; one that never does would only be after our memory
  const isBomb = bounds.most > 16 * (byteCount + 2 ** 20);
  if (byteCount < bounds.least || byteCount > bounds.most || isBomb) {
    throw corruptChunk(where, `a zstd stream of ${bounds.least} to ${bounds.most} bytes`, `${byteCount} bytes`);
  }
  const codec = await zstdCodec(1);
  let content: Uint8Array;
  try {
    content = await codec.decode(bytes);
  } catch (cause) {
    throw corruptChunk(where, "a truncated or broken zstd stream", undefined, cause);
  }
  if (content.length !== byteCount) throw corruptChunk(where, `${content.length} bytes`, `${byteCount} bytes`);
  return content;
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
