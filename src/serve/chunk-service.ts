/** Makes the chunks that are asked for, each once for all who wait for it, within a budget of memory. */
import { IsoluxError, interruption } from "../errors.ts";
import type { ChunkBuffers, ChunkOrder, MadeChunk, PlacedOrder } from "../pipeline/blocks/chunk-maker.ts";

/** Workers that make chunks; an error ends the worker that throws it. */
export interface ChunkWorkers {
  readonly size: number;
  work(order: PlacedOrder): Promise<MadeChunk>;
}

/** A chunk in use: its bytes stay until it is released. */
export interface HeldChunk {
  /** `undefined` where all pixels have the fill value: such chunks are not stored. */
  readonly bytes: Uint8Array | undefined;
  release(): void;
}

/** Number of chunks remembered as not stored, beside those in buffers. */
const mostAbsent = 10_000;

/** A chunk that is wanted, in the making, or made. */
interface Entry {
  readonly order: ChunkOrder;
  readonly readers: Set<Reader>;
  /** Where it is put, once it was begun. */
  buffer?: number;
  made?: Uint8Array | "absent";
  /** How many hold its bytes. */
  holders: number;
}

interface Reader {
  resolve(chunk: HeldChunk): void;
  reject(error: unknown): void;
}

/**
 * A queue of chunks to make, and a cache of those that were made. What is no longer waited for is not begun. Chunks that
 * were not read for the longest time are replaced by others; where readers hold all buffers, the others wait.
 */
export class ChunkService {
  private readonly workers: ChunkWorkers;
  private readonly buffers: ChunkBuffers;
  private readonly mostWaiting: number;
  /** By what was ordered; those that are made in the order of their last use. */
  private readonly entries = new Map<string, Entry>();
  private readonly queue = new Set<string>();
  private readonly freeBuffers: number[];
  private waiting = 0;
  private busy = 0;
  private absent = 0;
  /** How many chunks were begun: what was aborted in time is not among them. */
  begun = 0;

  /** @param buffers of which all are free; the workers put chunks there */
  constructor(workers: ChunkWorkers, buffers: ChunkBuffers, waiting: number) {
    this.workers = workers;
    this.buffers = buffers;
    this.mostWaiting = waiting;
    const count = Math.floor(buffers.memory.byteLength / buffers.bufferBytes);
    // Those that were used already are taken first: memory that was never touched costs nothing
    this.freeBuffers = Array.from({ length: count }, (_, at) => count - 1 - at);
  }

  /**
   * A chunk, made now or before.
   * @param signal takes the request back
   * @throws IsoluxError `memory` where too many wait already, `interrupted`, and as the making of chunks does
   */
  async chunk(order: ChunkOrder, signal?: AbortSignal): Promise<HeldChunk> {
    const key = `${order.isRaw} ${order.level} ${order.chunk.join(" ")}`;
    const entry = this.entries.get(key);
    if (entry?.made !== undefined) return this.hold(key, entry);
    if (signal?.aborted) throw interruption();
    if (this.waiting >= this.mostWaiting) throw tooMany(this.waiting);
    return this.wait(key, entry ?? this.enqueue(key, order), signal);
  }

  private enqueue(key: string, order: ChunkOrder): Entry {
    const entry: Entry = { order, readers: new Set(), holders: 0 };
    this.entries.set(key, entry);
    this.queue.add(key);
    return entry;
  }

  private async wait(key: string, entry: Entry, signal: AbortSignal | undefined): Promise<HeldChunk> {
    this.waiting++;
    let reader: Reader | undefined;
    const leave = () => {
      entry.readers.delete(reader!);
      if (entry.readers.size === 0 && entry.buffer === undefined) this.forget(key);
      reader!.reject(interruption());
    };
    try {
      const chunk = new Promise<HeldChunk>((resolve, reject) => {
        reader = { resolve, reject };
        entry.readers.add(reader);
      });
      signal?.addEventListener("abort", leave, { once: true });
      this.begin();
      return await chunk;
    } finally {
      this.waiting--;
      signal?.removeEventListener("abort", leave);
    }
  }

  /** Begins what can be begun: in the order of the requests, as far as workers and memory allow. */
  private begin(): void {
    for (const key of this.queue) {
      if (this.busy >= this.workers.size) return;
      const buffer = this.takeBuffer();
      if (buffer === undefined) return;
      this.queue.delete(key);
      const entry = this.entries.get(key)!;
      entry.buffer = buffer;
      this.begun++;
      this.busy++;
      void this.make(key, entry, buffer);
    }
  }

  private async make(key: string, entry: Entry, buffer: number): Promise<void> {
    try {
      const made = await this.workers.work({ ...entry.order, buffer });
      if (made.kind === "failed") this.fail(key, entry, buffer, new IsoluxError(made.fault));
      else this.finish(key, entry, buffer, made);
    } catch (error) {
      this.fail(key, entry, buffer, error);
    } finally {
      this.busy--;
      this.begin();
    }
  }

  private finish(key: string, entry: Entry, buffer: number, made: Exclude<MadeChunk, { kind: "failed" }>): void {
    if (made.kind === "made") {
      const { memory, bufferBytes } = this.buffers;
      entry.made = new Uint8Array(memory, buffer * bufferBytes, made.length);
    } else {
      entry.made = "absent";
      this.freeBuffers.push(buffer);
      this.absent++;
      if (this.absent > mostAbsent) this.forgetOldest("absent");
    }
    for (const reader of entry.readers) reader.resolve(this.hold(key, entry));
    entry.readers.clear();
  }

  private fail(key: string, entry: Entry, buffer: number, error: unknown): void {
    this.entries.delete(key);
    this.freeBuffers.push(buffer);
    for (const reader of entry.readers) reader.reject(error);
    entry.readers.clear();
  }

  private hold(key: string, entry: Entry): HeldChunk {
    // The last in the order of use
    this.entries.delete(key);
    this.entries.set(key, entry);
    entry.holders++;
    let isHeld = true;
    const release = () => {
      if (!isHeld) return;
      isHeld = false;
      entry.holders--;
      this.begin();
    };
    return { bytes: entry.made === "absent" ? undefined : entry.made, release };
  }

  /** A buffer that is free, or that of the chunk which was not read for the longest time. */
  private takeBuffer(): number | undefined {
    return this.freeBuffers.pop() ?? this.forgetOldest("stored")?.buffer;
  }

  /** Forgets the chunk that was read before all others, unless it is held. */
  private forgetOldest(kind: "stored" | "absent"): Entry | undefined {
    for (const [key, entry] of this.entries) {
      if (entry.made === undefined || entry.holders > 0 || (entry.made === "absent") !== (kind === "absent")) continue;
      this.entries.delete(key);
      if (kind === "absent") this.absent--;
      return entry;
    }
    return undefined;
  }

  private forget(key: string): void {
    this.queue.delete(key);
    this.entries.delete(key);
  }
}

function tooMany(waiting: number): IsoluxError {
  return new IsoluxError({
    kind: "memory",
    what: "Too many requests are waiting",
    found: `${waiting} requests that wait already`,
    advice: "Ask again in a moment",
  });
}
