import { expect, it } from "vitest";
import { sampleSpread } from "../../src/advise/score-planes.ts";
import { randomStream } from "../../src/sample/choose-planes.ts";
import { MemoryStack } from "../../src/sample/plane-stack.ts";

const fieldYx = [32, 32] as const;

/** Planes of tiles, four depths each; a pattern of 16 x 16 squares with a spread of 20 % is the same in `same` depths. */
function subjectOf(tileCount: number, same: number) {
  const random = randomStream(3, 0);
  const sample = { planes: [] as { tileNumber: number; plane: number }[] };
  const planes = new MemoryStack("float32", 4 * tileCount, fieldYx);
  for (let n = 0; n < 4 * tileCount; n++) {
    const plane = n % 4;
    sample.planes.push({ tileNumber: 1 + Math.floor(n / 4), plane });
    if (plane % same !== 0) {
      planes.pixels.copyWithin(n * 1024, (n - 1) * 1024, n * 1024);
      continue;
    }
    const squares = Float64Array.from({ length: 256 }, () => 1000 * (1 + 0.2 * Math.sqrt(12) * (random() - 0.5)));
    for (let i = 0; i < 1024; i++) planes.pixels[n * 1024 + i] = squares[(i >> 6) * 16 + ((i % 32) >> 1)]!;
  }
  return { planes, sample, fieldYx } as never;
}

it("parts of the sample average out as their number grows", () => {
  for (const tiles of [4, 16, 64]) {
    expect(sampleSpread([subjectOf(tiles, 4)], 1) / (0.2 / Math.sqrt(tiles))).toBeCloseTo(1, 1);
  }
});

it("planes that show the same part count as one", () => {
  expect(sampleSpread([subjectOf(16, 4)], 1)).toBeCloseTo(0.05, 2);
  expect(sampleSpread([subjectOf(16, 2)], 2)).toBeCloseTo(0.2 / Math.sqrt(32), 2);
});

it("a single part tells nothing", () => {
  expect(sampleSpread([subjectOf(1, 4)], 1)).toBe(Number.POSITIVE_INFINITY);
});
