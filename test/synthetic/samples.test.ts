import { describe, expect, it } from "vitest";
import { SyntheticCamera } from "../../src/synthetic/camera.ts";
import { layOutTiles } from "../../src/synthetic/layout.ts";
import { completeOptions, type SampleKind, type SyntheticOptions } from "../../src/synthetic/options.ts";

const size = 40;
const background = 200;
const channel = {
  label: "488",
  wavelengthId: "488",
  color: "4FC3F7",
  background,
  autofluorescence: 600,
  labelled: 1500,
};

/** For each tile the share of its pixels, of those of its left half, and of the quarter after it that are bright. */
function brightShares(sample: SampleKind, given: Partial<SyntheticOptions> = {}) {
  const options = completeOptions({
    sample,
    channels: [channel],
    tileShapeYx: [size, size],
    planes: 7,
    emptyTiles: [],
    emptyPlanesPerEnd: 0,
    scatter: 0,
    vignetting: 0,
    darkfield: 0,
    noise: false,
    pixelType: "float32",
    seed: 6,
    ...given,
  });
  const layout = layOutTiles(options);
  const camera = new SyntheticCamera(options, layout);
  return layout.tiles.map((tile) => {
    const pixels = new Float32Array(size * size);
    camera.expose(0, tile, 3, [0, 0], [size, size], { pixels, offset: 0, rowStride: size });
    const bright = Array.from(pixels, (value) => value > 1.5 * background);
    const left = bright.filter((_, i) => i % size < size / 2);
    const right = bright.filter((_, i) => i % size >= size / 2 && i % size < 0.75 * size);
    return { all: shareOf(bright), left: shareOf(left), right: shareOf(right) };
  });
}

const shareOf = (flags: readonly boolean[]) => flags.filter(Boolean).length / flags.length;
const total = (shares: readonly { readonly all: number }[]) =>
  shares.reduce((sum, { all }) => sum + all, 0) / shares.length;

describe("samples", () => {
  it("filled: tissue in every tile, to its corners", () => {
    const [organ, filled] = [brightShares("organ"), brightShares("filled")];
    expect(Math.min(...filled.map(({ all }) => all))).toBeGreaterThan(0.4);
    expect(organ[0]!.all).toBeLessThan(0.8 * filled[0]!.all);
    expect(organ[4]).toEqual(filled[4]);
  });

  it("shell: hollow in the middle tile, tissue around it", () => {
    const shares = brightShares("shell");
    expect(shares[4]!.all).toBe(0);
    expect(shares[1]!.all).toBeGreaterThan(0.1);
    expect(brightShares("organ")[4]!.all).toBeGreaterThan(0.5);
  });

  it("vessels: a small part of what the organ fills", () => {
    const share = total(brightShares("vessels", { channels: [{ ...channel, autofluorescence: 0 }] }));
    expect(share).toBeGreaterThan(0.005);
    expect(share).toBeLessThan(0.3 * total(brightShares("organ")));
  });

  it("small: nearly all tiles are empty", () => {
    const shares = brightShares("small", { gridYx: [4, 4] });
    expect(shares.filter(({ all }) => all > 0).length).toBeLessThan(6);
    expect(total(shares)).toBeGreaterThan(0.01);
    expect(total(shares)).toBeLessThan(0.1);
  });

  it("left halves: tissue in the left half of every tile, none to the right of it before the overlap", () => {
    for (const { left, right } of brightShares("left halves")) {
      expect(left).toBeGreaterThan(0.2);
      expect(right).toBe(0);
    }
  });
});
