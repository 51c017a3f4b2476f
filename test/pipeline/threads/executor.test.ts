import { describe, expect, it } from "vitest";
import type { Block } from "../../../src/pipeline/blocks/units.ts";
import { type MapHooks, map, type Team, type Threads } from "../../../src/pipeline/threads/executor.ts";
import type { Job } from "../../../src/pipeline/threads/tasks.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";

const job = { purpose: { kind: "compare" } } as Job<"blocks">;
const blockOf = (index: number) => ({ index }) as Block;
const roundOf = (...indices: number[]) => indices.map(blockOf);

/** Threads that take a while for each item; what happens to them is told in `events`. */
function threadsThat(work: (index: number) => Promise<void>): { threads: Threads; events: string[] } {
  const events: string[] = [];
  const threads: Threads = {
    hold: async (count) => void events.push(`hold ${count}`),
    async open(_, __, size) {
      events.push(`open ${size}`);
      const team = {
        size,
        work: async ({ index }: Block) => {
          events.push(`begin ${index}`);
          await work(index);
          events.push(`end ${index}`);
        },
        [Symbol.asyncDispose]: async () => void events.push("close"),
      };
      return team as unknown as Team<never>;
    },
  };
  return { threads, events };
}

const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 5));
const elsewhere = async (): Promise<never> => {
  throw new Error("nothing is opened in this thread");
};
const here: MapHooks<"blocks">["here"] = {
  openSource: elsewhere,
  openOutput: elsewhere,
  storeAt: () => new MemoryStore(),
};

describe("map", () => {
  it("begins a round when the one before is done, and ends the workers at last", async () => {
    const { threads, events } = threadsThat(pause);
    let done = 0;
    const onDone = () => void done++;
    await map({ threads }, "blocks", job, [roundOf(0, 1, 2), roundOf(3)], { threads: 2, here, onDone });
    expect(events.slice(0, 4)).toEqual(["hold 2", "open 2", "begin 0", "begin 1"]);
    expect(events.indexOf("begin 3")).toBeGreaterThan(events.indexOf("end 2"));
    expect(events.slice(-2)).toEqual(["end 3", "close"]);
    expect(done).toBe(4);
  });

  it("begins nothing more after an error, and ends the workers when those under way are done", async () => {
    const { threads, events } = threadsThat(async (index) => {
      if (index === 0) throw new Error("broken");
      await pause();
    });
    const failing = map({ threads }, "blocks", job, [roundOf(0, 1, 2, 3)], { threads: 2, here });
    await expect(failing).rejects.toThrow("broken");
    expect(events.filter((event) => event.startsWith("begin"))).toEqual(["begin 0", "begin 1"]);
    expect(events.slice(-2)).toEqual(["end 1", "close"]);
  });

  it("begins nothing more when it is told to stop", async () => {
    const controller = new AbortController();
    const { threads, events } = threadsThat(async () => controller.abort());
    const { signal } = controller;
    const stopped = map({ threads }, "blocks", job, [roundOf(0, 1)], { threads: 1, here, signal });
    await expect(stopped).rejects.toMatchObject({ kind: "interrupted" });
    expect(events).toEqual(["hold 1", "open 1", "begin 0", "end 0", "close"]);
  });

  it("works in this thread where none is asked for or there are none, and ends those that wait", async () => {
    const { threads, events } = threadsThat(pause);
    const inThisThread = expect.objectContaining({ message: "nothing is opened in this thread" });
    await expect(map({ threads }, "blocks", job, [], { threads: 0, here })).rejects.toEqual(inThisThread);
    expect(events).toEqual(["hold 0"]);
    await expect(map({}, "blocks", job, [], { threads: 2, here })).rejects.toEqual(inThisThread);
  });
});
