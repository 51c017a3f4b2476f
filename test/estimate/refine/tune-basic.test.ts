import { expect, it } from "vitest";
import { basicDefaults } from "../../../src/estimate/basic/parameters.ts";
import { tuneBasic } from "../../../src/estimate/refine/tune-basic.ts";
import { randomStream } from "../../../src/sample/choose-planes.ts";
import type { OverlapPatch } from "../../../src/sample/read-overlaps.ts";

it("keeps parameters that no change makes clearly better, and tells all that it tried", async () => {
  const random = randomStream(1);
  const pixels = Float32Array.from({ length: 12 * 256 }, (_, i) => (500 + 300 * random()) * (1 + (i % 16) / 40));
  const patches = [0, 1, 2, 3].map((pair): OverlapPatch => {
    const side = (from: number) => Float32Array.from({ length: 32 }, (_, i) => 600 * (1 + (from + (i % 2)) / 40));
    return {
      pair,
      tiles: [pair + 1, pair + 2],
      plane: 0,
      shapeYx: [16, 2],
      binPx: 1,
      inFirstYx: [0, 14],
      inSecondYx: [0, 0],
      first: side(14),
      second: side(0),
    };
  });
  const parameters = { ...basicDefaults, workingSizeYx: [8, 8] } as const;
  const tuning = await tuneBasic({ pixels, planeCount: 12, shapeYx: [16, 16] }, patches, parameters);
  expect(tuning.trials.length).toBeGreaterThan(4);
  expect(tuning.trials[0]!.parameters).toEqual(parameters);
  const best = Math.min(...tuning.trials.map(({ difference }) => difference));
  const chosen = tuning.trials.find((trial) => JSON.stringify(trial.parameters) === JSON.stringify(tuning.parameters))!;
  expect(chosen.difference).toBeLessThanOrEqual(tuning.trials[0]!.difference);
  expect(chosen.difference - best).toBeLessThan(0.05);
});
