/** Blocks of a chunk of which only a part is in the image: what lies around it is never made as a whole. */

/** The pixels of a chunk that are in the image, in C order, and what stands around them. */
export interface PaddedChunk {
  readonly bytes: Uint8Array;
  /** The extents of the pixels, and those of the chunk, which begin at the same corner. */
  readonly shape: readonly number[];
  readonly chunkShape: readonly number[];
  /** A pixel of padding. */
  readonly fill: Uint8Array;
}

/** Some bytes of a chunk, until others are asked for. */
interface Block {
  readonly bytes: Uint8Array;
  /** Whether there are no pixels of the image in it, in an array that keeps its content. */
  readonly isPadding: boolean;
}

/** Gives the blocks of a chunk one by one. */
export class PaddedBlocks {
  readonly #chunk: PaddedChunk;
  readonly #blockBytes: number;
  readonly #assembled: Uint8Array;
  readonly #padding: Uint8Array;

  /** @param working memory for two blocks */
  constructor(chunk: PaddedChunk, blockBytes: number, working: Uint8Array) {
    this.#chunk = chunk;
    this.#blockBytes = blockBytes;
    this.#assembled = working.subarray(0, blockBytes);
    this.#padding = working.subarray(blockBytes, 2 * blockBytes);
    const { fill } = chunk;
    this.#padding.set(fill.subarray(0, blockBytes));
    for (let filled = fill.length; filled < blockBytes; filled *= 2) {
      this.#padding.copyWithin(filled, 0, Math.min(filled, blockBytes - filled));
    }
  }

  /** The bytes from `start` to `stop`: a block, or what is left of one. */
  block(start: number, stop: number): Block {
    const { bytes, shape, chunkShape, fill } = this.#chunk;
    const length = stop - start;
    const rowBytes = chunkShape.at(-1)! * fill.length;
    const madeBytes = shape.at(-1)! * fill.length;
    let isPadding = true;
    for (let row = Math.floor(start / rowBytes); row * rowBytes < stop; row++) {
      const made = this.#madeRow(row);
      const from = Math.max(start, row * rowBytes);
      const to = Math.min(stop, row * rowBytes + madeBytes);
      if (made === undefined || from >= to) continue;
      if (isPadding) this.#assembled.set(this.#padding);
      isPadding = false;
      const place = made * madeBytes + from - row * rowBytes;
      this.#assembled.set(bytes.subarray(place, place + to - from), from - start);
    }
    if (isPadding && length === this.#blockBytes) return { bytes: this.#padding, isPadding };
    return { bytes: (isPadding ? this.#padding : this.#assembled).subarray(0, length), isPadding: false };
  }

  /** The number of a row of the chunk among those of the image; `undefined` where it is none of them. */
  #madeRow(row: number): number | undefined {
    const { shape, chunkShape } = this.#chunk;
    let [rest, made, step] = [row, 0, 1];
    for (let axis = chunkShape.length - 2; axis >= 0; axis--) {
      const at = rest % chunkShape[axis]!;
      if (at >= shape[axis]!) return undefined;
      made += at * step;
      step *= shape[axis]!;
      rest = Math.floor(rest / chunkShape[axis]!);
    }
    return made;
  }
}
