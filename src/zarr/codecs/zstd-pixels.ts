/**
 * Which contents a kernel compresses in place of libzstd: those of a camera, whose noise makes the harder search of libzstd
 * slow and hardly worth it. A part of each content tells, so that its bytes depend on nothing else.
 */
import type { ZstdEngine } from "./zstd-engine.ts";

/** Smaller contents are left to libzstd: the part would be much of them. */
const leastForKernel = 2 ** 18;
/** Lower levels of libzstd search small contents in other ways than large ones, higher ones take their time. */
const partBytes = (level: number) => (level < 5 ? 2 ** 18 : 2 ** 16);
/** The largest length of frames relative to those of the requested level, which takes five times as long. */
const mostLonger = 1.06;

/** Whether a kernel makes about as little of pixels as libzstd does by a level. */
export function suitKernel(zstd: ZstdEngine, content: Uint8Array, itemBytes: number, level: number): boolean {
  if (content.length < leastForKernel) return false;
  const bytes = partBytes(level);
  const middle = Math.floor((content.length - bytes) / 2);
  const start = middle - (middle % itemBytes);
  const part = content.subarray(start, start + bytes);
  const trial = new Uint8Array(bytes + 64);
  const ours = zstd.compressPixels(part, itemBytes, trial);
  return ours > 0 && ours <= mostLonger * (zstd.compress(part, level, trial) || bytes);
}
