/** What workers make of objects side by side comes together in one order, whoever is first. */
import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { EncodedChunk } from "../../../src/pipeline/blocks/block-parts.ts";
import type { OutputObjects } from "../../../src/pipeline/blocks/output-objects.ts";
import { PartsInOrder } from "../../../src/pipeline/run/parts-in-order.ts";

const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/** Parts of one chunk each, which is named by their number. */
function partsOf(count: number, mostAhead: number, put: (part: number) => Promise<void>, signal?: AbortSignal) {
  const events: string[] = [];
  const objects = {
    put: async ({ level }: EncodedChunk) => put(level),
    flush: async () => void events.push("flush"),
    discard: async () => void events.push("discard"),
  };
  const order = new PartsInOrder(() => objects as unknown as OutputObjects, mostAhead, signal);
  const parts = { chunks: 1, ofBlocks: [count], bytes: 0 };
  const pass = { image: 0, baseLevel: 0, topLevel: 0, blocksCzyx: [1, 1, 1, 1] as const, blockCount: 1, parts };
  const blocks = [...order.divided([{ pass, index: 0 }])];
  const take = (part: number) => {
    const chunk: EncodedChunk = { level: part, chunk: [0, 0, 0, 0], bytes: undefined, clipped: [] };
    return order.take(blocks[part]!, { image: 0, absent: [], chunks: [chunk] });
  };
  return { order, take, events };
}

it("they are written in the order in which they were given out", async () => {
  const permutation = fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 });
  await fc.assert(
    fc.asyncProperty(permutation, async (turns) => {
      const written: number[] = [];
      const { order, take } = partsOf(6, 6, async (part) => {
        await pause();
        written.push(part);
      });
      await Promise.all(turns.map(take));
      await order.flush();
      expect(written).toEqual([0, 1, 2, 3, 4, 5]);
    }),
    { numRuns: 20 },
  );
});

it("who is far ahead waits until what comes before is written", async () => {
  const { order, take } = partsOf(4, 2, async () => undefined);
  const done: number[] = [];
  const taken = [1, 2, 3].map((part) => take(part).then(() => done.push(part)));
  await pause();
  expect(done).toEqual([1]);
  await take(0);
  await Promise.all(taken);
  await order.flush();
  expect(done).toEqual([1, 2, 3]);
});

it("who waits for a part that fails, or is never made, waits no longer", async () => {
  const failing = partsOf(3, 1, async () => {
    throw new Error("full");
  });
  const later = expect(failing.take(2)).rejects.toThrow("full");
  await expect(failing.take(0).then(() => failing.order.flush())).rejects.toThrow("full");
  await later;
  await failing.order.giveUp();
  expect(failing.events).toEqual(["flush", "discard"]);

  const lost = partsOf(3, 1, async () => undefined);
  const waiting = expect(lost.take(2)).rejects.toThrow("lost");
  lost.order.fail(new Error("lost"));
  await waiting;

  const controller = new AbortController();
  const stopped = partsOf(3, 1, async () => undefined, controller.signal);
  const stopping = expect(stopped.take(2)).rejects.toMatchObject({ kind: "interrupted" });
  controller.abort();
  await stopping;
});
