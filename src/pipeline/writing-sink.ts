import type { Level } from "../acquisition/level.ts";
import { type Czyx, elementCount, type PixelArray } from "../shapes.ts";
import { ShardWriter } from "../zarr/shard-writer.ts";
import type { ObjectStore } from "../zarr/store.ts";
import { isUniform } from "../zarr/uniform.ts";
import type { ChunkSink } from "./block-runner.ts";
import type { ChunkMemory } from "./chunk-memory.ts";
import type { JournalWriter } from "./journal.ts";
import { chunkGrid, chunksPerObject, objectOfChunk } from "./level-geometry.ts";

/** A shard in the making. */
interface OpenShard {
  readonly writer: ShardWriter;
  /** Chunks that are still to come. */
  left: number;
  readonly clipped: number[];
}

/**
 * Writes finished chunks into the output, and a line into the journal when an object is complete: a chunk at once, a
 * shard when its last chunk has come. Chunks of nothing but the fill value are left out, as zarr-python does.
 */
export class WritingSink implements ChunkSink {
  private readonly levels: readonly Level[];
  private readonly store: ObjectStore;
  private readonly journal: JournalWriter;
  private readonly image: number;
  private readonly memory: ChunkMemory;
  private writing: Promise<void> | undefined;
  private readonly openShards = new Map<string, OpenShard>();

  /** @param image which image of the output the levels are of */
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

  /** Returns when the chunk is encoded; it is written while the next one is made. Faults show in a later call. */
  async put(index: number, chunk: Czyx, pixels: PixelArray, clipped: readonly number[]): Promise<void> {
    const level = this.levels[index]!;
    const isStored = !isUniform(pixels, level.fillValue);
    const bytes = isStored ? await level.array.encodeChunk(pixels, this.memory.outgoing(level)) : undefined;
    await this.flush();
    const isSharded = level.array.metadata.shardShape !== undefined;
    const writing = isSharded
      ? this.putIntoShard(index, chunk, bytes, clipped)
      : this.write(index, chunk, bytes, clipped);
    // Whoever waits for it next is told of its failure
    writing.catch(() => undefined);
    this.writing = writing;
    if (!this.memory.overlaps(level)) await this.flush();
  }

  async flush(): Promise<void> {
    const { writing } = this;
    this.writing = undefined;
    await writing;
  }

  private async write(
    index: number,
    object: Czyx,
    bytes: Uint8Array | undefined,
    clipped: readonly number[],
  ): Promise<void> {
    if (bytes !== undefined) await this.store.set(this.levels[index]!.chunkKey(object), bytes);
    await this.journal.add({ image: this.image, level: index, object, bytes: bytes?.length ?? 0, clipped });
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
    await this.journal.add({ image: this.image, level: index, object, bytes: shardBytes, clipped: shard.clipped });
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
