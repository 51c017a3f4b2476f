import { type Czyx, isSameShape, type PixelArray } from "../shapes.ts";
import type { ChunkRoom } from "../zarr/chunk-pixels.ts";
import type { PixelLevel } from "./pixel-level.ts";

interface Slot {
  /** The chunk that lies there; none before the first, and where one could not be read. */
  chunk: Czyx | undefined;
  pixels: PixelArray | undefined;
}

/** The decoded chunks of a level that were used last, for chunks of another shape that are cut from them. */
export class ChunkShelf {
  readonly #roomOf: (slot: number) => ChunkRoom;
  /** That which was used longest ago comes first. */
  readonly #slots: (Slot & { readonly index: number })[];

  /**
   * @param count how many chunks are kept
   * @param roomOf where the chunk of a slot is put; the same arrays each time
   */
  constructor(count: number, roomOf: (slot: number) => ChunkRoom) {
    this.#roomOf = roomOf;
    this.#slots = Array.from({ length: count }, (_, index) => ({ index, chunk: undefined, pixels: undefined }));
  }

  /** A whole chunk of the level, `undefined` where it is not stored; nobody may change it. The level is always the same. */
  async read(level: PixelLevel, chunk: Czyx): Promise<PixelArray | undefined> {
    const found = this.#slots.findIndex((slot) => slot.chunk !== undefined && isSameShape(slot.chunk, chunk));
    const [slot] = this.#slots.splice(Math.max(0, found), 1);
    this.#slots.push(slot!);
    if (found >= 0) return slot!.pixels;
    slot!.chunk = undefined;
    slot!.pixels = await level.readChunk(chunk, this.#roomOf(slot!.index));
    slot!.chunk = chunk;
    return slot!.pixels;
  }
}

/** What is kept beside the last chunk may take so many bytes. */
const mostBytes = 64 * 2 ** 20;
/** Chunks at the corners of a chunk of another shape, along rows and columns. */
const mostKept = 4;

/** How many chunks are worth keeping: one where chunks nest, as those that are cut from one follow each other. */
export function chunksWorthKeeping(own: Czyx, wanted: Czyx, chunkBytes: number): number {
  const nests = own.every((extent, axis) => extent % wanted[axis]! === 0 || wanted[axis]! % extent === 0);
  return nests ? 1 : Math.max(1, Math.min(mostKept, Math.floor(mostBytes / chunkBytes)));
}
