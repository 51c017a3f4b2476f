import { expect, it } from "vitest";
import { explainFigures } from "../../../src/report/quality/explain-figures.ts";
import type { VerdictKind } from "../../../src/report/quality/quality-report.ts";

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
