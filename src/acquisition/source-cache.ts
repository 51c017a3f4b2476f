/** A cache of decoded pixels for sources that are read in whole rows. */

import { allocatePixels, bytesPerPixel, type PixelArray, type PixelType } from "../shapes.ts";

/** What each reading thread takes beside the pixels for files of pages: strips as they come wait for garbage collection, measured. */
export const pageReaderBytes = 35e6;

/** Pixels that are wanted for a moment. */
interface WantedPixels {
  /** Tells them from all others of the source. */
  readonly name: string;
  readonly type: PixelType;
  readonly length: number;
  /** Where they are to go as they are, an array of just this length; else they are cut, and need an array between. */
  readonly place: PixelArray | undefined;
}

/**
 * Decoded pixels that were read for one chunk and serve the chunks beside it. Empty until a limit is set; the least
 * recently used entry is dropped first. Pixels that are not kept are read into one array again and again: arrays of their
 * own would wait for garbage collection, outside of what a plan counts.
 */
export class SourceCache {
  /** The most rows of the source that are decoded together: the cache contains whole numbers of these. */
  rowsAtOnce = 1;
  #limitBytes = 0;
  #bytes = 0;
  readonly #kept = new Map<string, PixelArray>();
  #spare: PixelArray | undefined;

  /** Sets the limit in bytes. */
  keepAtMost(bytes: number): void {
    this.#limitBytes = bytes;
    this.#dropOldest(0);
  }

  /**
   * Lends pixels to `use`, which must neither change nor keep them: those of the cache, or the result of `read`.
   * @param read may fill the array that it is given, or give one of its own
   */
  async lend(
    { name, type, length, place }: WantedPixels,
    read: (into?: PixelArray) => Promise<PixelArray>,
    use: (pixels: PixelArray) => void,
  ): Promise<void> {
    const kept = this.#kept.get(name);
    if (kept !== undefined) {
      // Maps keep the order of insertion.
      this.#kept.delete(name);
      this.#kept.set(name, kept);
      use(kept);
      return;
    }
    if (length * bytesPerPixel(type) > this.#limitBytes) {
      const into = place ?? this.#takeSpare(type, length);
      use(await read(into));
      if (place === undefined) this.#spare = into;
      return;
    }
    const pixels = await read();
    this.#keep(name, pixels);
    use(pixels);
  }

  #keep(name: string, pixels: PixelArray): void {
    // Another task may have read the same meanwhile.
    if (pixels.byteLength > this.#limitBytes || this.#kept.has(name)) return;
    this.#dropOldest(pixels.byteLength);
    this.#kept.set(name, pixels);
    this.#bytes += pixels.byteLength;
  }

  /** An array that is not in use, to be given back. */
  #takeSpare(type: PixelType, length: number): PixelArray {
    const spare = this.#spare;
    this.#spare = undefined;
    const fits = spare?.length === length && spare.BYTES_PER_ELEMENT === bytesPerPixel(type);
    return spare !== undefined && fits ? spare : allocatePixels(type, length);
  }

  #dropOldest(bytes: number): void {
    for (const [name, { byteLength }] of this.#kept) {
      if (this.#bytes + bytes <= this.#limitBytes) return;
      this.#kept.delete(name);
      this.#bytes -= byteLength;
    }
  }
}
