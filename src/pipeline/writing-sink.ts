import type { Level } from "../acquisition/level.ts";
import { type Czyx, elementCount, type PixelArray } from "../shapes.ts";
import { ShardWriter } from "../zarr/shard-writer.ts";
import type { ObjectStore } from "../zarr/store.ts";
import { isUniform } from "../zarr/uniform.ts";
import type { ChunkSink } from "./block-runner.ts";
import type { ChunkMemory } from "./chunk-memory.ts";
import type { JournalWriter } from "./journal.ts";
import { chunkGrid, chunksPerObject, objectOfChunk } from "./plan.ts";

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

  async put(index: number, chunk: Czyx, pixels: PixelArray, clipped: readonly number[]): Promise<void> {
    const level = this.levels[index]!;
    const stored = isUniform(pixels, level.fillValue) ? undefined : pixels;
    if (level.array.metadata.shardShape !== undefined) return this.putIntoShard(index, chunk, stored, clipped);
    if (stored !== undefined) await level.writeChunk(this.store, chunk, stored, this.memory.encoded(level));
    await this.journal.add({ image: this.image, level: index, object: chunk, clipped });
  }

  private async putIntoShard(
    index: number,
    chunk: Czyx,
    pixels: PixelArray | undefined,
    clipped: readonly number[],
  ): Promise<void> {
    const level = this.levels[index]!;
    const object = objectOfChunk(level, chunk);
    const key = `${index}/${object.join("/")}`;
    const shard = this.openShards.get(key) ?? this.openShard(level, object);
    this.openShards.set(key, shard);
    await shard.writer.put(level.arrayCoordinates(chunk), pixels, this.memory.encoded(level));
    const firstCount = (chunk[0] % chunksPerObject(level)[0]) * clipped.length;
    for (const [i, count] of clipped.entries())
      shard.clipped[firstCount + i] = (shard.clipped[firstCount + i] ?? 0) + count;
    shard.left--;
    if (shard.left > 0) return;
    this.openShards.delete(key);
    await shard.writer.finish();
    await this.journal.add({ image: this.image, level: index, object, clipped: shard.clipped });
  }

  async giveUp(): Promise<void> {
    const open = [...this.openShards.values()];
    this.openShards.clear();
    await Promise.all(open.map(({ writer }) => writer.discard().catch(() => undefined)));
  }

  private openShard(level: Level, object: Czyx): OpenShard {
    const grid = chunkGrid(level);
    const per = chunksPerObject(level);
    const inside = object.map((place, axis) => Math.min(per[axis]!, grid[axis]! - place * per[axis]!));
    const writer = new ShardWriter(this.store, level.array, level.arrayCoordinates(object));
    return { writer, left: elementCount(inside), clipped: [] };
  }
}
