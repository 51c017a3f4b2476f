import { describe, expect, it } from "vitest";
import { SyntheticCamera } from "../../src/synthetic/camera.ts";
import { addSmoothNoise } from "../../src/synthetic/grown-tissue.ts";
import { layOutTiles } from "../../src/synthetic/layout.ts";
import { completeOptions } from "../../src/synthetic/options.ts";

const options = completeOptions({
  sample: "grown",
  tileShapeYx: [96, 96],
  planes: 12,
  emptyPlanesPerEnd: 2,
  vignetting: 0,
  darkfield: 0,
  noise: false,
  pixelType: "float32",
});
const layout = layOutTiles(options);

function planeOf(tile: number, z: number, channel = 0): Float32Array {
  const pixels = new Float32Array(96 * 96);
  new SyntheticCamera(options, layout).expose(channel, layout.tiles[tile]!, z, [0, 0], [96, 96], {
    pixels,
    offset: 0,
    rowStride: 96,
  });
  return pixels;
}

describe("smooth noise", () => {
  const size = 240;
  const noise = new Float32Array(size * size);
  addSmoothNoise(7, [5, 12, 12], 1, { z: 3, y0: 0, y1: size, x0: 0, x1: size }, noise);

  it("has mean 0 and standard deviation 1", () => {
    const mean = noise.reduce((sum, value) => sum + value, 0) / noise.length;
    const variance = noise.reduce((sum, value) => sum + (value - mean) ** 2, 0) / noise.length;
    expect(Math.abs(mean)).toBeLessThan(0.15);
    expect(Math.abs(Math.sqrt(variance) - 1)).toBeLessThan(0.25);
  });

  it("shows no blocks: it changes as much on the lines of the lattice as between them", () => {
    const slopeAt = (column: number) => {
      let sum = 0;
      for (let y = 0; y < size; y += 1) {
        for (let x = 12 + column; x < size - 12; x += 12)
          sum += Math.abs(noise[y * size + x + 1]! - noise[y * size + x]!);
      }
      return sum;
    };
    const slopes = Array.from({ length: 12 }, (_, column) => slopeAt(column));
    expect(Math.max(...slopes) / Math.min(...slopes)).toBeLessThan(1.5);
  });

  it("is the same in whatever part it is computed", () => {
    const part = new Float32Array(10 * 20);
    addSmoothNoise(7, [5, 12, 12], 1, { z: 3, y0: 31, y1: 41, x0: 50, x1: 70 }, part);
    for (let y = 0; y < 10; y += 1) {
      expect(part.slice(y * 20, (y + 1) * 20)).toEqual(noise.slice((31 + y) * size + 50, (31 + y) * size + 70));
    }
  });
});

describe("grown tissue", () => {
  it("leaves empty tiles and planes empty", () => {
    for (const tile of layout.tiles.filter(({ empty }) => empty)) {
      expect(new Set(planeOf(tile.number - 1, 6)).size).toBe(1);
    }
    expect(new Set(planeOf(4, 1)).size).toBe(1);
  });

  it("fills the middle tile, and differs between channels", () => {
    const background = 2 * options.channels[0]!.background;
    const bright = planeOf(4, 6).filter((value) => value > 1.1 * background).length;
    expect(bright / 96 ** 2).toBeGreaterThan(0.8);
    expect(planeOf(4, 6, 1)).not.toEqual(planeOf(4, 6));
  });

  it("shows overlaps alike in both tiles", () => {
    const [upper, lower] = [planeOf(3, 6), planeOf(4, 6)];
    const step = layout.tiles[4]!.stageYx[0] - layout.tiles[3]!.stageYx[0];
    expect(lower.slice(0, 96 * (96 - step))).toEqual(upper.slice(96 * step));
  });
});
