/** Puts encoded chunks into the objects of an output, and notes these when they are complete. */
import type { Level } from "../../acquisition/level.ts";
import { type Czyx, elementCount } from "../../shapes.ts";
import { ShardWriter } from "../../zarr/shards/shard-writer.ts";
import type { ObjectStore } from "../../zarr/store.ts";
import { chunkGrid, chunksPerObject, objectOfChunk } from "../output/level-geometry.ts";
import type { JournalEntry, JournalWriter } from "../record/journal.ts";
import type { EncodedChunk } from "./block-parts.ts";

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
 * Writes the objects of an image, and notes in the journal which are complete, a chunk at once, a shard when its last
 * chunk has come; in the journal is only what would outlast a power cut. The disk is waited for now and then, for many
 * objects together.
 */
export class OutputObjects {
  readonly #levels: readonly Level[];
  readonly #store: ObjectStore;
  readonly #journal: JournalWriter;
  readonly #image: number;
  readonly #openShards = new Map<string, OpenShard>();
  #unnoted: JournalEntry[] = [];
  #noting: Promise<void> = Promise.resolve();
  #notedAt = performance.now();

  /** @param image index of the image of the output that the levels belong to */
  constructor(levels: readonly Level[], store: ObjectStore, journal: JournalWriter, image: number) {
    this.#levels = levels;
    this.#store = store;
    this.#journal = journal;
    this.#image = image;
  }

  /** Returns when the chunk is written. Its bytes must not change until then. */
  async put({ level: index, chunk, bytes, clipped }: EncodedChunk): Promise<void> {
    const level = this.#levels[index]!;
    if (level.array.metadata.shardShape !== undefined) return await this.#putIntoShard(index, chunk, bytes, clipped);
    if (bytes !== undefined) await this.#store.set(level.chunkKey(chunk), bytes);
    this.note(index, chunk, bytes?.length ?? 0, clipped);
  }

  /** Takes note of an object that is in its place. */
  note(level: number, object: Czyx, bytes: number, clipped: readonly number[]): void {
    this.#unnoted.push({ image: this.#image, level, object, bytes, clipped: [...clipped] });
    if (performance.now() - this.#notedAt > noteEveryMs) this.#beginNoting();
  }

  /** Returns when all complete objects are in the journal. */
  async flush(): Promise<void> {
    this.#beginNoting();
    await this.#noting;
  }

  /** Removes what is not complete. */
  async discard(): Promise<void> {
    const open = [...this.#openShards.values()];
    this.#openShards.clear();
    await Promise.all(open.map(({ writer }) => writer.discard().catch(() => undefined)));
  }

  /** Begins to note what is in its place; waiting for all notes fails where one failed. */
  #beginNoting(): void {
    const entries = this.#unnoted;
    this.#unnoted = [];
    this.#notedAt = performance.now();
    this.#noting = this.#noting.then(async () => {
      if (entries.length === 0) return;
      await this.#store.sync?.();
      await this.#journal.add(entries);
    });
    this.#noting.catch(() => undefined);
  }

  async #putIntoShard(
    index: number,
    chunk: Czyx,
    bytes: Uint8Array | undefined,
    clipped: readonly number[],
  ): Promise<void> {
    const level = this.#levels[index]!;
    const object = objectOfChunk(level, chunk);
    const key = `${index}/${object.join("/")}`;
    const shard = this.#openShards.get(key) ?? this.#openShard(level, object);
    this.#openShards.set(key, shard);
    await shard.writer.putEncoded(level.chunkCoordinates(chunk), bytes);
    const firstCount = (chunk[0] % chunksPerObject(level)[0]) * clipped.length;
    for (const [i, count] of clipped.entries())
      shard.clipped[firstCount + i] = (shard.clipped[firstCount + i] ?? 0) + count;
    shard.left--;
    if (shard.left > 0) return;
    this.#openShards.delete(key);
    const shardBytes = await shard.writer.finish();
    this.note(index, object, shardBytes, shard.clipped);
  }

  #openShard(level: Level, object: Czyx): OpenShard {
    const grid = chunkGrid(level);
    const per = chunksPerObject(level);
    const inside = object.map((place, axis) => Math.min(per[axis]!, grid[axis]! - place * per[axis]!));
    const writer = new ShardWriter(this.#store, level.array, level.objectCoordinates(object));
    return { writer, left: elementCount(inside), clipped: [] };
  }
}
