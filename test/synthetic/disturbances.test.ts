import { expect, it } from "vitest";
import { SyntheticCamera } from "../../src/synthetic/camera.ts";
import { layOutTiles } from "../../src/synthetic/layout.ts";
import { completeOptions, type SyntheticOptions } from "../../src/synthetic/options.ts";

/** A plane of an empty tile without noise. */
function expose(given: Partial<SyntheticOptions>, z: number, tile = 0): Float32Array {
  const options = completeOptions({
    tileShapeYx: [48, 48],
    noise: false,
    pixelType: "float32",
    darkfield: 0,
    ...given,
  });
  const layout = layOutTiles(options);
  const pixels = new Float32Array(48 * 48);
  const target = { pixels, offset: 0, rowStride: 48 };
  new SyntheticCamera(options, layout).expose(0, layout.tiles[tile]!, z, [0, 0], [48, 48], target);
  return pixels;
}

it("bleaching takes its share of the light from the first plane to the last", () => {
  const [first, last] = [expose({ bleaching: 0.4 }, 0), expose({ bleaching: 0.4 }, 5)];
  for (const [at, value] of first.entries()) expect(last[at]! / value).toBeCloseTo(0.6, 4);
});

it("specks of debris are bright, few and small, and lie in empty tiles too", () => {
  const shares = [0, 1, 2, 3, 4, 5].map((z) => {
    const [without, specks] = [expose({}, z), expose({ debris: 0.2 }, z)];
    return specks.filter((value, at) => value > 1.2 * without[at]!).length / specks.length;
  });
  const share = shares.reduce((sum, value) => sum + value, 0) / shares.length;
  expect(share).toBeGreaterThan(0.001);
  expect(share).toBeLessThan(0.05);
});

it("stray light is added in its tile, as much as said where it is brightest", () => {
  const strayLight = { placesYx: [[0, 0]], brightness: 30 } as const;
  const [without, stray] = [expose({}, 2), expose({ strayLight }, 2)];
  const added = stray.map((value, at) => value - without[at]!);
  expect(Math.max(...added)).toBeCloseTo(30, 2);
  expect(Math.min(...added)).toBeCloseTo(0, 2);
  expect(expose({ strayLight }, 2, 2)).toEqual(expose({}, 2, 2));
});

it.each([{ bleaching: 1 }, { debris: -0.1 }])("%o is refused", (options) => {
  expect(() => completeOptions(options)).toThrow(/cannot be made with these options/);
});
