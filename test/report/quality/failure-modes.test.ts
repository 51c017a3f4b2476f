/** What has deceived verdicts: each on a small acquisition whose light is known. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Profile } from "../../../src/profile/profile.ts";
import { checkLocated } from "../../../src/report/quality/check-images.ts";
import type { ChannelQuality } from "../../../src/report/quality/quality-report.ts";
import type { SyntheticOptions } from "../../../src/synthetic/options.ts";
import { writeSyntheticAcquisition } from "../../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { type PixelRule, writeCorrectedCopy } from "./corrected-copy.ts";

const quiet = { report: () => {}, signal: new AbortController().signal };
const field = 64;
const channels = [
  { label: "488", wavelengthId: "488", color: "4FC3F7", background: 240, autofluorescence: 500, labelled: 1500 },
];

async function scene(options: Partial<SyntheticOptions> = {}) {
  const store = new MemoryStore();
  const shape = { tileShapeYx: [field, field], chunkShapeZyx: [6, 96, 96], planes: 6, gridYx: [3, 4] } as const;
  const usual = { ...shape, channels, emptyTiles: [], cameraOffset: 90, levelCount: 1, overlap: 0.14, seed: 3 };
  const { imageKey, truth } = await writeSyntheticAcquisition(store, "demo.zarr", { ...usual, ...options });
  return { store, key: imageKey, profile: [...truth.profiles.values()][0]! };
}
type Scene = Awaited<ReturnType<typeof scene>>;

/** The source as a rule changes it: what a microscope that is lit otherwise would have taken. */
async function changed({ store, key, profile }: Scene, rule: PixelRule): Promise<Scene> {
  const copies = new MemoryStore();
  await writeCorrectedCopy(store, key, copies, "copy", rule);
  return { store: copies, key: "copy", profile };
}

/** The channel's quality, and the kinds of flags that a user is shown. */
async function assess({ store, key }: Scene, rule: PixelRule): Promise<ChannelQuality & { readonly flags: string[] }> {
  const copies = new MemoryStore();
  await writeCorrectedCopy(store, key, copies, "copy", rule);
  const corrected = { store: copies, key: "copy" };
  const { report } = await checkLocated({ source: { store, key }, corrected, parameters: { seed: 0 } }, quiet);
  return { ...report.channels[0]!, flags: report.flags.map(({ kind }) => kind) };
}

/** The pixels of the source by column, row and plane; 0 outside of the image. */
async function neighboursOf({ store, key }: Scene): Promise<(x: number, y: number, z: number) => number> {
  const side = 4 * field;
  const values = new Float64Array(6 * side * side);
  await writeCorrectedCopy(store, key, new MemoryStore(), "copy", (value, _channel, _at, x, y, z) => {
    if (x < side && y < side) values[(z * side + y) * side + x] = value;
    return value;
  });
  return (x, y, z) => (x < 0 || y < 0 || x >= side || y >= side ? 0 : values[(z * side + y) * side + x]!);
}

const by = ({ flatfield, darkfield }: Profile): PixelRule => {
  return (value, _channel, at) => (value - darkfield[at]!) / flatfield[at]!;
};
/** From -1 to 1 over the field. */
const across = (x: number) => (2 * (x % field)) / (field - 1) - 1;

describe("a verdict", () => {
  let source: Scene;
  let right: PixelRule;
  beforeAll(async () => {
    source = await scene();
    right = by(source.profile);
  });

  it("is sure of the true profile, whose error it does not take for large", async () => {
    const { verdict, errors, lightVariation, defects } = await assess(source, right);
    expect(verdict).toMatchObject({ kind: "improved", confidence: "high" });
    expect(lightVariation).toBe("none");
    expect(defects).toEqual({ zeroed: 0, cutOff: 0, wrapped: 0, notNumbers: 0, uncorrected: 0 });
    expect(errors!.profile.high).toBeLessThan(0.03);
  });

  it("says how far a profile is off", async () => {
    const { errors } = await assess(source, (...pixel) => right(...pixel) * Math.exp(0.08 * across(pixel[3])));
    // Mean |exp(0.08 u) - 1| over -1 to 1.
    expect(errors!.profile.low).toBeLessThan(0.04);
    expect(errors!.profile.high).toBeGreaterThan(0.04);
    expect(errors!.profile.value).toBeGreaterThan(0.03);
    expect(errors!.profile.value).toBeLessThan(0.05);
  });

  it("sees gains of tiles that hide a tilt: seams vanish and the image gets worse", async () => {
    const tilted = (tile: number) => 0.12 * tile;
    const { verdict, gains, votes } = await assess(source, (...pixel) => {
      const [, , , x] = pixel;
      return right(...pixel) * Math.exp(0.06 * across(x) * 1.15 + tilted(Math.floor(x / field)));
    });
    expect(votes!.arithmetic.mean).toBeLessThan(-0.4);
    expect(gains!.spread).toBeGreaterThan(0.1);
    expect(gains!.chanceReal).toBeLessThan(0.1);
    expect(verdict.kind).toBe("worse");
  });

  it("believes gains of tiles that differ without order", async () => {
    const real = [1, 1.12, 0.9, 1.05, 0.86, 1.1, 0.95, 1.15, 0.88, 1.02, 0.92, 1.08];
    const gainOf = (x: number, y: number) => real[Math.floor(y / field) * 4 + Math.floor(x / field)]!;
    const uneven = await changed(source, (value, _c, _at, x, y) => (value - 90) * gainOf(x, y) + 90);
    const { verdict, gains } = await assess(uneven, (...pixel) => right(...pixel) / gainOf(pixel[3], pixel[4]));
    expect(gains!.chanceReal).toBeGreaterThan(0.9);
    expect(verdict).toMatchObject({ kind: "improved", confidence: "moderate" });
  });

  it("sees that the two halves of a mosaic are lit from two sides, under one profile", async () => {
    const side = (x: number) => (x < 2 * field ? 1 : -1);
    const twoSides = await changed(source, (value, _c, _at, x) => {
      return (value - 90) * Math.exp(0.15 * side(x) * across(x)) + 90;
    });
    const { verdict, lightVariation } = await assess(twoSides, right);
    expect(lightVariation).toBe("columns");
    expect(verdict.confidence).not.toBe("high");
  });

  it("sees a light that moves with depth, under the profile of its first plane", async () => {
    const moving = await changed(source, (value, _c, _at, _x, y, z) => {
      return (value - 90) * Math.exp(0.08 * z * across(y)) + 90;
    });
    const { verdict, lightVariation } = await assess(moving, right);
    expect(lightVariation).toBe("depth");
    expect(verdict).not.toMatchObject({ kind: "improved", confidence: "high" });
  });

  it("never calls a bright background that was taken off an improvement", async () => {
    const { verdict, defects } = await assess(source, (...pixel) => right(...pixel) - 0.9 * 240);
    expect(defects.zeroed).toBeLessThan(0.05);
    expect(verdict.kind).toBe("worse");
  });

  it("counts planes that were left as they are", async () => {
    const { verdict, defects, flags } = await assess(source, (...pixel) => (pixel[5] < 2 ? right(...pixel) : pixel[0]));
    expect(flags).toContain("uncorrected");
    expect(defects.uncorrected).toBeCloseTo(4 / 6, 5);
    expect(verdict.kind).not.toBe("improved");
    const one = await assess(source, (...pixel) => (pixel[5] < 5 ? right(...pixel) : pixel[0]));
    expect(one.defects.uncorrected).toBeCloseTo(1 / 6, 5);
    expect(one.verdict.confidence).not.toBe("high");
  });

  it("counts pixels that wrapped around", async () => {
    const { verdict, defects, flags } = await assess(source, (...pixel) => {
      const value = Math.round(right(...pixel) - (pixel[2] % 50 === 0 ? 500 : 0));
      return value < 0 ? value + 65536 : value;
    });
    expect(flags).toContain("wrapped");
    expect(defects.wrapped).toBeGreaterThan(0.005);
    expect(defects.wrapped).toBeLessThan(0.021);
    expect(verdict.kind).not.toBe("improved");
  });

  it("does not take bright pixels for such that wrapped around", async () => {
    const bright = await changed(source, (value) => Math.min(65535, 25 * (value - 90) + 90));
    const { defects } = await assess(bright, right);
    expect(defects.wrapped).toBe(0);
  });

  it("counts pixels that are no number", async () => {
    const floats = await scene({ pixelType: "float32" });
    const correct = by(floats.profile);
    const { verdict, defects, flags } = await assess(floats, (...pixel) =>
      pixel[2] % 200 === 0 ? Number.NaN : pixel[2] % 200 === 100 ? Number.POSITIVE_INFINITY : correct(...pixel),
    );
    expect(flags).toContain("not-numbers");
    expect(defects.notNumbers).toBeCloseTo(0.01, 3);
    expect(verdict.kind).not.toBe("improved");
  });

  it("does not call blurred, moved or exchanged pixels an improvement", async () => {
    const around = await neighboursOf(source);
    const blurred = await assess(source, (_value, channel, at, x, y, z) => {
      const places = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => [x + dx, y + dy] as const));
      const mean = places.reduce((sum, [px, py]) => sum + around(px, py, z), 0) / places.length;
      return right(mean, channel, at, x, y, z);
    });
    const exchanged = await assess(source, (_value, channel, at, x, y, z) => {
      const from = Math.floor(x / field) < 2 && y < field ? (x + field) % (2 * field) : x;
      return right(around(from, y, z), channel, at, x, y, z);
    });
    expect(exchanged.verdict.kind).not.toBe("improved");
    const moved = await assess(source, (_value, channel, at, x, y, z) =>
      right(around(x + 1, y, z), channel, at, x, y, z),
    );
    for (const { verdict, votes } of [blurred, moved]) {
      expect(votes!.arithmetic.mean).toBeLessThan(-0.1);
      expect(verdict.kind).not.toBe("improved");
      expect(verdict.reason).toContain("blurred, moved or exchanged");
    }
  });

  it("does not take rounding and the light's own slope in even, bright images for blurred pixels", async () => {
    // As bright field shows it: little noise, and the light differs from pixel to pixel by as much.
    const steep = source.profile.flatfield.map((value, at) => value * Math.exp(0.4 * across(at)));
    const noiseAt = (x: number, y: number, z: number) => {
      const draw = (salt: number) =>
        Math.abs(Math.sin((x * 12.9898 + y * 78.233 + z * 37.719 + salt) * 43758.5453)) % 1;
      return 1.2 * (draw(1) + draw(2) + draw(3) - 1.5);
    };
    const glass = await changed(source, (value, channel, at, x, y, z) => {
      const shown = Math.exp(-right(value, channel, at, x, y, z) / 4000);
      return Math.round(150 * steep[at]! * shown + noiseAt(x, y, z));
    });
    const { verdict } = await assess(glass, (value, _channel, at) => value / steep[at]!);
    expect(verdict.reason).not.toContain("blurred");
  });

  it("does not hold noise around a camera's offset that became 0 against a sample on black", async () => {
    const black = await scene({ channels: [{ ...channels[0]!, background: 0 }], sample: "small" });
    const { verdict, defects } = await assess(black, (...pixel) => by(black.profile)(...pixel) - 2);
    expect(defects.zeroed).toBeGreaterThan(0.6);
    expect(verdict.kind).toBe("improved");
  });

  it("is not of high confidence where many pixels were set to 0", async () => {
    const { verdict, defects, flags } = await assess(source, (...pixel) => right(...pixel) - 290);
    expect(flags).toContain("zeroed");
    expect(defects.zeroed).toBeGreaterThan(0.05);
    expect(verdict.kind).not.toBe("improved");
  });
});

describe("a verdict on a single row of tiles", () => {
  it("does not vouch for what seams between columns cannot show", async () => {
    const row = await scene({ gridYx: [1, 6] });
    const right = by(row.profile);
    const tilted = await assess(
      row,
      (...pixel) => right(...pixel) * Math.exp(0.2 * ((2 * (pixel[4] % field)) / field - 1)),
    );
    expect(tilted.verdict.confidence).not.toBe("high");
    // The true error, mean |exp(0.2 v) - 1|, is a tenth.
    expect(tilted.errors!.profile.high).toBeGreaterThan(0.1);
    const well = await assess(row, right);
    expect(well.verdict.confidence).not.toBe("high");
  });
});
