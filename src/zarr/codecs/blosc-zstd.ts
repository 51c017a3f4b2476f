/** How blocks of a Blosc chunk are compressed by zstd: what c-blosc takes one level for is found out here, block by block. */

import { reading } from "../../kernels/addresses.ts";
import { runKernel } from "../../kernels/bind.ts";
import type { BloscCodec } from "../metadata/metadata.ts";
import type { BloscHeader } from "./blosc-format.ts";
import { loadZstd, type ZstdEngine } from "./zstd-engine.ts";
import { suitKernel } from "./zstd-pixels.ts";

/** Planes of fewer bytes are not worth a frame of their own. */
const smallestPlane = 1024;

/** Encodes a stream into part of an array. Returns its length, or 0 where it does not fit before `limit`. */
export type StreamEncoder = (content: Uint8Array, destination: Uint8Array, to: number, limit: number) => number;

/** From this level on, blocks are compressed as a whole by zstd's level for it: who asks for that has the time. */
const thoroughLevel = 6;

/** Of some contents lower levels make less, in a third of the time: in one of this many blocks it is tried whether they do. */
const lowerLevels = [4, 6];
const blocksPerLevelTrial = 32;

/** Encodes the blocks of one chunk by zstd: as planes of bits, by a kernel, or by libzstd. */
export async function zstdEncoder({ level }: BloscCodec, { filter, itemBytes }: BloscHeader): Promise<StreamEncoder> {
  const zstd = await loadZstd();
  const zstdLevel = level < 9 ? 2 * level - 1 : 22;
  // The bytes of items that were shuffled do not lie side by side
  const besideBytes = filter === "none" ? itemBytes : 1;
  const compress = level < thoroughLevel ? quickBlocks(zstd, zstdLevel, besideBytes) : wholeBlocks(zstd, zstdLevel);
  const planes = filter === "bit" && level < thoroughLevel ? new PlaneEncoder(zstd, zstdLevel) : undefined;
  return (content, destination, to, limit) => {
    const rest = destination.subarray(to, limit);
    const planeBytes = content.length / (8 * itemBytes);
    const isOfPlanes = Number.isInteger(planeBytes) && planeBytes >= smallestPlane;
    return planes !== undefined && isOfPlanes ? planes.encode(content, planeBytes, rest) : compress(content, rest);
  };
}

/** Compresses a block into one frame. Returns its length, or 0 where it does not fit. */
type BlockCompressor = (content: Uint8Array, destination: Uint8Array) => number;

function wholeBlocks(zstd: ZstdEngine, level: number): BlockCompressor {
  return (content, destination) => zstd.compress(content, level, destination);
}

/** Compresses blocks by a kernel or by the first of some lower levels, as long as that makes them hardly longer, or no longer. */
function quickBlocks(zstd: ZstdEngine, level: number, itemBytes: number): BlockCompressor {
  let blocks = 0;
  let compress = wholeBlocks(zstd, level);
  return (content, destination) => {
    if (blocks++ % blocksPerLevelTrial === 0) compress = choose(content);
    return compress(content, destination);
  };

  function choose(content: Uint8Array): BlockCompressor {
    if (level > 1 && suitKernel(zstd, content, itemBytes, level)) {
      return (block, destination) => zstd.compressPixels(block, itemBytes, destination);
    }
    return wholeBlocks(zstd, shortest(content));
  }

  function shortest(content: Uint8Array): number {
    const lower = lowerLevels.filter((one) => one < level);
    if (lower.length === 0) return level;
    const trial = new Uint8Array(content.length);
    const least = zstd.compress(content, level, trial) || content.length;
    const isShort = (one: number) => {
      const bytes = zstd.compress(content, one, trial);
      return bytes > 0 && bytes <= least;
    };
    return lower.find(isShort) ?? level;
  }
}

const frameMagic = 0xfd2fb528;
/** Flags of a frame that is one segment, whose length follows in four bytes. */
const frameDescriptor = 0xa0;
const frameHeaderBytes = 9;
const blockHeaderBytes = 3;
const largestBlock = 131072;

/** What a kernel says of a plane. */
const planeKinds = ["constant", "noise", "other"] as const;
type PlaneKind = (typeof planeKinds)[number];

/** The level that planes are compressed by: with harder work they become hardly smaller. */
const planeLevel = 1;

/** In one of this many blocks it is tried whether what looks like noise repeats itself. */
const blocksPerTrial = 16;

/** Planes that follow each other and are of one kind; constant ones have the same byte. */
interface Run {
  readonly kind: PlaneKind;
  readonly start: number;
  stop: number;
}

/** Encodes the bit-shuffled blocks of one chunk. */
class PlaneEncoder {
  readonly #zstd: ZstdEngine;
  readonly #level: number;
  #blocks = 0;
  #noiseRepeats = false;
  #blocksWithoutTrial = 0;

  /** @param level by which blocks that become much smaller are compressed as a whole, where that makes them smaller still */
  constructor(zstd: ZstdEngine, level: number) {
    this.#zstd = zstd;
    this.#level = level;
  }

  /**
   * Encodes a block of planes of `planeBytes` bytes.
   *
   * @returns the length of the stream; 0 where it is longer than the destination
   */
  encode(block: Uint8Array, planeBytes: number, destination: Uint8Array): number {
    const runs = this.#runsOf(block, planeBytes);
    let length = 0;
    for (const { kind, start, stop } of runs) {
      const content = block.subarray(start, stop);
      const rest = destination.subarray(length);
      const bytes = kind === "other" ? this.#compress(content, rest) : writeFrame(content, kind === "constant", rest);
      if (bytes === 0) return 0;
      length += bytes;
    }
    return 4 * length > block.length ? length : this.#shorterAsOne(block, length, destination);
  }

  #runsOf(block: Uint8Array, planeBytes: number): Run[] {
    const runs: Run[] = [];
    let isTrial = this.#blocks++ % blocksPerTrial === 0;
    for (let start = 0; start < block.length; start += planeBytes) {
      let kind = planeKinds[runKernel("kindOfBytes", reading(block, start, planeBytes), planeBytes)]!;
      if (kind === "noise" && isTrial) {
        this.#noiseRepeats = this.#repeats(block.subarray(start, start + planeBytes));
        isTrial = false;
      }
      if (kind === "noise" && this.#noiseRepeats) kind = "other";
      const last = runs.at(-1);
      const goesOn = last?.kind === kind && (kind !== "constant" || block[start] === block[last.start]);
      if (goesOn) last.stop = start + planeBytes;
      else runs.push({ kind, start, stop: start + planeBytes });
    }
    return runs;
  }

  /** Whether bytes that look like noise become shorter nevertheless. */
  #repeats(plane: Uint8Array): boolean {
    return this.#zstd.compress(plane, planeLevel, new Uint8Array(Math.floor(0.95 * plane.length))) > 0;
  }

  #compress(content: Uint8Array, destination: Uint8Array): number {
    return this.#zstd.compress(content, planeLevel, destination) || writeFrame(content, false, destination);
  }

  /**
   * What becomes so small is mostly no noise of a camera, but labels or a mask: the planes of such are alike. Where it is
   * noise at the edge of an image, further blocks are not tried for a while, as a trial takes longer than all else.
   */
  #shorterAsOne(block: Uint8Array, length: number, destination: Uint8Array): number {
    if (this.#blocksWithoutTrial > 0) {
      this.#blocksWithoutTrial--;
      return length;
    }
    const whole = new Uint8Array(length - 1);
    const bytes = this.#zstd.compress(block, this.#level, whole);
    if (bytes === 0) {
      this.#blocksWithoutTrial = blocksPerTrial - 1;
      return length;
    }
    destination.set(whole.subarray(0, bytes));
    return bytes;
  }
}

/**
 * Writes a frame of bytes that are stored, or all alike.
 *
 * @returns its length; 0 where it is longer than the destination
 */
function writeFrame(content: Uint8Array, isConstant: boolean, destination: Uint8Array): number {
  const blockCount = Math.ceil(content.length / largestBlock);
  const length = frameHeaderBytes + blockCount * blockHeaderBytes + (isConstant ? blockCount : content.length);
  if (length > destination.length) return 0;
  const view = new DataView(destination.buffer, destination.byteOffset, length);
  view.setUint32(0, frameMagic, true);
  view.setUint8(4, frameDescriptor);
  view.setUint32(5, content.length, true);
  let to = frameHeaderBytes;
  for (let start = 0; start < content.length; start += largestBlock) {
    const bytes = Math.min(largestBlock, content.length - start);
    const isLast = start + bytes === content.length;
    const header = (bytes << 3) | (isConstant ? 2 : 0) | (isLast ? 1 : 0);
    view.setUint16(to, header & 0xffff, true);
    view.setUint8(to + 2, header >>> 16);
    to += blockHeaderBytes;
    destination.set(content.subarray(start, start + (isConstant ? 1 : bytes)), to);
    to += isConstant ? 1 : bytes;
  }
  return to;
}
