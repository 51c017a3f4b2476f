/** What happens to finished chunks: they are written into the output, or compared with it. */
import type { Level } from "../../acquisition/level.ts";
import { type Czyx, elementCount, type PixelArray } from "../../shapes.ts";
import { EncodedPieces, isUniform } from "../../zarr/chunk-pixels.ts";
import { startBytesWith } from "../../zarr/codecs/blosc-pieces.ts";
import { ShardWriter } from "../../zarr/shards/shard-writer.ts";
import type { ObjectStore } from "../../zarr/store.ts";
import { chunkGrid, chunksPerObject, objectOfChunk } from "../output/level-geometry.ts";
import type { JournalEntry, JournalWriter } from "../record/journal.ts";
import type { ChunkSink } from "./block-parts.ts";
import { ChunkInParts } from "./chunk-in-parts.ts";
import type { ChunkMemory } from "./chunk-memory.ts";
import type { MadePixels } from "./correct-chunk.ts";
import { comesInParts } from "./slab-plan.ts";

/** A shard that is not complete yet. */
interface OpenShard {
  readonly writer: ShardWriter;
  /** Chunks that are still missing. */
  left: number;
  readonly clipped: number[];
}

/** The longest time in milliseconds until a finished object is noted: a kill costs no more of the work. */
const noteEveryMs = 3000;

/**
 * Writes finished chunks into the output, and notes in the journal which objects are complete, a chunk at once, a shard
 * when its last chunk has come; in the journal is only what would outlast a power cut. The disk is waited for now and
 * then, for many objects together. Chunks of nothing but the fill value are left out, as zarr-python does.
 */
export class WritingSink implements ChunkSink {
  private readonly levels: readonly Level[];
  private readonly store: ObjectStore;
  private readonly journal: JournalWriter;
  private readonly image: number;
  private readonly memory: ChunkMemory;
  private writing: Promise<void> | undefined;
  private readonly openShards = new Map<string, OpenShard>();
  private unnoted: JournalEntry[] = [];
  private noting: Promise<void> = Promise.resolve();
  private notedAt = performance.now();

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
    this.journal = journal;
    this.image = image;
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
    const isSharded = level.array.metadata.shardShape !== undefined;
    const writing = isSharded
      ? this.putIntoShard(index, chunk, bytes, clipped)
      : this.write(index, chunk, bytes, clipped);
    // The next call that awaits it throws its error
    writing.catch(() => undefined);
    this.writing = writing;
    if (!this.memory.overlaps(level)) await this.written();
  }

  /** Returns when all that was put is in its place and noted. */
  async flush(): Promise<void> {
    await this.written();
    this.beginNoting();
    await this.noting;
  }

  private async written(): Promise<void> {
    const { writing } = this;
    this.writing = undefined;
    await writing;
  }

  /** Begins to note what is in its place; waiting for all notes fails where one failed. */
  private beginNoting(): void {
    const entries = this.unnoted;
    this.unnoted = [];
    this.notedAt = performance.now();
    this.noting = this.noting.then(async () => {
      if (entries.length === 0) return;
      await this.store.sync?.();
      await this.journal.add(entries);
    });
    this.noting.catch(() => undefined);
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
      this.note(index, chunk, encoded.byteCount, clipped);
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
    const note = (bytes: number, clipped: readonly number[]) => this.note(index, chunk, bytes, clipped);
    return new ChunkInParts(this.levels[index]!, chunk, this.store, { buffer, isStored, note });
  }

  private async write(
    index: number,
    object: Czyx,
    bytes: Uint8Array | undefined,
    clipped: readonly number[],
  ): Promise<void> {
    if (bytes !== undefined) await this.store.set(this.levels[index]!.chunkKey(object), bytes);
    this.note(index, object, bytes?.length ?? 0, clipped);
  }

  private note(level: number, object: Czyx, bytes: number, clipped: readonly number[]): void {
    this.unnoted.push({ image: this.image, level, object, bytes, clipped: [...clipped] });
    if (performance.now() - this.notedAt > noteEveryMs) this.beginNoting();
  }

  private async putIntoShard(
    index: number,
    chunk: Czyx,
    bytes: Uint8Array | undefined,
    clipped: readonly number[],
  ): Promise<void> {
    const level = this.levels[index]!;
    const object = objectOfChunk(level, chunk);
    const key = `${index}/${object.join("/")}`;
    const shard = this.openShards.get(key) ?? this.openShard(level, object);
    this.openShards.set(key, shard);
    await shard.writer.putEncoded(level.chunkCoordinates(chunk), bytes);
    const firstCount = (chunk[0] % chunksPerObject(level)[0]) * clipped.length;
    for (const [i, count] of clipped.entries())
      shard.clipped[firstCount + i] = (shard.clipped[firstCount + i] ?? 0) + count;
    shard.left--;
    if (shard.left > 0) return;
    this.openShards.delete(key);
    const shardBytes = await shard.writer.finish();
    this.note(index, object, shardBytes, shard.clipped);
  }

  async giveUp(): Promise<void> {
    await this.flush().catch(() => undefined);
    const open = [...this.openShards.values()];
    this.openShards.clear();
    await Promise.all(open.map(({ writer }) => writer.discard().catch(() => undefined)));
  }

  private openShard(level: Level, object: Czyx): OpenShard {
    const grid = chunkGrid(level);
    const per = chunksPerObject(level);
    const inside = object.map((place, axis) => Math.min(per[axis]!, grid[axis]! - place * per[axis]!));
    const writer = new ShardWriter(this.store, level.array, level.objectCoordinates(object));
    return { writer, left: elementCount(inside), clipped: [] };
  }
}
