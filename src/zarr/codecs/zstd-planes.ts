/**
 * Blocks of bit-shuffled pixels as Zstandard streams. A block is one plane after the other, the lowest bits of all pixels
 * first: of what a camera writes, the lowest planes are noise, the highest are constant, and only those between are worth
 * a search. So a stream holds several frames, as it may: those between are compressed together, noise is stored, and
 * constant planes are one byte and a count.
 *
 * @see RFC 8878, section 3.1: frames are independent, and the content of all of them is that of the stream
 */
import { reading } from "../../kernels/addresses.ts";
import { runKernel } from "../../kernels/bind.ts";
import type { ZstdEngine } from "./zstd-engine.ts";

const frameMagic = 0xfd2fb528;
/** Flags of a frame that is one segment, whose length follows in four bytes. */
const frameDescriptor = 0xa0;
const frameHeaderBytes = 9;
const blockHeaderBytes = 3;
const largestBlock = 131072;

/** What a kernel says of a plane. */
const planeKinds = ["constant", "noise", "other"] as const;
type PlaneKind = (typeof planeKinds)[number];

/** Planes of fewer bytes are not worth a frame of their own. */
export const smallestPlane = 1024;

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
export class PlaneEncoder {
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
