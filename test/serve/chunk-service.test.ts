import { describe, expect, it } from "vitest";
import type { ChunkOrder, MadeChunk, PlacedOrder } from "../../src/pipeline/blocks/chunk-maker.ts";
import { ChunkService } from "../../src/serve/chunk-service.ts";

const order = (x: number): ChunkOrder => ({ level: 0, chunk: [0, 0, 0, x], isRaw: false });

/** Workers whose chunks are finished by the test. */
class Bench {
  readonly begun: number[] = [];
  readonly buffers: { readonly memory: ArrayBuffer; readonly bufferBytes: number };
  private readonly ends = new Map<number, (made: MadeChunk | Error) => void>();
  readonly workers = {
    size: 2,
    work: ({ chunk, buffer }: PlacedOrder) => {
      this.begun.push(chunk[3]);
      return new Promise<MadeChunk>((resolve, reject) => {
        const { memory, bufferBytes } = this.buffers;
        this.ends.set(chunk[3], (made) => {
          new Uint8Array(memory, buffer * bufferBytes, bufferBytes).fill(chunk[3]);
          made instanceof Error ? reject(made) : resolve(made);
        });
      });
    },
  };

  constructor(buffers: number) {
    this.buffers = { memory: new ArrayBuffer(1000 * buffers), bufferBytes: 1000 };
  }

  finish(x: number, made: MadeChunk | Error): void {
    this.ends.get(x)!(made);
  }

  async end(x: number, made: MadeChunk | Error = { kind: "made", length: 900 }): Promise<void> {
    this.finish(x, made);
    await new Promise((resolve) => setTimeout(resolve));
  }
}

function service(buffers = 1000, waiting = 100) {
  const bench = new Bench(buffers);
  return { bench, chunks: new ChunkService(bench.workers, bench.buffers, waiting) };
}

describe("a service of chunks", () => {
  it("makes a chunk once for all who wait, and keeps it for the next", async () => {
    const { bench, chunks } = service();
    const readers = [chunks.chunk(order(1)), chunks.chunk(order(1))];
    await bench.end(1);
    for (const { bytes } of await Promise.all(readers)) expect(bytes).toEqual(new Uint8Array(900).fill(1));
    expect((await chunks.chunk(order(1))).bytes?.length).toBe(900);
    expect(bench.begun).toEqual([1]);
  });

  it("does not begin what nobody waits for any more", async () => {
    const { bench, chunks } = service();
    const gone = new AbortController();
    const all = [0, 1, 2, 3].map((x) => chunks.chunk(order(x), x === 2 ? gone.signal : undefined));
    all[2]!.catch(() => undefined);
    gone.abort();
    await expect(all[2]).rejects.toThrow("interrupted");
    await bench.end(0);
    expect(bench.begun).toEqual([0, 1, 3]);
    expect(chunks.begun).toBe(3);
    await expect(chunks.chunk(order(9), gone.signal)).rejects.toThrow("interrupted");
  });

  it("goes on for others where one of those who wait is gone", async () => {
    const { bench, chunks } = service();
    const gone = new AbortController();
    const [leaving, staying] = [chunks.chunk(order(1), gone.signal), chunks.chunk(order(1))];
    gone.abort();
    await expect(leaving).rejects.toThrow("interrupted");
    await bench.end(1);
    expect((await staying).bytes?.length).toBe(900);
  });

  it("holds no more than its memory: what is read first, then what was read last", async () => {
    const { bench, chunks } = service(2);
    const first = await Promise.all([chunks.chunk(order(0)), chunks.chunk(order(1)), bench.end(0), bench.end(1)]);
    const third = chunks.chunk(order(2));
    await new Promise((resolve) => setTimeout(resolve));
    expect(bench.begun).toEqual([0, 1]);
    first[0].release();
    first[0].release();
    expect(bench.begun).toEqual([0, 1, 2]);
    await bench.end(2);
    await third;
    // The second is held still, the first made buffer
    expect((await chunks.chunk(order(1))).bytes?.[0]).toBe(1);
    const again = chunks.chunk(order(0));
    first[1].release();
    expect(bench.begun).toEqual([0, 1, 2]);
    (await third).release();
    await bench.end(0);
    expect((await again).bytes?.[0]).toBe(0);
  });

  it("takes no buffer for chunks that are not stored, and remembers some thousand of them", async () => {
    const { bench, chunks } = service(2);
    for (let x = 0; x < 10_050; x++) {
      const chunk = chunks.chunk(order(x));
      bench.finish(x, { kind: "absent" });
      (await chunk).release();
    }
    expect((await chunks.chunk(order(10_049))).bytes).toBeUndefined();
    expect(bench.begun.length).toBe(10_050);
    void chunks.chunk(order(0));
    expect(bench.begun.length).toBe(10_051);
  });

  it("refuses more than can wait", async () => {
    const { chunks } = service(1000, 3);
    for (const x of [0, 1, 2]) void chunks.chunk(order(x));
    await expect(chunks.chunk(order(3))).rejects.toMatchObject({ kind: "memory" });
  });

  it("tells what went wrong, and tries again when it is asked again", async () => {
    const { bench, chunks } = service();
    const failing = [chunks.chunk(order(0)), chunks.chunk(order(1))];
    for (const one of failing) one.catch(() => undefined);
    await bench.end(0, { kind: "failed", fault: { kind: "corrupt", what: "A chunk is damaged" } });
    await bench.end(1, new Error("a thread died"));
    await expect(failing[0]).rejects.toMatchObject({ kind: "corrupt" });
    await expect(failing[1]).rejects.toThrow("a thread died");
    const again = chunks.chunk(order(0));
    await bench.end(0, { kind: "absent" });
    expect((await again).bytes).toBeUndefined();
    expect(bench.begun).toEqual([0, 1, 0]);
  });
});
