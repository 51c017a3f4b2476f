/** Who is at work on an output: claims, signs of life, races, clocks that differ. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Claims } from "../../../src/pipeline/record/claims.ts";
import { Lease, LeaseReader } from "../../../src/pipeline/record/lease.ts";
import type { Platform } from "../../../src/pipeline/threads/platform.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";

const timing = { beatMs: 15_000, staleMs: 120_000 };
/** Processes of machines that cannot be asked. */
const remote = (processName: string): Platform => ({ availableWorkers: 1, processName, isRunning: () => undefined });

let store: MemoryStore;
/** What the clock of the file server is ahead of everybody's. */
let aheadMs: number;
const leases: Lease[] = [];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
  aheadMs = -500_000;
  store = new MemoryStore("memory:", () => Date.now() + aheadMs);
});
afterEach(() => {
  for (const lease of leases.splice(0)) lease.end();
  vi.useRealTimers();
});

const claimsOf = (processName: string, platform = remote(processName)) =>
  new Claims({ store, key: "w/claims" }, platform);

async function take(claims: Claims): Promise<Lease | string> {
  const taken = await claims.take();
  if (!(taken instanceof Lease)) return taken.process;
  leases.push(taken);
  return taken;
}

describe("a claim", () => {
  it("is held by one, whoever else asks, for as long as there are signs of life", async () => {
    const lease = (await take(claimsOf("a:1"))) as Lease;
    expect(lease).toBeInstanceOf(Lease);
    for (let minute = 0; minute < 10; minute++) {
      expect(await take(claimsOf("b:1"))).toBe("a:1");
      await vi.advanceTimersByTimeAsync(60_000);
    }
    expect((await claimsOf("b:1").holder())?.process).toBe("a:1");
    expect(lease.lost.aborted).toBe(false);
  });

  it("is given back", async () => {
    const claims = claimsOf("a:1");
    await claims.release((await take(claims)) as Lease);
    expect(await claimsOf("b:1").holder()).toBeUndefined();
    expect(await take(claimsOf("b:1"))).toBeInstanceOf(Lease);
  });

  it.each([-500_000, 0, 500_000])("of a dead machine is taken over, with a server's clock %i ms ahead", async (ms) => {
    aheadMs = ms;
    const dead = (await take(claimsOf("a:1"))) as Lease;
    dead.end();
    await vi.advanceTimersByTimeAsync(100_000);
    expect(await take(claimsOf("b:1"))).toBe("a:1");
    await vi.advanceTimersByTimeAsync(30_000);
    expect(await take(claimsOf("b:1"))).toBeInstanceOf(Lease);
  });

  it("of a dead process of the same machine is taken over at once", async () => {
    await take(claimsOf("a:1"));
    const knowing: Platform = { ...remote("a:2"), isRunning: (name) => name !== "a:1" };
    expect(await take(claimsOf("a:2", knowing))).toBeInstanceOf(Lease);
  });

  it("from before the machine was started is taken over as soon as its holder would have given signs", async () => {
    const dead = (await take(claimsOf("a:1"))) as Lease;
    dead.end();
    const started: Platform = { ...remote("a:2"), upSince: () => 30_000 };
    await vi.advanceTimersByTimeAsync(40_000);
    expect(await take(claimsOf("a:2", started))).toBe("a:1");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await take(claimsOf("b:2"))).toBe("a:1");
    expect(await take(claimsOf("a:2", started))).toBeInstanceOf(Lease);
  });

  it("from the future, as a clock was set back, is waited for: a living holder gives signs", async () => {
    vi.useRealTimers();
    const quick = (name: string): Platform => ({ ...remote(name), leaseTiming: { beatMs: 20, staleMs: 200 } });
    const lease = (await take(claimsOf("a:1", quick("a:1")))) as Lease;
    aheadMs -= 3_600_000;
    expect(await take(claimsOf("b:1", quick("b:1")))).toBe("a:1");
    lease.end();
    aheadMs -= 3_600_000;
    expect(await take(claimsOf("b:1", quick("b:1")))).toBeInstanceOf(Lease);
  });

  it("from long ago, as the clock was set forward, is waited for where its holder is known to run", async () => {
    vi.useRealTimers();
    const timing = { beatMs: 20, staleMs: 200 };
    const knowing = (name: string): Platform => ({ ...remote(name), isRunning: () => true, leaseTiming: timing });
    const lease = (await take(claimsOf("a:1", knowing("a:1")))) as Lease;
    aheadMs += 3_600_000;
    expect(await take(claimsOf("a:2", knowing("a:2")))).toBe("a:1");
    expect(lease.lost.aborted).toBe(false);
    lease.end();
    aheadMs += 3_600_000;
    expect(await take(claimsOf("a:2", knowing("a:2")))).toBeInstanceOf(Lease);
  });

  it("is taken over by one of many, time after time, and who slept through it finds out", async () => {
    const sleeper = (await take(claimsOf("a:0"))) as Lease;
    sleeper.end();
    for (let round = 1; round < 5; round++) {
      await vi.advanceTimersByTimeAsync(timing.staleMs + 1000);
      const racers = await Promise.all(Array.from({ length: 8 }, (_, i) => take(claimsOf(`r${round}:${i}`))));
      const winners = racers.filter((taken) => taken instanceof Lease);
      expect(winners).toHaveLength(1);
      expect(new Set(racers.filter((taken) => typeof taken === "string")).size).toBe(1);
      expect(await winners[0]!.beat()).toBe(true);
      winners[0]!.end();
    }
    expect(await sleeper.beat()).toBe(false);
    expect(sleeper.lost.aborted).toBe(true);
  });

  it("does not outlive the folder it is in", async () => {
    const lease = (await take(claimsOf("a:1"))) as Lease;
    await store.remove("w");
    await vi.advanceTimersByTimeAsync(timing.beatMs + 1);
    expect(lease.lost.aborted).toBe(true);
    expect(await store.list("w")).toEqual([]);
  });

  it("whose holder was killed before it had written its name holds nobody up", async () => {
    await store.create("w/claims/1.json", new Uint8Array());
    expect(await take(claimsOf("b:1"))).toBeInstanceOf(Lease);
  });
});

it("who may not write to the folder assesses leases by its own clock", async () => {
  aheadMs = 0;
  await take(claimsOf("a:1"));
  vi.spyOn(store, "set").mockRejectedValue(new Error("read only"));
  const reader = new LeaseReader({ store, key: "w" }, remote("b:1"));
  expect(await reader.read("w/claims/1.json")).toMatchObject({ isAlive: true });
});
