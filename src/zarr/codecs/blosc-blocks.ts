/** How the blocks of a Blosc chunk are encoded, one after the other. */
import { unreachable } from "../../errors.ts";
import { reading } from "../../kernels/addresses.ts";
import { runKernel } from "../../kernels/bind.ts";
import { loadKernels } from "../../kernels/load-kernels.ts";
import type { BloscCodec } from "../metadata/metadata.ts";
import { type BloscHeader, liesAt, splitCount } from "./blosc-format.ts";
import { type StreamEncoder, zstdEncoder } from "./blosc-zstd.ts";
import { encodeZlib } from "./gzip.ts";
import { encodeLz4 } from "./lz4.ts";
import { shuffleItems, shufflePlanes } from "./shuffle.ts";

/** A block whose bytes are alike in pairs, and what it became: another one with this value is encoded like it. */
interface AlikeBlock {
  readonly value: number;
  readonly blockBytes: number;
  readonly encoded: Uint8Array;
  /** The block itself, where it keeps its content. */
  readonly constant: Uint8Array | undefined;
}

/** Encodes the blocks of one chunk in their order. */
export class BlockEncoder {
  readonly #header: BloscHeader;
  readonly #encode: StreamEncoder;
  #alike: AlikeBlock | undefined;

  private constructor(header: BloscHeader, encode: StreamEncoder) {
    this.#header = header;
    this.#encode = encode;
  }

  static async of(codec: BloscCodec, header: BloscHeader): Promise<BlockEncoder> {
    await loadKernels();
    return new BlockEncoder(header, await streamEncoder(codec, header));
  }

  /**
   * Encodes a block into `destination` from `to` on.
   *
   * @param scratch of a block's length, in one kernel memory with the others; not needed without a filter
   * @param isConstant whether the array of the block keeps its content: seen again, it is not looked at
   * @returns where it ends; 0 where it does not fit
   */
  put(
    block: Uint8Array,
    scratch: Uint8Array | undefined,
    destination: Uint8Array,
    to: number,
    isConstant = false,
  ): number {
    const alike = this.#alike;
    const value = isConstant && alike?.constant === block ? alike.value : valueOfAll(block);
    if (alike !== undefined && alike.value === value && alike.blockBytes === block.length) {
      if (to + alike.encoded.length > destination.length) return 0;
      destination.set(alike.encoded, to);
      return to + alike.encoded.length;
    }
    const stop = this.#putStreams(block, scratch, destination, to);
    if (value !== undefined && stop > 0) {
      const constant = isConstant ? block : undefined;
      this.#alike = { value, blockBytes: block.length, encoded: destination.slice(to, stop), constant };
    }
    return stop;
  }

  #putStreams(block: Uint8Array, scratch: Uint8Array | undefined, destination: Uint8Array, from: number): number {
    const view = new DataView(destination.buffer, destination.byteOffset, destination.byteLength);
    let to = from;
    for (const content of layStreams(this.#header, block, scratch, destination, to + 4)) {
      const start = to + 4;
      if (start >= destination.length) return 0;
      const isInPlace = liesAt(content, destination, start);
      // A stream as long as its content would be read as stored, so it has to be shorter
      const capacity = Math.min(content.length - 1, destination.length - start);
      const [target, at] = isInPlace ? [scratch!, 0] : [destination, start];
      let encodedBytes = this.#encode(content, target, at, at + capacity);
      if (encodedBytes === 0) {
        if (start + content.length > destination.length) return 0;
        if (!isInPlace) destination.set(content, start);
        encodedBytes = content.length;
      } else if (isInPlace) {
        destination.set(target.subarray(0, encodedBytes), start);
      }
      view.setUint32(to, encodedBytes, true);
      to = start + encodedBytes;
    }
    return to;
  }
}

/** The two bytes that a block repeats, as where chunks reach beyond the image; `undefined` where it shows something. */
function valueOfAll(block: Uint8Array): number | undefined {
  if (block.length % 2 !== 0 || block.byteOffset % 2 !== 0) return undefined;
  const pairs = new Uint16Array(block.buffer, block.byteOffset, block.length / 2);
  // Elsewhere than in a kernel memory the kernel takes a copy: what is not alike mostly shows here
  if (pairs[0] !== pairs.at(-1) || pairs[0] !== pairs[pairs.length >> 1]) return undefined;
  return runKernel("areAlike", reading(pairs), 2, pairs.length) ? pairs[0] : undefined;
}

/**
 * Filters a block and returns its streams, in the source or in `scratch`. The first of several, the items' lowest bytes,
 * is mostly noise that is stored: where a kernel does it and there is space, it is put at `start` of the destination, where it
 * then is already. The first part of `scratch` is free in that case.
 */
function layStreams(
  header: BloscHeader,
  block: Uint8Array,
  scratch: Uint8Array | undefined,
  destination: Uint8Array,
  start: number,
): Uint8Array[] {
  const { filter, itemBytes } = header;
  const count = splitCount(header, block.length);
  const bytes = block.length / count;
  const from = scratch ?? block;
  const streams = Array.from({ length: count }, (_, n) => from.subarray(n * bytes, (n + 1) * bytes));
  if (scratch === undefined || filter === "none") return streams;
  if (filter === "byte" && count === itemBytes && start + bytes <= destination.length) {
    const ahead = [destination.subarray(start, start + bytes), ...streams.slice(1)];
    if (shufflePlanes(block, 0, ahead)) return ahead;
  }
  shuffleItems(filter, block, 0, scratch, 0, block.length, itemBytes);
  return streams;
}

async function streamEncoder(codec: BloscCodec, header: BloscHeader): Promise<StreamEncoder> {
  switch (header.stream) {
    case "lz4":
      return (content, destination, to, limit) =>
        encodeLz4(content, 0, content.length, destination, to, limit, 10 - codec.level);
    case "zlib":
      return (content, destination, to, limit) => {
        const encoded = encodeZlib(content, codec.level);
        if (encoded.length > limit - to) return 0;
        destination.set(encoded, to);
        return encoded.length;
      };
    case "zstd":
      return await zstdEncoder(codec, header);
    case "blosclz":
    case "snappy":
      return () => 0;
    default:
      return unreachable(header.stream);
  }
}
