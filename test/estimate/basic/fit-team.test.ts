import { describe, expect, it } from "vitest";
import { type BasicFit, fitBasic } from "../../../src/estimate/basic/fit.ts";
import type { FitThreads } from "../../../src/estimate/basic/fit-team.ts";
import { fitThreads } from "../../../src/estimate/basic/fit-threads-node.ts";
import { basicDefaults } from "../../../src/estimate/basic/parameters.ts";
import { KernelMemory } from "../../../src/kernels/kernel-memory.ts";
import { loadSharedKernels } from "../../../src/kernels/load-kernels.ts";
import { bytesOf } from "../../support/kernel-arrays.ts";

const helper = new URL("../../../dist/estimate/basic/fit-helper-node.js", import.meta.url);

/** Planes with shading, noise and bright spots, large enough to be shared. */
function stackOf(planeCount: number) {
  const shapeYx = [110, 130] as const;
  let state = 7;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const pixels = Float32Array.from({ length: planeCount * shapeYx[0] * shapeYx[1] }, (_, i) => {
    const [y, x] = [Math.floor(i / shapeYx[1]) % shapeYx[0], i % shapeYx[1]];
    const light = 1 + 0.4 * Math.sin(x / 60) * Math.cos(y / 45);
    const plane = Math.floor(i / (shapeYx[0] * shapeYx[1]));
    return 90 + light * (400 + 15 * (plane % 11) + 60 * random() + (random() < 0.02 ? 900 : 0));
  });
  return { pixels, planeCount, shapeYx };
}

/** Without a dark-field the fits are two. */
const short = { ...basicDefaults, getDarkfield: false };

const numbersOf = ({ flatfield, darkfield, baselines }: BasicFit) => [flatfield, darkfield, baselines].map(bytesOf);

/** Threads whose starts and stops are counted. */
function counted(threads: FitThreads) {
  const counts = { started: 0, stopped: 0 };
  const start: FitThreads["start"] = (post) => {
    counts.started++;
    const thread = threads.start(post);
    return {
      get failure() {
        return thread.failure;
      },
      stop: async () => {
        await thread.stop();
        counts.stopped++;
      },
    };
  };
  return { threads: { count: threads.count, start }, counts };
}

describe("threads of a fit", () => {
  it.each([
    ["as a whole", 19, short, [2, 3]],
    ["by a sample", 75, short, [3]],
    ["sorted", 19, { ...short, sortIntensity: true }, [2]],
    ["resized", 75, { ...short, workingSizeYx: [60, 64] }, [3]],
  ] as const)("give the very bits that one gives: planes fitted %s", async (_, planeCount, parameters, counts) => {
    const stack = stackOf(planeCount);
    const alone = await fitBasic(stack, parameters);
    for (const count of counts) {
      const { threads, counts: seen } = counted(fitThreads(count, helper));
      const together = await fitBasic(stack, parameters, { threads });
      expect(seen).toEqual({ started: count - 1, stopped: count - 1 });
      expect(together.innerIterations).toEqual(alone.innerIterations);
      expect(numbersOf(together)).toEqual(numbersOf(alone));
    }
  });

  it("take no part in a fit that is too small for them", async () => {
    const { threads, counts } = counted(fitThreads(4, helper));
    const { pixels, shapeYx } = stackOf(3);
    await fitBasic({ pixels, planeCount: 3, shapeYx }, short, { threads });
    expect(counts.started).toBe(0);
  });

  it("are not waited for unless they have taken something", async () => {
    const idle: FitThreads = { count: 2, start: () => ({ failure: undefined, stop: async () => {} }) };
    const stack = stackOf(19);
    const together = await fitBasic(stack, short, { threads: idle });
    expect(numbersOf(together)).toEqual(numbersOf(await fitBasic(stack, short)));
  });

  it("end the fit with an error when one of them dies, and all are stopped", async () => {
    const dying = new URL("./dying-helper.mjs", import.meta.url);
    const { threads, counts } = counted(fitThreads(2, dying));
    await expect(fitBasic(stackOf(75), basicDefaults, { threads })).rejects.toMatchObject({
      kind: "estimation",
      what: "A thread of the BaSiC fit ended unexpectedly",
      found: "exit code 3",
    });
    expect(counts).toEqual({ started: 1, stopped: 1 });
  });

  it("are stopped when the fit is interrupted", async () => {
    const { threads, counts } = counted(fitThreads(3, helper));
    const signal = AbortSignal.timeout(150);
    await expect(fitBasic(stackOf(75), basicDefaults, { threads, signal })).rejects.toMatchObject({
      kind: "interrupted",
    });
    expect(counts).toEqual({ started: 2, stopped: 2 });
  });

  it("share a memory in which arrays and kernels are as in any other", async () => {
    expect(await loadSharedKernels()).toBe(true);
    const memory = KernelMemory.openShared(1000)!;
    expect(memory.floats(10)!.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(memory.shared?.memory.buffer).toBe(memory.doubles(2)!.buffer);
    expect(KernelMemory.open(1000)!.shared).toBeUndefined();
  });
});
