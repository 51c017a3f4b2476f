/** Puts the chunks of parts, which workers make side by side, into their objects in one order. */
import { interruption } from "../../errors.ts";
import type { BlockCounts } from "../blocks/block-maker.ts";
import type { OutputObjects } from "../blocks/output-objects.ts";
import type { Block } from "../blocks/units.ts";

/** When the chunks of a part are in their objects. */
interface Turn {
  readonly order: number;
  readonly written: Promise<void>;
  readonly end: (error?: unknown) => void;
}

/**
 * The parts of blocks in the order in which they are given out, in which one worker alone would make them: so the bytes
 * of shards are the same for any number of workers. A worker that is ahead waits.
 */
export class PartsInOrder {
  readonly #openObjects: (image: number) => OutputObjects;
  readonly #mostAhead: number;
  readonly #objects = new Map<number, OutputObjects>();
  readonly #turns = new Map<Block, Turn>();
  /** Turns that have not ended, by their order. */
  readonly #open = new Map<number, Turn>();
  readonly #waiting = new Map<number, BlockCounts>();
  #given = 0;
  #next = 0;
  #writing: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;

  /** @param mostAhead parts that may wait to be written: one for each worker */
  constructor(openObjects: (image: number) => OutputObjects, mostAhead: number, signal?: AbortSignal) {
    this.#openObjects = openObjects;
    this.#mostAhead = mostAhead;
    signal?.addEventListener("abort", () => this.fail(interruption()), { once: true });
  }

  /** Blocks as workers get them: those of passes in parts divided into these, which get their turns. */
  *divided(blocks: Iterable<Block>): Generator<Block> {
    for (const block of blocks) {
      const { parts } = block.pass;
      if (parts === undefined) yield block;
      else for (let part = 0; part < parts.ofBlocks[block.index]!; part++) yield this.#giveTurn({ ...block, part });
    }
  }

  /** Takes what a worker made. @returns when the worker may make another part. @throws IsoluxError as writing does */
  async take(block: Block, made: BlockCounts): Promise<void> {
    const turn = this.#turns.get(block);
    if (turn === undefined) return;
    this.#turns.delete(block);
    this.#waiting.set(turn.order, made);
    this.#writeReady();
    await this.#open.get(turn.order - this.#mostAhead)?.written;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Returns when all that was taken is in its place and noted. */
  async flush(): Promise<void> {
    await this.#writing;
    for (const objects of this.#objects.values()) await objects.flush();
  }

  /** Ends the waiting of workers, where a part is not made. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    for (const turn of this.#open.values()) turn.end(error);
  }

  /** Notes what is complete, and removes what is not. */
  async giveUp(): Promise<void> {
    await this.#writing.catch(() => undefined);
    for (const objects of this.#objects.values()) {
      await objects.flush().catch(() => undefined);
      await objects.discard();
    }
  }

  #giveTurn(block: Block): Block {
    const order = this.#given++;
    let end: Turn["end"] = () => undefined;
    const written = new Promise<void>((resolve, reject) => {
      end = (error) => (error === undefined ? resolve() : reject(error));
    });
    written.catch(() => undefined);
    const turn = { order, written, end };
    this.#turns.set(block, turn);
    this.#open.set(order, turn);
    return block;
  }

  #writeReady(): void {
    for (let made = this.#waiting.get(this.#next); made !== undefined; made = this.#waiting.get(this.#next)) {
      const part = made;
      const turn = this.#open.get(this.#next)!;
      this.#waiting.delete(this.#next);
      this.#next++;
      this.#writing = this.#writing.then(() => this.#write(part));
      this.#writing.then(
        () => {
          this.#open.delete(turn.order);
          turn.end();
        },
        (error: unknown) => this.fail(error),
      );
    }
  }

  async #write({ image, chunks = [] }: BlockCounts): Promise<void> {
    const objects = this.#objects.get(image) ?? this.#openObjects(image);
    this.#objects.set(image, objects);
    for (const chunk of chunks) {
      await objects.put(chunk);
      free(chunk.bytes);
    }
  }
}

/** Releases a buffer at once, by transferring it to a port that is closed: to collect it as garbage takes much longer. */
function free(bytes: Uint8Array | undefined): void {
  if (!(bytes?.buffer instanceof ArrayBuffer)) return;
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(undefined, [bytes.buffer]);
  port1.close();
  port2.close();
}
