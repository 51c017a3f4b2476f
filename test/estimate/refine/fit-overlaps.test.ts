import { expect, it } from "vitest";
import { figuresOfFit, fitOverlaps } from "../../../src/estimate/refine/fit-overlaps.ts";
import { lightTerms, termOverField } from "../../../src/estimate/refine/light-terms.ts";
import { evenLight, offsetOfOverlaps } from "../../../src/estimate/refine/offset-by-overlaps.ts";
import { prepareOverlaps } from "../../../src/estimate/refine/overlap-data.ts";
import { modelOverlaps } from "../../../src/estimate/refine/overlap-model.ts";
import { fittedShading } from "../../../src/estimate/refine/refine.ts";
import { conjugateGradients } from "../../../src/estimate/refine/solve.ts";
import { flatfieldError } from "../../../src/report/plane-measures.ts";
import { randomStream } from "../../../src/sample/choose-planes.ts";
import type { OverlapPatch } from "../../../src/sample/read-overlaps.ts";
import type { Yx } from "../../../src/shapes.ts";

const fieldYx: Yx = [40, 40];
const overlap = 8;

interface Scene {
  /** Log gains of four by four tiles. */
  readonly gains?: readonly number[];
  readonly light?: (y: number, x: number) => number;
  readonly offset?: number;
}

/** What neighbours show of one place: four by four tiles in some light, over an offset, with a little noise. */
function patchesOf({ gains = new Array(16).fill(0), light = () => 1, offset = 0 }: Scene): OverlapPatch[] {
  const random = randomStream(5);
  const pairs = gains.flatMap((_, tile) => [
    ...(tile % 4 < 3 ? [{ tiles: [tile, tile + 1] as const, isBeside: true }] : []),
    ...(tile < 12 ? [{ tiles: [tile, tile + 4] as const, isBeside: false }] : []),
  ]);
  return pairs.map(({ tiles, isBeside }, pair): OverlapPatch => {
    const shapeYx: Yx = isBeside ? [40, overlap] : [overlap, 40];
    const start = 40 - overlap;
    const [inFirstYx, inSecondYx]: [Yx, Yx] = [isBeside ? [0, start] : [start, 0], [0, 0]];
    const scene = Float32Array.from({ length: 40 * overlap }, () => 300 + 500 * random());
    const [first, second] = [inFirstYx, inSecondYx].map(([y0, x0], side) =>
      scene.map((value, i) => {
        const [y, x] = [y0 + Math.floor(i / shapeYx[1]), x0 + (i % shapeYx[1])];
        return value * Math.exp(gains[tiles[side]!]!) * light(y, x) + offset + 2 * (random() - 0.5);
      }),
    );
    return { pair, tiles, plane: 0, shapeYx, binPx: 1, inFirstYx, inSecondYx, first: first!, second: second! };
  });
}

/** Darker towards the edges, and off the middle, as a light sheet is. */
const vignette = (y: number, x: number) => 1.08 - 0.0006 * (x - 17) ** 2 - 0.0003 * (y - 22) ** 2;
const truth = Float64Array.from({ length: 1600 }, (_, i) => vignette(Math.floor(i / 40), i % 40));

it("leaves the field as it is where gains of tiles explain what neighbours show", () => {
  const gains = Array.from({ length: 16 }, (_, tile) => [0.06, -0.05, -0.05, 0.04, 0][(tile * 7) % 5]!);
  const data = prepareOverlaps(fieldYx, patchesOf({ gains }));
  const model = modelOverlaps(evenLight(data), data);
  const among = new Set(model.pairs.map(({ pair }) => pair));
  const [alone, beside] = [0, 0.05].map((gainSpread) => {
    const fit = fitOverlaps(model, { strength: 1e-2, gainSpread });
    const { flatfield } = fittedShading(model, fit);
    const off = Math.max(...Array.from(flatfield, (value) => Math.abs(value - 1)));
    const figures = figuresOfFit(model, fit, { among, gainCorrected: true });
    return { off, logGains: fit.logGains, apart: Math.max(...figures.values()) };
  });
  expect(beside!.off).toBeLessThan(0.008);
  expect(alone!.apart).toBeGreaterThan(0.05);
  expect(beside!.apart).toBeLessThan(0.01);
  const meanOf = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / 16;
  const shift = meanOf(beside!.logGains) - meanOf(gains);
  for (const [tile, gain] of gains.entries()) {
    expect(Math.abs(beside!.logGains[tile]! - shift - gain)).toBeLessThan(0.018);
  }
});

it("finds the light of the whole field from its edges alone", () => {
  const data = prepareOverlaps(fieldYx, patchesOf({ light: vignette }));
  const model = modelOverlaps(evenLight(data), data);
  const { flatfield } = fittedShading(model, fitOverlaps(model, { strength: 1e-3, gainSpread: 0 }));
  expect(flatfieldError(new Float32Array(1600).fill(1), truth)).toBeGreaterThan(0.05);
  expect(flatfieldError(flatfield, truth)).toBeLessThan(0.005);
});

it("finds the offset by which pairs are the least apart, and says how well it is known", () => {
  const data = prepareOverlaps(fieldYx, patchesOf({ light: vignette, offset: 150 }));
  const pairs = Array.from({ length: 24 }, (_, pair) => pair);
  const found = offsetOfOverlaps(data, 400, pairs)!;
  expect(Math.abs(found.offset - 150)).toBeLessThan(2 * found.standardError);
  expect(found.standardError).toBeLessThan(45);
  const even = offsetOfOverlaps(prepareOverlaps(fieldYx, patchesOf({ offset: 150 })), 400, pairs);
  expect(even === undefined || even.standardError > 80).toBe(true);
});

it("changes light by polynomials of mean square 1 that are orthogonal but for the grid", () => {
  const images = lightTerms.map((term) => termOverField(term, [64, 64]));
  expect(lightTerms).toHaveLength(20);
  for (const [a, first] of images.entries()) {
    for (const [b, second] of images.entries()) {
      const product = first.reduce((sum, value, i) => sum + value * second[i]!, 0) / first.length;
      expect(Math.abs(product - (a === b ? 1 : 0))).toBeLessThan(0.02);
    }
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
