import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allocatePixels, type PixelArray, type Yx } from "../../src/shapes.ts";
import { SyntheticCamera } from "../../src/synthetic/camera.ts";
import { layOutTiles, type SyntheticTile } from "../../src/synthetic/layout.ts";
import { completeOptions, type SyntheticOptions } from "../../src/synthetic/options.ts";

function setUp(given: Partial<SyntheticOptions> = {}) {
  const options = completeOptions({ tileShapeYx: [40, 32], planes: 9, emptyPlanesPerEnd: 2, seed: 5, ...given });
  const layout = layOutTiles(options);
  return { options, layout, camera: new SyntheticCamera(options, layout) };
}

function part(setup: ReturnType<typeof setUp>, channel: number, tile: SyntheticTile, z: number, start: Yx, stop: Yx) {
  const [rows, columns] = [stop[0] - start[0], stop[1] - start[1]];
  const pixels = allocatePixels(setup.options.pixelType, rows * columns);
  setup.camera.expose(channel, tile, z, start, stop, { pixels, offset: 0, rowStride: columns });
  return pixels;
}

function planeOf(setup: ReturnType<typeof setUp>, channel: number, tile: SyntheticTile, z: number): PixelArray {
  return part(setup, channel, tile, z, [0, 0], setup.options.tileShapeYx);
}

const mean = (pixels: ArrayLike<number>) => Array.from(pixels).reduce((sum, value) => sum + value, 0) / pixels.length;

describe("SyntheticCamera", () => {
  it("gives every pixel the same value in whatever part it is asked for", () => {
    const setup = setUp();
    const tile = setup.layout.tiles[4]!;
    const whole = planeOf(setup, 1, tile, 4);
    const [rows, columns] = setup.options.tileShapeYx;
    const cut = (extent: number) => fc.tuple(fc.nat(extent - 1), fc.integer({ min: 1, max: extent }));
    fc.assert(
      fc.property(cut(rows), cut(columns), ([y0, height], [x0, width]) => {
        const stop: Yx = [Math.min(rows, y0 + height), Math.min(columns, x0 + width)];
        const pixels = part(setup, 1, tile, 4, [y0, x0], stop);
        const expected = [];
        for (let y = y0; y < stop[0]; y += 1) expected.push(...whole.slice(y * columns + x0, y * columns + stop[1]));
        expect([...pixels]).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });

  it("shows the same tissue in both tiles of an overlap", () => {
    const setup = setUp({ noise: false, vignetting: 0, darkfield: 0, overlap: 0.25 });
    const [above, below] = [setup.layout.tiles[3]!, setup.layout.tiles[4]!];
    const step = below.stageYx[0] - above.stageYx[0];
    const [rows, columns] = setup.options.tileShapeYx;
    const upper = part(setup, 0, above, 4, [step, 0], [rows, columns]);
    const lower = part(setup, 0, below, 4, [0, 0], [rows - step, columns]);
    expect(upper).toEqual(lower);
    expect(Math.max(...upper)).toBeGreaterThan(2 * Math.min(...upper));
  });

  it("gives overlapping tiles noise of their own", () => {
    const setup = setUp({ overlap: 0.25 });
    const [first, second] = [setup.layout.tiles[0]!, setup.layout.tiles[1]!];
    expect(planeOf(setup, 0, first, 0)).not.toEqual(planeOf(setup, 0, second, 0));
    expect(planeOf(setup, 0, first, 0)).not.toEqual(planeOf(setup, 0, first, 1));
  });

  it("leaves the promised tiles and planes without sample: background times flat-field plus dark-field", () => {
    const setup = setUp({ noise: false, pixelType: "float32" });
    const { flatfield, darkfield } = setup.camera.shadings[0]!;
    const background = setup.options.channels[0]!.background;
    const evenLight = (light: number) => Float32Array.from(flatfield, (value, i) => light * value + darkfield[i]!);
    const empty = evenLight(background);
    const [corner, middle] = [setup.layout.tiles[0]!, setup.layout.tiles[4]!];
    expect(corner.empty).toBe(true);
    for (const z of [0, 8]) expect(planeOf(setup, 0, corner, z)).toEqual(empty);
    // Amid the sample the background is brighter, evenly.
    expect(planeOf(setup, 0, corner, 4)).toEqual(evenLight(background * (1 + setup.options.scatter)));
    for (const z of [0, 1, 7, 8]) expect(planeOf(setup, 0, middle, z)).toEqual(empty);
    for (const z of [2, 4, 6]) expect(mean(planeOf(setup, 0, middle, z))).toBeGreaterThan(mean(empty) + 5);
  });

  it("averages to that over the planes of an empty tile when there is noise", () => {
    const planes = 200;
    const setup = setUp({ planes, scatter: 0 });
    const { flatfield, darkfield } = setup.camera.shadings[0]!;
    const background = setup.options.channels[0]!.background;
    const sums = new Float64Array(flatfield.length);
    for (let z = 0; z < planes; z += 1) {
      for (const [i, value] of planeOf(setup, 0, setup.layout.tiles[0]!, z).entries()) sums[i]! += value;
    }
    const deviations = sums.map((sum, i) => {
      const expected = background * flatfield[i]! + darkfield[i]!;
      return (sum / planes - expected) / Math.sqrt((expected + setup.options.readNoise ** 2) / planes);
    });
    expect(Math.abs(mean(deviations))).toBeLessThan(0.15);
    expect(Math.abs(Math.sqrt(mean(deviations.map((value) => value * value))) - 1)).toBeLessThan(0.1);
    expect(Math.max(...deviations.map(Math.abs))).toBeLessThan(5.5);
  });

  it("keeps uint8 in range, mostly unsaturated", () => {
    const setup = setUp({ pixelType: "uint8" });
    const pixels = planeOf(setup, 0, setup.layout.tiles[4]!, 4);
    expect(pixels).toBeInstanceOf(Uint8Array);
    expect([...pixels].filter((value) => value === 0 || value === 255).length).toBeLessThan(pixels.length / 20);
    expect(mean(pixels)).toBeGreaterThan(20);
  });
});

describe("layOutTiles", () => {
  it("numbers the tiles down the columns and leaves out absent places", () => {
    const { layout } = setUp({ gridYx: [3, 2], absentYx: [[1, 0]], emptyTiles: [[2, 1]] });
    expect(layout.tiles.map(({ name, gridYx }) => [name, ...gridYx])).toEqual([
      ["FOV_0", 0, 0],
      ["FOV_1", 2, 0],
      ["FOV_2", 0, 1],
      ["FOV_3", 1, 1],
      ["FOV_4", 2, 1],
    ]);
    expect(layout.tiles[3]).toMatchObject({ number: 4, stageYx: [36, 29], mosaicYx: [40, 32], empty: false });
    expect(layout.tiles[4]!.empty).toBe(true);
  });
});

describe("completeOptions", () => {
  it.each([
    ["gridYx", { gridYx: [0, 3] }],
    ["overlap", { overlap: 1 }],
    ["absentYx", { gridYx: [1, 1], absentYx: [[0, 0]] }],
  ] as const)("refuses an impossible %s with a sentence", (name, given) => {
    expect(() => completeOptions(given)).toThrow(
      new RegExp(`cannot be made with these options \\(${name}\\).*expected`),
    );
  });
});
