import { describe, expect, it } from "vitest";
import { openMosaic } from "../../src/acquisition/open-mosaic.ts";
import { SyntheticCamera } from "../../src/synthetic/camera.ts";
import { layOutTiles, type SyntheticTile } from "../../src/synthetic/layout.ts";
import { completeOptions, type SyntheticOptions } from "../../src/synthetic/options.ts";
import { saveTruth } from "../../src/synthetic/truth.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";

const size = 48;

function setUp(given: Partial<SyntheticOptions>) {
  const options = completeOptions({ tileShapeYx: [size, size], planes: 6, darkfield: 0, seed: 2, ...given });
  const layout = layOutTiles(options);
  const camera = new SyntheticCamera(options, layout);
  const expose = (tile: SyntheticTile, z: number, channel = 0) => {
    const pixels = options.pixelType === "float32" ? new Float32Array(size * size) : new Uint16Array(size * size);
    camera.expose(channel, tile, z, [0, 0], [size, size], { pixels, offset: 0, rowStride: size });
    return pixels;
  };
  return { options, layout, camera, expose, tile: layout.tiles[4]!, empty: layout.tiles[0]! };
}

const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values: ArrayLike<number>) => {
  const middle = mean(values);
  return Math.sqrt(mean(Array.from(values, (value) => (value - middle) ** 2)));
};

function columnMeans(pixels: ArrayLike<number>): number[] {
  return Array.from({ length: size }, (_, x) => mean(Array.from({ length: size }, (_, y) => pixels[y * size + x]!)));
}

describe("the camera", () => {
  const dark = { vignetting: 0, cameraOffset: 100, readNoise: 0.1, tileGains: Array(9).fill(0) };

  it("has columns that are off anew in every plane, by as much as the options say", () => {
    const { expose, empty } = setUp({ ...dark, columnNoise: 5, pixelType: "float32" });
    const [first, second] = [columnMeans(expose(empty, 0)), columnMeans(expose(empty, 1))];
    expect(deviation(first)).toBeGreaterThan(3.5);
    expect(deviation(first)).toBeLessThan(6.5);
    const together = first.map((value, x) => (value - 100) * (second[x]! - 100));
    expect(Math.abs(mean(together))).toBeLessThan(10);
    const quiet = setUp({ ...dark, pixelType: "float32" });
    expect(deviation(columnMeans(quiet.expose(quiet.empty, 0)))).toBeLessThan(3);
  });

  it("has an offset that differs from pixel to pixel, the same in all planes, and true in the dark-field", () => {
    const { expose, empty, camera } = setUp({ ...dark, offsetSpread: 8, noise: false, pixelType: "float32" });
    const plane = expose(empty, 0);
    expect(deviation(plane)).toBeGreaterThan(7);
    expect(deviation(plane)).toBeLessThan(9);
    expect(expose(empty, 3)).toEqual(plane);
    expect(plane).toEqual(Float32Array.from(camera.shading.darkfield(0)));
  });

  it("saturates where it is told to", () => {
    const { expose, tile } = setUp({ saturation: 700 });
    const pixels = expose(tile, 3);
    expect(Math.max(...pixels)).toBe(700);
    const open = setUp({});
    expect(Math.max(...open.expose(open.tile, 3))).toBeGreaterThan(900);
    expect(pixels.filter((value) => value === 700).length).toBe(
      open.expose(open.tile, 3).filter((value) => value >= 700).length,
    );
  });

  it("sees tiles of gains that were given, and nothing in tiles without light", () => {
    const tileGains = [0, 0.5, 1, 1, 1, 1, 1, 1, 1];
    const { expose, layout, camera } = setUp({ tileGains, noise: false, pixelType: "float32", emptyTiles: [[1, 0]] });
    const [unlit, half] = [layout.tiles[0]!, layout.tiles[1]!];
    expect(expose(unlit, 0)).toEqual(Float32Array.from(camera.shading.darkfield(0)));
    const full = setUp({ noise: false, pixelType: "float32", emptyTiles: [[1, 0]] });
    expect(mean(expose(half, 0)) / mean(full.expose(full.layout.tiles[1]!, 0))).toBeCloseTo(0.5, 6);
  });
});

describe("the stage", () => {
  it("leaves tiles up to so many pixels from where it says, and the tables tell what it says", async () => {
    const given = { tileShapeYx: [size, size], jitterPx: 5, levelCount: 1, gridYx: [4, 4], seed: 2 } as const;
    const store = new MemoryStore();
    const { imageKey, layout } = await writeSyntheticAcquisition(store, "a.zarr", given);
    const off = layout.tiles.flatMap(({ stageYx, statedYx }) => stageYx.map((at, axis) => at - statedYx[axis]!));
    expect(Math.max(...off)).toBe(5);
    expect(Math.min(...off)).toBe(-5);
    expect(layout.tiles.flatMap(({ stageYx }) => stageYx).every((at) => at >= 0)).toBe(true);
    const { tiles } = await openMosaic(store, imageKey);
    const [a, b] = [tiles[0]!.stagePositionUmYx!, tiles[5]!.stagePositionUmYx!];
    const [c, d] = [layout.tiles[0]!.statedYx, layout.tiles[5]!.statedYx];
    for (const axis of [0, 1] as const) expect(b[axis] - a[axis]).toBeCloseTo(1.1 * (d[axis] - c[axis]), 3);
  });

  it("shows the same tissue in both tiles of an overlap where they truly lie, not where it says", () => {
    const { expose, layout } = setUp({ jitterPx: 5, overlap: 0.4, noise: false, vignetting: 0, pixelType: "float32" });
    const [above, below] = [layout.tiles[3]!, layout.tiles[4]!];
    const shift = [0, 1].map((axis) => below.stageYx[axis]! - above.stageYx[axis]!);
    expect(shift).not.toEqual([below.statedYx[0] - above.statedYx[0], below.statedYx[1] - above.statedYx[1]]);
    const [upper, lower] = [expose(above, 3), expose(below, 3)];
    for (let y = Math.max(0, shift[0]!); y < size; y += 3) {
      for (let x = Math.max(0, shift[1]!); x < Math.min(size, size + shift[1]!); x += 3) {
        expect(lower[(y - shift[0]!) * size + x - shift[1]!]).toBe(upper[y * size + x]);
      }
    }
  });
});

describe("two sides of light", () => {
  it("light the halves of the grid, each with a flat-field of its own, both of which are saved", async () => {
    const { layout, camera, expose } = setUp({ twoSides: true, gridYx: [3, 4], noise: false, pixelType: "float32" });
    expect(layout.tiles.map(({ side }) => side[0]).join("")).toBe("LLLLLLRRRRRR");
    for (const corner of [layout.tiles[0]!, layout.tiles[11]!]) {
      const field = camera.shading.flatfield(0, corner.side, 0);
      const plane = expose(corner, 0);
      expect(plane[5]! / plane[900]!).toBeCloseTo(field[5]! / field[900]!, 5);
    }
    const store = new MemoryStore();
    const { truth } = await writeSyntheticAcquisition(store, "a.zarr", { twoSides: true, gridYx: [3, 4] });
    await saveTruth(store, "truth", truth);
    for (const side of ["Left", "Right"]) expect(await store.facts(`truth/MBP/${side}/profiles.npz`)).toBeDefined();
    expect(await store.facts("truth/MBP/profiles.npz")).toBeUndefined();
  });
});

describe("shadows", () => {
  it("only take light, in streaks along the light, and not where there is no sample", () => {
    const given = { noise: false, pixelType: "float32", planes: 9 } as const;
    const [open, shaded] = [setUp(given), setUp({ ...given, shadows: 0.3 })];
    const left = [1, 3, 4, 5, 7].map((z) => {
      const without = open.expose(open.tile, z);
      return shaded.expose(shaded.tile, z).map((value, i) => value / without[i]!);
    });
    const all = left.flatMap((plane) => [...plane]);
    expect(Math.max(...all)).toBeLessThanOrEqual(1 + 1e-6);
    expect(Math.min(...all)).toBeLessThan(0.85);
    const step = (plane: ArrayLike<number>, apart: number) =>
      mean(Array.from({ length: size * (size - 1) }, (_, i) => Math.abs(plane[i]! - plane[i + apart]!)));
    expect(mean(left.map((plane) => step(plane, 1)))).toBeLessThan(0.5 * mean(left.map((plane) => step(plane, size))));
    expect(shaded.expose(shaded.empty, 0)).toEqual(open.expose(open.empty, 0));
  });
});

describe("completeOptions", () => {
  const sheet = { rayleigh: 1, sweep: 0, height: 1, cornerLoss: 0, drift: 0 };
  it.each([
    ["shadows", { shadows: 2 }],
    ["fringes", { fringes: 1 }],
    ["jitterPx", { jitterPx: 1.5 }],
    ["dust", { dust: -1 }],
    ["sheet", { sheet: { ...sheet, rayleigh: 0 } }],
    ["sheet", { sheet: { ...sheet, sweep: 1.2 } }],
  ])("refuses impossible %s", (name, given) => {
    expect(() => completeOptions(given)).toThrow(new RegExp(`cannot be made with these options \\(${name}\\)`));
  });
});
