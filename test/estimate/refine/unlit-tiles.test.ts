import { describe, expect, it } from "vitest";
import { withoutUnlit } from "../../../src/estimate/refine/overlap-data.ts";
import { overlapBlocks } from "../../../src/report/quality/overlap-blocks.ts";
import { randomStream } from "../../../src/sample/choose-planes.ts";
import type { OverlapPlan } from "../../../src/sample/plan-overlaps.ts";
import type { OverlapPatch } from "../../../src/sample/read-overlaps.ts";

const random = randomStream(3, 0);
const shapeYx = [64, 16] as const;

/** Light over an offset of 100, brighter to the right, with noise; `light` is 0 where there is none. */
function view(light: number): Float32Array {
  const pixels = new Float32Array(shapeYx[0] * shapeYx[1]);
  return pixels.map((_, i) => 100 + light * (1 + 0.2 * ((i % 16) / 16)) + 8 * (random() - 0.5));
}

/** Two planes of the neighbours of a row of tiles whose light is given; `tissue` is added in one plane. */
function row(lights: readonly number[], tissue = 200): OverlapPatch[] {
  return lights.slice(1).flatMap((_, pair) =>
    [0, 1].map((plane): OverlapPatch => {
      const [a, b] = [lights[pair]!, lights[pair + 1]!].map((light) => view(light * (1 + plane * tissue * 0.01)));
      const places = { inFirstYx: [0, 48], inSecondYx: [0, 0] } as const;
      return { pair, tiles: [pair + 1, pair + 2], plane, shapeYx, binPx: 1, ...places, first: a!, second: b! };
    }),
  );
}

const pairsOf = (patches: readonly OverlapPatch[]) => [...new Set(withoutUnlit(patches).map(({ pair }) => pair))];

describe("tiles without light", () => {
  it("tell nothing of shading where neighbours have light, bright or dim", () => {
    for (const light of [20, 200]) expect(pairsOf(row([light, light, 0, light, light]))).toEqual([0, 3]);
    expect(pairsOf(row([200, 200, 200, 0, 0, 200, 200]))).toEqual([0, 1, 5]);
  });

  it("have no part in a verdict", () => {
    const before = row([200, 200, 0, 200, 200]);
    const pairs = [0, 1, 2, 3].map((pair) => ({ ...before[2 * pair]!, first: pair + 1, second: pair + 2 }));
    const plan = { pairs, fieldYx: [64, 64], binPx: 1 } as unknown as OverlapPlan;
    expect([...new Set(overlapBlocks(plan, before, before).map(({ pair }) => pair))]).toEqual([0, 3]);
  });

  it("are none of those that are only dimmer, or that show no sample", () => {
    expect(pairsOf(row([200, 140, 200, 260]))).toEqual([0, 1, 2]);
    expect(pairsOf(row([20, 20, 20], 0))).toEqual([0, 1]);
    // Without any light there is nothing to compare with
    expect(pairsOf(row([0, 0, 0]))).toEqual([0, 1]);
  });
});
