import { describe, expect, it } from "vitest";
import { decideVerdict, verdictOfImage } from "../../../src/report/quality/decide-verdict.ts";
import type { Change, PairVotes, Verdict } from "../../../src/report/quality/quality-report.ts";
import type { Evidence } from "../../../src/report/quality/verdict-evidence.ts";

function change(mean: number, given: Partial<Change> = {}): Change {
  const better = mean < -0.01 ? 20 : mean > 0.01 ? 0 : 10;
  const counts = { count: 20, betterCount: better, worseCount: 20 - better };
  return { mean, interval: [mean - 0.05, mean + 0.05], ...counts, certainty: 0.999999, ...given };
}

function votes(mean: number, given: Partial<PairVotes> = {}): PairVotes {
  const directions = (["rows", "columns"] as const).map((direction) => ({ direction, ...change(mean) }));
  return {
    arithmetic: change(mean),
    geometric: change(mean),
    directions,
    depths: [0, 1, 2].map(() => change(mean)),
    shading: { before: 0.1, after: 0.1 * (1 + mean), pairCount: 12 },
    ...given,
  };
}

const ranged = (value: number, reach: number) => ({ value, low: value - reach, high: value + reach });

/** An image whose error shrinks by four fifths, in all pairs, with nothing wrong. */
const good: Evidence = {
  isUnchanged: false,
  explained: 1,
  correlation: 0.99,
  defects: { zeroed: 0, cutOff: 0, wrapped: 0, notNumbers: 0, uncorrected: 0 },
  pairCount: 20,
  votes: votes(-0.8),
  errors: {
    before: ranged(0.07, 0.01),
    after: ranged(0.014, 0.004),
    change: ranged(-0.8, 0.05),
    chanceBetter: 1,
    chanceMuchBetter: 1,
    chanceMuchWorse: 0,
    profile: ranged(0.013, 0.005),
    profileBefore: ranged(0.07, 0.01),
    chanceProfileBetter: 1,
  },
  variation: "none",
};
const bad: Evidence = {
  ...good,
  votes: votes(0.9),
  errors: {
    ...good.errors!,
    change: ranged(0.9, 0.2),
    chanceBetter: 0,
    chanceProfileBetter: 0,
    profile: ranged(0.13, 0.01),
  },
};
const withDefect = (defect: Partial<Evidence["defects"]>) => ({ ...good, defects: { ...good.defects, ...defect } });

describe("the rule", () => {
  it("calls better what all evidence calls better, and worse what it calls worse", () => {
    expect(decideVerdict(good)).toMatchObject({ kind: "improved", confidence: "high", basis: "overlaps" });
    expect(decideVerdict(bad)).toMatchObject({ kind: "worse", confidence: "high", basis: "overlaps" });
  });

  it.each<[string, Evidence, string]>([
    [
      "pairs that vanish beside pairs that become far worse",
      { ...good, votes: votes(-0.6, { arithmetic: change(0.2) }) },
      "no-gain",
    ],
    [
      "a minority of pairs",
      { ...good, votes: votes(-0.3, { arithmetic: change(-0.3, { betterCount: 8, worseCount: 12 }) }) },
      "no-gain",
    ],
    [
      "one direction of seams that became worse",
      {
        ...good,
        votes: votes(-0.4, {
          directions: [
            { direction: "rows", ...change(-0.8) },
            { direction: "columns", ...change(0.3) },
          ],
        }),
      },
      "no-gain",
    ],
    [
      "a third of the planes that became worse",
      { ...good, votes: votes(-0.4, { depths: [change(-0.8), change(-0.8), change(0.4)] }) },
      "no-gain",
    ],
    [
      "seams that agree while the image may be worse inside",
      {
        ...good,
        errors: {
          ...good.errors!,
          change: { value: -0.4, low: -0.8, high: 1.2 },
          chanceBetter: 0.7,
          chanceMuchWorse: 0.2,
        },
      },
      "no-gain",
    ],
    ["pixels that wrapped around", withDefect({ wrapped: 0.001 }), "no-gain"],
    ["planes that were left out", withDefect({ uncorrected: 0.5 }), "no-gain"],
    ["pixels that are no number", withDefect({ notNumbers: 0.01 }), "no-gain"],
    ["pixels that were blurred or moved", { ...good, detailKept: 0.5 }, "no-gain"],
  ])("is not convinced by %s", (_, evidence, kind) => {
    const verdict = decideVerdict(evidence);
    expect(verdict.kind).toBe(kind);
    expect(verdict.confidence).not.toBe("high");
  });

  it.each<[string, Evidence]>([
    ["more than 5 % of the pixels set to 0", withDefect({ zeroed: 0.06 })],
    ["pixels set to 0 around a sample on black", { ...withDefect({ zeroed: 0.7 }), zeroedBeyondNoise: 1.2 }],
    ["a plane in ten left out", withDefect({ uncorrected: 0.1 })],
    ["few pairs", { ...good, pairCount: 4 }],
    [
      "seams in one direction alone",
      { ...good, votes: votes(-0.8, { directions: [{ direction: "rows", ...change(-0.8) }] }) },
    ],
    ["gains of tiles", { ...good, gains: { spread: 0.03, chanceReal: 1 } }],
    ["light that varies", { ...good, variation: "depth" }],
  ])("calls better what is better, but is not sure with %s", (_, evidence) => {
    expect(decideVerdict(evidence)).toMatchObject({ kind: "improved", confidence: "moderate" });
  });

  it("looks at the shading alone where a constant hides what it does to the image, and is not sure then", () => {
    const even = { change: ranged(-0.01, 0.02), chanceBetter: 0.8, chanceMuchBetter: 0, chanceMuchWorse: 0 };
    const shaded = { ...good, errors: { ...good.errors!, ...even } };
    expect(decideVerdict(shaded)).toMatchObject({ kind: "improved", confidence: "moderate" });
    const spoilt = { ...bad, errors: { ...bad.errors!, ...even, change: ranged(0.01, 0.02) } };
    expect(decideVerdict(spoilt)).toMatchObject({ kind: "worse", confidence: "moderate" });
  });

  it("takes a light that is less sure where nearly all seams vanish, and says so", () => {
    const unsure = { ...good.errors!, change: { value: -0.6, low: -0.9, high: 0.3 }, chanceBetter: 0.85 };
    const clear = { ...good, errors: { ...unsure, chanceProfileBetter: 0.85 } };
    expect(decideVerdict(clear)).toMatchObject({ kind: "improved", confidence: "low", certainty: 0.85 });
    const lessClear = votes(-0.4, { arithmetic: change(-0.4) });
    expect(decideVerdict({ ...clear, votes: lessClear })).toMatchObject({ kind: "no-gain" });
  });

  it("needs nothing but pixels where too much was taken off, or nothing was changed", () => {
    expect(decideVerdict({ ...withDefect({ zeroed: 0.7 }), zeroedBeyondNoise: 3 })).toMatchObject({
      kind: "worse",
      basis: "pixels",
    });
    expect(decideVerdict({ ...good, isUnchanged: true })).toMatchObject({ kind: "no-gain", basis: "pixels" });
    expect(decideVerdict({ ...good, correlation: 0, explained: 0 })).toMatchObject({ kind: "worse", basis: "pixels" });
    const twoSides = { ...good, correlation: 0.4, explained: 0, detailAtLevel: 0.99 };
    expect(decideVerdict(twoSides)).toMatchObject({ kind: "improved", basis: "overlaps" });
  });

  it("is never of high confidence without overlaps", () => {
    const { votes: _votes, errors: _errors, ...blind } = good;
    const edges = decideVerdict({ ...blind, edgeChange: change(-0.8) });
    expect(edges).toMatchObject({ kind: "improved", basis: "edges", confidence: "moderate" });
    const flat = decideVerdict({ ...blind, flatnessChange: change(-0.8) });
    expect(flat).toMatchObject({ kind: "improved", basis: "flatness", confidence: "low", certainty: 0.8 });
  });

  it("calls an image worse without overlaps only where much speaks for it: sample is no proof", () => {
    const { votes: _votes, errors: _errors, ...blind } = good;
    const few = { ...change(0.3), count: 7 };
    expect(decideVerdict({ ...blind, edgeChange: few })).toMatchObject({ kind: "no-gain" });
    expect(decideVerdict({ ...blind, edgeChange: { ...few, count: 24 } })).toMatchObject({ kind: "worse" });
    expect(decideVerdict({ ...blind, flatnessChange: change(0.06) })).toMatchObject({ kind: "no-gain" });
    expect(decideVerdict({ ...blind, flatnessChange: change(0.5) })).toMatchObject({
      kind: "worse",
      confidence: "low",
    });
  });

  it("calls an image worse against its pairs only where the light is surer of it than of other images", () => {
    const against = (chanceBetter: number) => ({
      ...good,
      errors: {
        ...good.errors!,
        change: ranged(0.3, 0.5),
        chanceBetter,
        chanceProfileBetter: 0.8,
        chanceMuchWorse: 0.9,
      },
      votes: votes(-0.2),
    });
    expect(decideVerdict(against(0.08)).kind).toBe("no-gain");
    expect(decideVerdict(against(0.005)).kind).toBe("worse");
    expect(decideVerdict({ ...against(0.08), votes: votes(0) }).kind).toBe("worse");
  });

  it("does not blame a constant where light moves with depth, but a profile", () => {
    const errors = { ...bad.errors!, chanceMuchBetter: 0, chanceMuchWorse: 1 };
    const constant = { ...bad, variation: "depth" as const, errors: { ...errors, chanceProfileBetter: 0.6 } };
    expect(decideVerdict(constant).kind).toBe("no-gain");
    expect(decideVerdict({ ...constant, errors, votes: votes(0) }).kind).toBe("worse");
    expect(decideVerdict({ ...constant, variation: "columns" }).kind).toBe("worse");
  });

  it("gives reasons in one sentence", () => {
    for (const evidence of [
      good,
      bad,
      withDefect({ wrapped: 0.001 }),
      { ...bad, gains: { spread: 0.1, chanceReal: 0 } },
    ]) {
      expect(decideVerdict(evidence).reason).toMatch(/^[A-Z](?!.*\. ).*[^.]\.$/);
    }
  });
});

describe("the verdict on an image", () => {
  const channel = (label: string, kind: Verdict["kind"], confidence: Verdict["confidence"]) => ({
    label,
    verdict: { kind, confidence, reason: `${kind}.`, basis: "overlaps" as const, certainty: 0.9 },
  });

  it("is that of its worst channel, else of its best, no surer than the least sure of them", () => {
    const mixed = [channel("a", "improved", "high"), channel("b", "worse", "moderate"), channel("c", "no-gain", "low")];
    expect(verdictOfImage(mixed)).toMatchObject({ kind: "worse", confidence: "moderate", reason: "b: worse." });
    expect(verdictOfImage([mixed[0]!, channel("d", "improved", "low"), mixed[2]!])).toMatchObject({
      kind: "improved",
      confidence: "low",
      reason: "a: improved. d: improved.",
    });
  });
});
