import { expect, it } from "vitest";
import { flatFieldedPercentile } from "../../../src/estimate/empty/flat-fielded-surveys.ts";
import { percentile } from "../../../src/estimate/empty/percentile.ts";
import { baselineStep, subsampledArea } from "../../../src/estimate/empty/planes.ts";
import type { PixelArray } from "../../../src/shapes.ts";

const shapeYx = [600, 520] as const;
const planeCount = 64;
let seed = 7;
const random = () => {
  seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
  return (seed >>> 8) / 2 ** 24;
};
const flatfield = Float32Array.from({ length: 600 * 520 }, (_, at) => 0.4 + (at % 520) / 500 + 0.2 * random());

/** Two pieces of a field, side by side, of pixels that are drawn. */
function surveysOf(draw: () => number, Kind: new (length: number) => PixelArray = Uint16Array) {
  return [
    [0, 300],
    [300, 220],
  ].map(([x, columns]) => {
    const pieceYx = [600, columns!] as const;
    const counted = subsampledArea([0, x!], pieceYx, baselineStep);
    const background = new Kind(planeCount * counted).map(draw) as PixelArray;
    const nothing = { median: new Float32Array(0), sums: new Float64Array(0), counts: new Float64Array(0) };
    return { startYx: [0, x!] as const, shapeYx: pieceYx, background, ...nothing };
  });
}

/** The same by what finds a percentile of any values. */
async function byCounting(surveys: ReturnType<typeof surveysOf>, cameraOffset: number, percent: number) {
  const values = surveys.flatMap(({ startYx, shapeYx: [rows, width], background }) => {
    const divisors: number[] = [];
    for (let y = 0; y < rows; y += 4)
      for (let x = Math.ceil(startYx[1] / 4) * 4; x < startYx[1] + width; x += 4)
        divisors.push(Math.fround(flatfield[y * 520 + x]! + Math.fround(1e-6)));
    const columns = subsampledArea([0, startYx[1]], [1, width], 4);
    const divisorAt = (at: number) => divisors[Math.floor(at / (planeCount * columns)) * columns + (at % columns)]!;
    return [Float32Array.from(background, (value, at) => Math.fround(value - cameraOffset) / divisorAt(at))];
  });
  return percentile(async function* () {
    yield* values;
  }, percent);
}

it.each<[string, () => number, number]>([
  ["a wide spread", () => 100 + 4000 * random(), 0],
  ["a narrow spread over an offset", () => 110 + 9 * random(), 100.5],
  ["values below the offset", () => 40 * random() ** 4, 20],
  ["few values", () => (random() < 0.995 ? 500 : 200), 0],
  ["one value", () => 0, 0],
])("the percentile of evened integers is exact: %s", async (_, draw, cameraOffset) => {
  const surveys = surveysOf(draw);
  const flatFielded = { surveys, flatfield, planeCount, shapeYx, cameraOffset };
  expect(await flatFieldedPercentile(flatFielded, 1)).toBe(await byCounting(surveys, cameraOffset, 1));
});

it("the percentile of floats is NaN where one of them is", async () => {
  const floats = surveysOf(() => 5 + random(), Float32Array);
  const flatFielded = { surveys: floats, flatfield, planeCount, shapeYx, cameraOffset: 0 };
  expect(await flatFieldedPercentile(flatFielded, 1)).toBe(await byCounting(floats, 0, 1));
  floats[1]!.background[70] = Number.NaN;
  expect(await flatFieldedPercentile(flatFielded, 1)).toBeNaN();
});
