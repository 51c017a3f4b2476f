/** What happens to finished chunks: they are written into the output. */
import type { Level } from "../../acquisition/level.ts";
import { type Czyx, elementCount, type PixelArray } from "../../shapes.ts";
import { EncodedPieces, isUniform } from "../../zarr/chunk-pixels.ts";
import { startBytesWith } from "../../zarr/codecs/blosc-pieces.ts";
import type { ObjectStore } from "../../zarr/store.ts";
import type { JournalWriter } from "../record/journal.ts";
import type { ChunkSink } from "./block-parts.ts";
import { ChunkInParts } from "./chunk-in-parts.ts";
import type { ChunkMemory } from "./chunk-memory.ts";
import type { MadePixels } from "./correct-chunk.ts";
import { OutputObjects } from "./output-objects.ts";
import { comesInParts } from "./slab-plan.ts";

/** Writes finished chunks into the output. Chunks of nothing but the fill value are left out, as zarr-python does. */
export class WritingSink implements ChunkSink {
  private readonly levels: readonly Level[];
  private readonly store: ObjectStore;
  private readonly objects: OutputObjects;
  private readonly memory: ChunkMemory;
  private writing: Promise<void> | undefined;

  /** @param image index of the image of the output that the levels belong to */
  constructor(
    levels: readonly Level[],
    store: ObjectStore,
    journal: JournalWriter,
    image: number,
    memory: ChunkMemory,
  ) {
    this.levels = levels;
    this.store = store;
    this.objects = new OutputObjects(levels, store, journal, image);
    this.memory = memory;
  }

  /**
   * Resolves when the chunk is encoded; it is written while the next one is made. A later call throws its write errors.
   */
  async put(index: number, chunk: Czyx, pixels: PixelArray, clipped: readonly number[]): Promise<void> {
    const level = this.levels[index]!;
    const isStored = !isUniform(pixels, level.fillValue);
    const whole = { pixels, shapeCzyx: level.chunkShapeCzyx };
    if (isStored && (await this.putInPieces(index, chunk, whole, clipped))) return;
    const bytes = isStored ? await level.array.encodeChunk(pixels, this.memory.outgoing(level)) : undefined;
    await this.written();
    const writing = this.objects.put({ level: index, chunk, bytes, clipped });
    // The next call that awaits it throws its error
    writing.catch(() => undefined);
    this.writing = writing;
    if (!this.memory.overlaps(level)) await this.written();
  }

  /** Returns when all that was put is in its place and noted. */
  async flush(): Promise<void> {
    await this.written();
    await this.objects.flush();
  }

  private async written(): Promise<void> {
    const { writing } = this;
    this.writing = undefined;
    await writing;
  }

  async putPart(index: number, chunk: Czyx, made: MadePixels): Promise<boolean> {
    const level = this.levels[index]!;
    const isPart = made.pixels.length < elementCount(level.chunkShapeCzyx);
    return isPart && !isUniform(made.pixels, level.fillValue) && (await this.putInPieces(index, chunk, made, []));
  }

  /**
   * Writes a large chunk while it is encoded, so that no more of its bytes is in memory than a few pieces.
   * @returns whether it did: not where a store or a codec cannot, or the chunk would not become smaller
   */
  private async putInPieces(
    index: number,
    chunk: Czyx,
    { pixels, shapeCzyx: shape }: MadePixels,
    clipped: readonly number[],
  ): Promise<boolean> {
    const level = this.levels[index]!;
    const { metadata } = level.array;
    if (!this.takesParts(index)) return false;
    const buffer = this.memory.outgoing(level);
    const writer = this.store.beginAfterStart!(level.chunkKey(chunk), startBytesWith(buffer.length));
    try {
      await this.written();
      const pieces = (await EncodedPieces.begin(metadata, buffer, writer.append))!;
      const part = { pixels, shape, partShape: level.chunkShapeCzyx, fillValue: level.fillValue };
      if (!(await pieces.add(part))) {
        await writer.discard();
        return false;
      }
      const encoded = await pieces.end();
      await writer.finish(encoded.start);
      this.objects.note(index, chunk, encoded.byteCount, clipped);
      return true;
    } catch (error) {
      await writer.discard().catch(() => undefined);
      throw error;
    }
  }

  takesParts(index: number, partLength?: number): boolean {
    return this.store.beginAfterStart !== undefined && comesInParts(this.levels[index]!.array.metadata, partLength);
  }

  beginParts(index: number, chunk: Czyx, buffer: Uint8Array, isStored: boolean): ChunkInParts {
    const note = (bytes: number, clipped: readonly number[]) => this.objects.note(index, chunk, bytes, clipped);
    return new ChunkInParts(this.levels[index]!, chunk, this.store, { buffer, isStored, note });
  }

  async giveUp(): Promise<void> {
    await this.flush().catch(() => undefined);
    await this.objects.discard();
  }
}
