/**
 * Blocks of bit-shuffled pixels as Zstandard streams. A block is one plane after the other, the lowest bits of all pixels
 * first: of what a camera writes, the lowest planes are noise, the highest are constant, and only those between are worth
 * a search. So a stream holds several frames, as it may: those between are compressed together, noise is stored, and
 * constant planes are one byte and a count.
 *
 * @see RFC 8878, section 3.1: frames are independent, and the content of all of them is that of the stream
 */
import { unreachable } from "../../errors.ts";
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
const planeKinds = ["constant", "noise", "other", "uneven"] as const;
type PlaneKind = (typeof planeKinds)[number];

/** Planes of fewer bytes are not worth a frame of their own. */
export const smallestPlane = 1024;

/** The level that planes are compressed by: with harder work they become hardly smaller. */
const planeLevel = 1;

/** In one of this many blocks it is tried what patterns are worth: whether what looks like noise has some, too. */
const blocksPerTrial = 16;
/** Codes of single bytes may make a block this many times as long as a search for patterns does, which takes twice the time. */
const mostLonger = 1.02;

/** Planes that are encoded together. */
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
  #unevenRepeats = false;
  #smallBlocksUntilTrial = 0;

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
    const kinds = kindsOfPlanes(block, planeBytes);
    if (this.#blocks++ % blocksPerTrial === 0) this.#tryPatterns(block, planeBytes, kinds);
    const length = this.#write(block, this.#runsOf(block, planeBytes, kinds), destination);
    return length === 0 || 4 * length > block.length ? length : this.#shorterAsOne(block, length, destination);
  }

  /** Finds out what is to be searched for patterns, until it is tried again. */
  #tryPatterns(block: Uint8Array, planeBytes: number, kinds: readonly PlaneKind[]): void {
    const noise = kinds.indexOf("noise");
    this.#noiseRepeats = noise >= 0 && this.#repeats(block.subarray(noise * planeBytes, (noise + 1) * planeBytes));
    this.#unevenRepeats = false;
    if (!kinds.includes("uneven")) return;
    const trial = new Uint8Array(2 * block.length);
    const single = this.#write(block, this.#runsOf(block, planeBytes, kinds), trial);
    this.#unevenRepeats = true;
    const searched = this.#write(block, this.#runsOf(block, planeBytes, kinds), trial);
    this.#unevenRepeats = single > mostLonger * searched;
  }

  /** Whether bytes that look like noise become shorter nevertheless. */
  #repeats(plane: Uint8Array): boolean {
    return this.#zstd.compress(plane, planeLevel, new Uint8Array(Math.floor(0.95 * plane.length))) > 0;
  }

  /** Planes that follow each other and are of one kind; constant ones have the same byte, uneven ones a code for each. */
  #runsOf(block: Uint8Array, planeBytes: number, kinds: readonly PlaneKind[]): Run[] {
    const runs: Run[] = [];
    for (const [plane, found] of kinds.entries()) {
      const isSearched = (found === "noise" && this.#noiseRepeats) || (found === "uneven" && this.#unevenRepeats);
      const kind = isSearched ? "other" : found;
      const start = plane * planeBytes;
      const last = runs.at(-1);
      const goesOn =
        last?.kind === kind && kind !== "uneven" && (kind !== "constant" || block[start] === block[last.start]);
      if (goesOn) last.stop = start + planeBytes;
      else runs.push({ kind, start, stop: start + planeBytes });
    }
    return runs;
  }

  /** @returns the length of the stream; 0 where it is longer than the destination */
  #write(block: Uint8Array, runs: readonly Run[], destination: Uint8Array): number {
    let length = 0;
    for (const { kind, start, stop } of runs) {
      const bytes = this.#writeRun(block.subarray(start, stop), kind, destination.subarray(length));
      if (bytes === 0) return 0;
      length += bytes;
    }
    return length;
  }

  #writeRun(content: Uint8Array, kind: PlaneKind, destination: Uint8Array): number {
    switch (kind) {
      case "constant":
        return writeFrame(content, true, destination);
      case "noise":
        return writeFrame(content, false, destination);
      case "uneven":
        return this.#zstd.compressPixels(content, 0, destination);
      case "other":
        return this.#zstd.compress(content, planeLevel, destination) || writeFrame(content, false, destination);
      default:
        return unreachable(kind);
    }
  }

  /**
   * What becomes so small is mostly no noise of a camera, but labels or a mask: the planes of such are alike. Where it is
   * noise at the edge of an image, further blocks are not tried for a while.
   */
  #shorterAsOne(block: Uint8Array, length: number, destination: Uint8Array): number {
    if (this.#smallBlocksUntilTrial-- > 0) return length;
    const whole = new Uint8Array(length - 1);
    const bytes = this.#zstd.compress(block, this.#level, whole);
    this.#smallBlocksUntilTrial = bytes === 0 ? blocksPerTrial : 0;
    if (bytes === 0) return length;
    destination.set(whole.subarray(0, bytes));
    return bytes;
  }
}

function kindsOfPlanes(block: Uint8Array, planeBytes: number): PlaneKind[] {
  return Array.from({ length: block.length / planeBytes }, (_, plane) => {
    return planeKinds[runKernel("kindOfBytes", reading(block, plane * planeBytes, planeBytes), planeBytes)]!;
  });
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
