import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IsoluxError } from "../../../src/errors.ts";
import {
  backOffMs,
  RequestLimit,
  retryAfterMs,
  type TryOutcome,
  withRetries,
} from "../../../src/zarr/remote/remote-client.ts";

const policy = { tries: 4, firstWaitMs: 8, longestWaitMs: 40 };
const giveUp = ({ reason, tries }: { reason: string; tries: number }) =>
  new IsoluxError({ kind: "storage", what: `${reason} x ${tries}` });

describe("withRetries", () => {
  const failing = (failures: number, waitMs?: number) => {
    const times: number[] = [];
    const attempt = async (): Promise<TryOutcome<string>> => {
      times.push(performance.now());
      if (times.length > failures) return { kind: "answered", value: "yes" };
      return { kind: "failed", reason: "no", waitMs };
    };
    return { times, attempt };
  };

  it("tries until there is an answer, and no more often than it may", async () => {
    const { times, attempt } = failing(3);
    expect(await withRetries(attempt, policy, giveUp)).toBe("yes");
    expect(times).toHaveLength(4);
    const hopeless = failing(4);
    await expect(withRetries(hopeless.attempt, policy, giveUp)).rejects.toThrow("no x 4");
    expect(hopeless.times).toHaveLength(4);
  });

  it("waits as long as the server asks for, within bounds", async () => {
    const patient = failing(1, 30);
    await withRetries(patient.attempt, policy, giveUp);
    expect(patient.times[1]! - patient.times[0]!).toBeGreaterThan(28);
    const endless = failing(1, 3_600_000);
    await withRetries(endless.attempt, policy, giveUp);
    expect(endless.times[1]! - endless.times[0]!).toBeLessThan(60_000);
  });

  it("does not try again what throws", async () => {
    let tries = 0;
    const attempt = async () => {
      tries++;
      throw new Error("a fault of our own");
    };
    await expect(withRetries(attempt, policy, giveUp)).rejects.toThrow("a fault of our own");
    expect(tries).toBe(1);
  });
});

describe("backOffMs", () => {
  it("doubles, stays between half and all of it, and within the bound", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.double({ min: 0, max: 1, noNaN: true }), (failures, chance) => {
        const whole = Math.min(60_000, 1000 * 2 ** (failures - 1));
        const wait = backOffMs(failures, { tries: 5, firstWaitMs: 1000, longestWaitMs: 60_000 }, chance);
        expect(wait).toBeGreaterThanOrEqual(whole / 2);
        expect(wait).toBeLessThanOrEqual(whole);
      }),
    );
  });
});

describe("retryAfterMs", () => {
  const now = Date.UTC(2015, 9, 21, 7, 28, 0);
  it.each([
    ["3", 3000],
    [" 0 ", 0],
    ["Wed, 21 Oct 2015 07:28:05 GMT", 5000],
    ["Wed, 21 Oct 2015 07:27:00 GMT", 0],
    ["soon", undefined],
    [null, undefined],
  ])("reads %j", (header, wait) => {
    expect(retryAfterMs(header, now)).toBe(wait);
  });
});

describe("RequestLimit", () => {
  it("never runs more than it may, runs all, and gives the places of failures back", async () => {
    const limit = new RequestLimit(3);
    let [running, most, done] = [0, 0, 0];
    const task = (n: number) => async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running--;
      done++;
      if (n % 2 === 0) throw new Error("odd");
    };
    await Promise.allSettled(Array.from({ length: 20 }, (_, n) => limit.run(task(n))));
    expect([running, most, done]).toEqual([0, 3, 20]);
  });
});
