/** A chunk that is encoded and written while its planes are made, some at a time. */
import type { Level } from "../../acquisition/level.ts";
import { allocatePixels, type Czyx } from "../../shapes.ts";
import { EncodedPieces, isUniform } from "../../zarr/chunk-pixels.ts";
import { type ChunkStart, startBytesWith } from "../../zarr/codecs/blosc-pieces.ts";
import type { ObjectStore, ObjectWriter } from "../../zarr/store.ts";
import type { MadePixels } from "./correct-chunk.ts";

/** How a chunk is written. */
interface WritingHow {
  /** For pieces, until the chunk is in its place. */
  readonly buffer: Uint8Array;
  /** Whether its pixels are stored as they are. */
  readonly isStored: boolean;
  readonly note: NoteChunk;
}

/** Called when a chunk is in its place: its bytes, 0 where it is left out, and the pixels that were clipped in it. */
type NoteChunk = (byteCount: number, clipped: readonly number[]) => void;

/** Add its parts, end it, then put it in its place; or discard it. Left out where it is nothing but the fill value. */
export class ChunkInParts {
  readonly #level: Level;
  readonly #key: string;
  readonly #store: ObjectStore;
  readonly #how: WritingHow;
  readonly #clipped: number[] = [];
  #planes = 0;
  #writer: ObjectWriter | undefined;
  #pieces: EncodedPieces | undefined;
  #encoded: ChunkStart | undefined;

  constructor(level: Level, chunk: Czyx, store: ObjectStore, how: WritingHow) {
    this.#level = level;
    this.#key = level.chunkKey(chunk);
    this.#store = store;
    this.#how = how;
  }

  /**
   * Adds the next planes.
   *
   * @param made their pixels that are in the image
   * @param partShape the extents of all of their pixels
   * @returns false where the chunk would not become smaller by encoding: it is to be discarded
   */
  async add(made: MadePixels, partShape: Czyx, clipped: readonly number[]): Promise<boolean> {
    for (const [slot, count] of clipped.entries()) this.#clipped[slot] = (this.#clipped[slot] ?? 0) + count;
    const { fillValue } = this.#level;
    const before = this.#planes;
    this.#planes += partShape[1];
    if (this.#pieces === undefined && isUniform(made.pixels, fillValue)) return true;
    if (!(await this.#begin(before))) return false;
    return await this.#pieces!.add({ pixels: made.pixels, shape: made.shapeCzyx, partShape, fillValue });
  }

  /** Adds the planes that are still missing: those beyond the image. @returns as {@link add} */
  async end(): Promise<boolean> {
    if (this.#pieces === undefined) return true;
    if (!(await this.#addBlank(this.#level.chunkShapeCzyx[1] - this.#planes))) return false;
    this.#encoded = await this.#pieces.end();
    return true;
  }

  async putInPlace(): Promise<void> {
    await this.#writer?.finish(this.#encoded?.start);
    this.#writer = undefined;
    this.#how.note(this.#encoded?.byteCount ?? 0, this.#clipped);
  }

  /** Removes what was written; does nothing to a chunk in its place. */
  async discard(): Promise<void> {
    await this.#writer?.discard();
    this.#writer = undefined;
  }

  /** @param blankPlanes the planes before, of which nothing is written yet */
  async #begin(blankPlanes: number): Promise<boolean> {
    if (this.#pieces !== undefined) return true;
    const { buffer, isStored } = this.#how;
    const writer = this.#store.beginAfterStart!(this.#key, startBytesWith(buffer.length));
    this.#writer = writer;
    this.#pieces = await EncodedPieces.begin(this.#level.array.metadata, buffer, writer.append, isStored);
    return await this.#addBlank(blankPlanes);
  }

  async #addBlank(planes: number): Promise<boolean> {
    if (planes === 0) return true;
    const { type, fillValue, chunkShapeCzyx } = this.#level;
    const [channels, , rows, columns] = chunkShapeCzyx;
    const partShape = [channels, planes, rows, columns];
    return await this.#pieces!.add({ pixels: allocatePixels(type, 0), shape: [0, 0, 0, 0], partShape, fillValue });
  }
}
