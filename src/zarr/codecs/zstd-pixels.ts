/**
 * Which contents a kernel compresses in place of libzstd: those of a camera, whose noise makes the harder search of libzstd
 * slow and hardly worth it. A sample of each content tells, so that its bytes depend on nothing else.
 */
import type { ZstdEngine } from "./zstd-engine.ts";

/** Smaller contents are left to libzstd: the sample would be much of them. */
const leastForKernel = 2 ** 18;
/** Samples are made of pieces of this length, from places all over a content. */
const pieceBytes = 2 ** 14;
/** One piece for this many bytes: libzstd takes five times as long as the kernel does. */
const bytesPerPiece = 2 ** 19;
/** What becomes less than this share is no noise: what repeats itself is seen in long samples only. */
const leastOfNoise = 1 / 8;
const longBytes = 2 ** 18;
/** The largest length of frames relative to those of the requested level. */
const mostLonger = 1.06;

/** Whether a kernel makes about as little of pixels as libzstd does by a level. */
export function suitKernel(zstd: ZstdEngine, content: Uint8Array, itemBytes: number, level: number): boolean {
  if (content.length < leastForKernel) return false;
  const pieces = Math.max(2, Math.min(Math.floor(content.length / bytesPerPiece), 4));
  const sample = samplePieces(content, pieces, pieceBytes, itemBytes);
  const trial = new Uint8Array(Math.max(sample.length, longBytes) + 64);
  const ours = zstd.compressPixels(sample, itemBytes, trial);
  if (ours === 0 || !isShort(sample, ours)) return false;
  if (ours > leastOfNoise * sample.length) return true;
  const long = samplePieces(content, 1, longBytes, itemBytes);
  return isShort(long, zstd.compressPixels(long, itemBytes, trial));

  function isShort(bytes: Uint8Array, length: number): boolean {
    return length <= mostLonger * (zstd.compress(bytes, level, trial) || bytes.length);
  }
}

/** Pieces of a content from its whole length, beginning with a pixel each. */
function samplePieces(content: Uint8Array, pieces: number, bytes: number, itemBytes: number): Uint8Array {
  const sample = new Uint8Array(pieces * bytes);
  for (let n = 0; n < pieces; n++) {
    const middle = Math.floor(((n + 0.5) * content.length - (pieces * bytes) / 2) / pieces);
    const start = middle - (middle % itemBytes);
    sample.set(content.subarray(start, start + bytes), n * bytes);
  }
  return sample;
}
