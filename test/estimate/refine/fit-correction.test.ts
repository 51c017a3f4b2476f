import { expect, it } from "vitest";
import { conjugateGradients } from "../../../src/estimate/refine/conjugate-gradients.ts";
import { applyCorrection, modelCorrection } from "../../../src/estimate/refine/correction-model.ts";
import { fitCorrection } from "../../../src/estimate/refine/fit-correction.ts";
import { linearPairs } from "../../../src/estimate/refine/linear-pairs.ts";
import { disagreement, prepareOverlaps } from "../../../src/estimate/refine/overlap-data.ts";
import { randomStream } from "../../../src/sample/random.ts";
import type { OverlapPatch } from "../../../src/sample/read-overlaps.ts";
import type { Yx } from "../../../src/shapes.ts";

const fieldYx: Yx = [40, 40];
const overlap = 8;

/** Four by four tiles with the given log gains in even light, and what neighbours show of one place. */
function patchesOf(gains: readonly number[]): OverlapPatch[] {
  const random = randomStream(5);
  const pairs = gains.flatMap((_, tile) => [
    ...(tile % 4 < 3 ? [{ tiles: [tile, tile + 1] as const, isBeside: true }] : []),
    ...(tile < 12 ? [{ tiles: [tile, tile + 4] as const, isBeside: false }] : []),
  ]);
  return pairs.map(({ tiles, isBeside }, pair): OverlapPatch => {
    const shapeYx: Yx = isBeside ? [40, overlap] : [overlap, 40];
    const start = 40 - overlap;
    const inFirstYx: Yx = isBeside ? [0, start] : [start, 0];
    const scene = Float32Array.from({ length: 40 * overlap }, () => 300 + 500 * random());
    const [first, second] = tiles.map((tile) => scene.map((value) => value * Math.exp(gains[tile]!)));
    return { pair, tiles, plane: 0, shapeYx, binPx: 1, inFirstYx, inSecondYx: [0, 0], first: first!, second: second! };
  });
}

it("leaves the field as it is where gains of tiles explain what neighbours show", () => {
  const gains = Array.from({ length: 16 }, (_, tile) => [0.06, -0.05, -0.05, 0.04, 0][(tile * 7) % 5]!);
  const data = prepareOverlaps(fieldYx, patchesOf(gains));
  const even = { shapeYx: fieldYx, flatfield: new Float32Array(1600).fill(1), darkfield: new Float32Array(1600) };
  const model = modelCorrection(even, "light", 500);
  const linear = linearPairs(model, data);
  const [alone, beside] = [0, 0.05].map((gainSpread) => {
    const { coefficients, logGains } = fitCorrection(model, linear, { strength: 1, gainSpread });
    const shading = applyCorrection(model, coefficients);
    const off = Math.max(...Array.from(shading.flatfield, (light) => Math.abs(light - 1)));
    return { off, logGains, apart: Math.max(...disagreement(data, shading, even, logGains)) };
  });
  expect(alone!.off).toBeGreaterThan(0.01);
  expect(beside!.off).toBeLessThan(0.003);
  expect(alone!.apart).toBeGreaterThan(0.05);
  expect(beside!.apart).toBeLessThan(0.005);
  const meanOf = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / 16;
  const shift = meanOf(beside!.logGains) - meanOf(gains);
  for (const [tile, gain] of gains.entries()) {
    expect(Math.abs(beside!.logGains[tile]! - shift - gain)).toBeLessThan(0.01);
  }
});

it("solves large systems that are given as what they do to a vector", () => {
  const right = Float64Array.from({ length: 50 }, (_, i) => Math.sin(i));
  const apply = (vector: Float64Array, product: Float64Array) => {
    for (let i = 0; i < 50; i++) product[i] = 3 * vector[i]! - (vector[i - 1] ?? 0) - (vector[i + 1] ?? 0);
  };
  const product = new Float64Array(50);
  apply(conjugateGradients(apply, right), product);
  for (let i = 0; i < 50; i++) expect(product[i]).toBeCloseTo(right[i]!, 6);
});
