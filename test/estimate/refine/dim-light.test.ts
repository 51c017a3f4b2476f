import { describe, expect, it } from "vitest";
import { blockPlanes, blocksAcross, dimLight } from "../../../src/estimate/refine/dim-light.ts";
import { lightTerms, termOverField } from "../../../src/estimate/refine/light-terms.ts";
import { randomStream } from "../../../src/sample/choose-planes.ts";
import { MemoryStack } from "../../../src/sample/plane-stack.ts";
import type { BoxZyx } from "../../../src/shapes.ts";

const side = 64;
const [tileCount, perTile] = [6, 8];
const even = {
  shapeYx: [side, side] as const,
  flatfield: new Float32Array(side ** 2).fill(1),
  darkfield: new Float32Array(side ** 2).fill(100),
};
/** A bowl and a tilt, as sizes of terms. */
const truth = Float64Array.from(lightTerms, ({ ky, kx }) => (ky === 2 && kx === 0 ? -0.08 : ky + kx === 1 ? 0.03 : 0));

/** Planes of tiles: an offset of 100, a background, and where `sampleAt` says so sample, under the true light. */
async function planesOf(background: number, sampleAt: (y: number, x: number, n: number) => number) {
  const stack = new MemoryStack("float32", tileCount * perTile, [side, side]);
  const light = new Float64Array(side ** 2);
  for (const [k, term] of lightTerms.entries()) {
    for (const [i, value] of termOverField(term, [side, side]).entries()) light[i]! += truth[k]! * value;
  }
  const random = randomStream(3, 1);
  for (let n = 0; n < tileCount * perTile; n++) {
    for (let i = 0; i < side ** 2; i++) {
      const counts = background + sampleAt(Math.floor(i / side), i % side, n);
      stack.pixels[n * side ** 2 + i] = 100 + counts * Math.exp(light[i]!) + 4 * (random() - 0.5);
    }
  }
  const planes = Array.from({ length: tileCount * perTile }, (_, n) => ({
    tileNumber: Math.floor(n / perTile) + 1,
    box: boxOf(n),
  }));
  return blockPlanes(stack, planes);
}

/** Tiles in two rows, their planes one below the other. */
function boxOf(n: number): BoxZyx {
  const [tile, z] = [Math.floor(n / perTile), n % perTile];
  const start = [z, (tile % 2) * side, Math.floor(tile / 2) * side] as const;
  return { start, stop: [z + 1, start[1] + side, start[2] + side] };
}

/** A body of sample that lies elsewhere in every plane, and leaves most of the field. */
const passing = (y: number, x: number, n: number) =>
  Math.hypot(y - ((17 * n) % side), x - ((29 * n) % side)) < 20 ? 300 : 0;

const offset = { counts: 100, error: 0.7 };

describe("dimLight", () => {
  it("finds the light over all of the field where the sample leaves each part of it in some planes", async () => {
    const { sizes, errors } = dimLight(await planesOf(200, passing), even, lightTerms, offset)!;
    expect(Math.max(...sizes.map((size, k) => Math.abs(size - truth[k]!)))).toBeLessThan(0.002);
    expect(Math.max(...errors)).toBeLessThan(0.01);
  });

  it("gives the change of a start that has a part of the light already", async () => {
    const start = { ...even, flatfield: new Float32Array(side ** 2) };
    for (const [k, term] of lightTerms.entries()) {
      const image = termOverField(term, [side, side]);
      for (let i = 0; i < image.length; i++) start.flatfield[i]! += truth[k]! * image[i]!;
    }
    for (let i = 0; i < side ** 2; i++) start.flatfield[i] = Math.exp(start.flatfield[i]!);
    const { sizes } = dimLight(await planesOf(200, passing), start, lightTerms, offset)!;
    expect(Math.max(...sizes.map(Math.abs))).toBeLessThan(0.002);
  });

  it("knows less where the offset is known less, and hardly anything where the sample never leaves", async () => {
    const dim = await planesOf(40, passing);
    const [sure, unsure] = [0.7, 8].map((error) => dimLight(dim, even, lightTerms, { counts: 100, error })!);
    const bowl = lightTerms.findIndex(({ ky, kx }) => ky === 2 && kx === 0);
    expect(unsure!.errors[bowl]!).toBeGreaterThan(2 * sure!.errors[bowl]!);
    const random = randomStream(5, 2);
    const bodies = Array.from({ length: 40 * tileCount * perTile }, () => [side * random(), side * random()] as const);
    const tissue = (y: number, x: number, n: number) => {
      const own = bodies.slice(40 * n, 40 * n + 40);
      return own.reduce((sum, [v, u]) => sum + 300 * Math.exp(-((y - v) ** 2 + (x - u) ** 2) / 200), 0);
    };
    const full = dimLight(await planesOf(50, tissue), even, lightTerms, offset);
    expect(Math.min(...(full?.errors ?? [1]))).toBeGreaterThan(0.02);
  });

  it("knows nothing where there is no light beside the sample, or planes are of too few tiles", async () => {
    expect(dimLight(await planesOf(0, passing), even, lightTerms, offset)).toBeUndefined();
    const planes = await planesOf(200, passing);
    expect(dimLight({ ...planes, tiles: planes.tiles.map(() => 1) }, even, lightTerms, offset)).toBeUndefined();
    expect(planes.blocks[0]!.length).toBe(blocksAcross ** 2);
  });
});
