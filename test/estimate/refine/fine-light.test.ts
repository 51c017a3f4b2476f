import { describe, expect, it } from "vitest";
import { type BlockedPlanes, blockPlanes } from "../../../src/estimate/refine/dim-light.ts";
import { withFineLight } from "../../../src/estimate/refine/fine-light.ts";
import { randomStream } from "../../../src/sample/choose-planes.ts";
import { MemoryStack } from "../../../src/sample/plane-stack.ts";
import type { OverlapPatch } from "../../../src/sample/read-overlaps.ts";

const [side, planeCount, perTile] = [64, 48, 8];
const even = {
  shapeYx: [side, side] as const,
  flatfield: new Float32Array(side ** 2).fill(1),
  darkfield: new Float32Array(side ** 2).fill(100),
  baseline: 200,
};
const found = { profile: even, ofFolds: [{ pairs: [0], profile: even }] };
const brightness = Float64Array.from({ length: planeCount }, (_, n) => 1 + n / 100);
/** No pairs, which contradict nothing. */
const noPairs = { data: { fieldYx: even.shapeYx, pairCount: 0, patches: [] as OverlapPatch[] }, pairs: [] as number[] };

/** Fringes of 2 %, seven pixels apart. */
const fringes = (i: number) => 1 + 0.02 * Math.cos((2 * Math.PI * ((i % side) + Math.floor(i / side))) / 10);

/** Noisy planes of a background, with a body of sample that lies elsewhere in every plane, and more of what `extra` says. */
async function planesOf(lightAt: (i: number, tile: number) => number): Promise<BlockedPlanes> {
  const stack = new MemoryStack("float32", planeCount, [side, side]);
  const random = randomStream(3, 1);
  const planned = Array.from({ length: planeCount }, (_, n) => ({
    tileNumber: Math.floor(n / perTile) + 1,
    box: { start: [n, 0, 0], stop: [n + 1, side, side] } as const,
  }));
  for (const [n, { tileNumber }] of planned.entries()) {
    for (let i = 0; i < side ** 2; i++) {
      const [y, x] = [Math.floor(i / side), i % side];
      const sample = Math.hypot(y - ((17 * n) % side), x - ((29 * n) % side)) < 18 ? 300 : 0;
      const counts = brightness[n]! * lightAt(i, tileNumber) * (200 + sample + 6 * (random() - 0.5));
      stack.pixels[n * side ** 2 + i] = 100 + counts;
    }
  }
  return blockPlanes(stack, planned);
}

const apart = (flatfield: Float32Array, truth: (i: number) => number) =>
  flatfield.reduce((sum, value, i) => sum + Math.abs(value - truth(i)), 0) / flatfield.length;

describe("withFineLight", () => {
  it("finds fringes that all tiles show, and adds them to the profiles of all folds", async () => {
    const fine = await withFineLight(found, await planesOf(fringes), { brightness }, noPairs);
    expect(apart(even.flatfield, fringes)).toBeGreaterThan(0.012);
    expect(apart(fine.profile.flatfield, fringes)).toBeLessThan(0.005);
    expect(fine.ofFolds[0]!.profile.flatfield).toEqual(fine.profile.flatfield);
  });

  it("adds nothing where light is smooth, or where only half of the tiles show a structure", async () => {
    expect(await withFineLight(found, await planesOf(() => 1), { brightness }, noPairs)).toBe(found);
    const ofOdd = await planesOf((i, tile) => (tile % 2 === 1 ? fringes(i) : 1));
    expect(await withFineLight(found, ofOdd, { brightness }, noPairs)).toBe(found);
  });

  it("adds nothing where planes are few, or pairs then agree worse", async () => {
    const planes = await planesOf(fringes);
    const few = { ...planes, tiles: planes.tiles.map((_, n) => (n < 40 ? 1 : 2)) };
    expect(await withFineLight(found, few, { brightness }, noPairs)).toBe(found);
    const alike = { first: new Float32Array(64).fill(300), second: new Float32Array(64).fill(300) };
    const patch = { pair: 0, tiles: [0, 1] as const, plane: 0, shapeYx: [8, 8] as const, binPx: 1, ...alike };
    const patches = [{ ...patch, inFirstYx: [20, 20] as const, inSecondYx: [20, 25] as const }];
    const data = { fieldYx: even.shapeYx, pairCount: 1, patches };
    expect(await withFineLight(found, planes, { brightness }, { data, pairs: [0] })).toBe(found);
  });
});
