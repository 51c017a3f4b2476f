/** Reads the encoded bytes of the next chunk while the current one is worked on. */

import { type Czyx, isSameShape, type PixelArray } from "../shapes.ts";
import type { ChunkBuffer } from "../zarr/chunk-pixels.ts";
import type { PixelLevel } from "./level.ts";

/** A chunk whose bytes are being read in advance. */
interface BegunChunk {
  readonly chunk: Czyx;
  readonly bytes: Promise<Uint8Array | undefined>;
}

/**
 * Reads the chunks of a level in a known order, the bytes of each while the one before is worked on: `start` with the
 * order, then `read` a chunk and `begin` the next, in turn.
 */
export class ReadAhead {
  readonly #level: PixelLevel;
  #order: Iterator<Czyx> = [].values();
  #begun: BegunChunk | undefined;

  constructor(level: PixelLevel) {
    this.#level = level;
  }

  /** Replaces the expected order. @param order the chunks that will be read from now on */
  async start(order: Iterable<Czyx>): Promise<void> {
    await this.#take()?.bytes.catch(() => undefined);
    this.#order = order[Symbol.iterator]();
    // There is no work to overlap with the first one
    this.#order.next();
  }

  /** Reads a chunk, as {@link PixelLevel.readChunk} does. */
  async read(chunk: Czyx, buffer: ChunkBuffer): Promise<PixelArray | undefined> {
    const begun = this.#take();
    if (begun !== undefined && isSameShape(begun.chunk, chunk)) {
      return this.#level.readChunk(chunk, buffer, begun.bytes);
    }
    // The buffer of another chunk is free again only when its read has ended
    if (begun !== undefined) await begun.bytes.catch(() => undefined);
    return this.#level.readChunk(chunk, buffer);
  }

  /**
   * Begins to read the next chunk, where the level can do that in the background.
   * @param encoded for its bytes: not to be used until that chunk is read
   */
  begin(encoded: Uint8Array): void {
    const { done, value } = this.#order.next();
    const bytes = done === true ? undefined : this.#level.beginChunk?.(value, encoded);
    // The error is thrown again when the chunk is read
    bytes?.catch(() => undefined);
    this.#begun = bytes && { chunk: value, bytes };
  }

  #take(): BegunChunk | undefined {
    const begun = this.#begun;
    this.#begun = undefined;
    return begun;
  }
}
