import type { PixelArray } from "../shapes.ts";

/**
 * Pixels that were read and decoded for one chunk and serve the chunks beside it: of files that are read in whole rows.
 * Holds nothing until it is told how much it may; what was used longest ago goes first.
 */
export class SourceCache {
  /** Rows of the source that are decoded together at most: what is kept is a whole number of these. */
  rowsAtOnce = 1;
  #limitBytes = 0;
  #bytes = 0;
  readonly #kept = new Map<string, PixelArray>();

  /** Keeps that many bytes at most from now on. */
  keepAtMost(bytes: number): void {
    this.#limitBytes = bytes;
    this.#makeRoom(0);
  }

  /** What is kept under a name, or what `read` gives, which nobody may change. */
  async get(name: string, read: () => Promise<PixelArray>): Promise<PixelArray> {
    const kept = this.#kept.get(name);
    if (kept !== undefined) {
      // Maps are in the order in which entries were put in.
      this.#kept.delete(name);
      this.#kept.set(name, kept);
      return kept;
    }
    const pixels = await read();
    if (pixels.byteLength > this.#limitBytes || this.#kept.has(name)) return pixels;
    this.#makeRoom(pixels.byteLength);
    this.#kept.set(name, pixels);
    this.#bytes += pixels.byteLength;
    return pixels;
  }

  #makeRoom(bytes: number): void {
    for (const [name, { byteLength }] of this.#kept) {
      if (this.#bytes + bytes <= this.#limitBytes) return;
      this.#kept.delete(name);
      this.#bytes -= byteLength;
    }
  }
}
