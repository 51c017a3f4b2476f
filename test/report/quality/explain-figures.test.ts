import { expect, it } from "vitest";
import { explainFigures, type VerdictKind } from "../../../src/report/quality/quality-report.ts";
import { verdictLine } from "../../../src/report/quality/verdict-of-profiles.ts";

function channel(kind: VerdictKind, before: number, after: number): Parameters<typeof explainFigures>[0][number] {
  const figures = (difference: number) => ({
    difference,
    logRatio: 0,
    contrastDifference: 0,
    pairCount: 9,
    leftOutCount: 0,
  });
  const compared = { before: figures(before), after: figures(after) };
  return {
    label: "488",
    verdict: { kind, reason: "", basis: "overlaps", certainty: 1, confidence: "high" },
    seams: { kind: "measured", level: 0, binPx: 1, planes: [0], placed: compared, registered: compared, pairs: [] },
  };
}

it("explains why a share of the brightness grew where the correction is better", () => {
  expect(explainFigures([channel("improved", 0.11, 0.25)])).toEqual([expect.stringContaining("488")]);
});

it("has nothing to say where the figure and the verdict agree", () => {
  expect(explainFigures([channel("improved", 0.25, 0.11), channel("worse", 0.11, 0.25)])).toEqual([]);
});

it("tells seams as shares of the brightness before, in as many digits as they have", () => {
  const change = {
    mean: -0.75,
    interval: [-0.8, -0.7],
    count: 9,
    betterCount: 9,
    worseCount: 0,
    certainty: 1,
  } as const;
  const votes = { arithmetic: change, geometric: change, directions: [], depths: [] };
  const lineOf = (pairCount: number) =>
    verdictLine({
      ...channel("improved", 0.04, 0.83),
      votes: { ...votes, shading: { before: 0.04, after: 0.01, pairCount } },
    });
  expect(lineOf(9)).toContain("Seams 4.00 % -> 1.00 %, better in 9 of 9 pairs");
  expect(lineOf(3)).toContain("better in 9 of 9 comparisons");
});
