import { describe, expect, it } from "vitest";
import { completeOptions, type LightSheet, type SyntheticOptions } from "../../src/synthetic/options.ts";
import { lightOfSheet, SyntheticShading } from "../../src/synthetic/shading.ts";

const sheet: LightSheet = { rayleigh: 0.8, sweep: 0, height: 10, cornerLoss: 0, drift: 0 };
const [rows, columns] = [40, 48];

function shadingOf(given: Partial<SyntheticOptions>): SyntheticShading {
  return new SyntheticShading(completeOptions({ tileShapeYx: [rows, columns], planes: 11, sheet, seed: 4, ...given }));
}

function row(field: Float64Array, y: number): Float64Array {
  return field.slice(y * columns, (y + 1) * columns);
}

function brightestColumn(field: Float64Array): number {
  const middle = row(field, rows / 2);
  return middle.indexOf(Math.max(...middle));
}

const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("the flat-field of a light sheet", () => {
  it("has mean 1 and is as deep as the options say", () => {
    for (const vignetting of [0.2, 0.6]) {
      const field = shadingOf({ vignetting, sheet: { ...sheet, height: 2, cornerLoss: 0.3 } }).flatfield(0, "Left", 0);
      expect(mean(field)).toBeCloseTo(1, 12);
      expect(Math.min(...field) / Math.max(...field)).toBeCloseTo(1 - vignetting, 10);
    }
  });

  it("falls off along the light as 1 over the thickness of a Gaussian beam, from a waist off the middle", () => {
    const source = { seed: 4, channel: 0, side: "Left" } as const;
    const light = row(lightOfSheet({ ...sheet, height: 1e9 }, [rows, columns], 0, source), 7);
    const thicknessSquared = light.map((value) => value ** -2);
    const step = 2 / columns / sheet.rayleigh;
    for (let x = 2; x < columns; x += 1) {
      const [a, b, c] = [thicknessSquared[x - 2]!, thicknessSquared[x - 1]!, thicknessSquared[x]!];
      expect(a - 2 * b + c).toBeCloseTo(2 * step ** 2, 10);
    }
    expect(Math.min(...thicknessSquared)).toBeCloseTo(1, 2);
    expect(Math.abs(thicknessSquared.indexOf(Math.min(...thicknessSquared)) - columns / 2)).toBeGreaterThan(2);
  });

  it("is even along the light where the waist is swept with the camera's rows", () => {
    const field = shadingOf({ sheet: { ...sheet, sweep: 1, height: 2 } }).flatfield(0, "Left", 0);
    expect(Math.max(...row(field, 3)) / Math.min(...row(field, 3))).toBeCloseTo(1, 12);
    expect(field[0]).not.toBeCloseTo(field[(rows / 2) * columns]!, 2);
  });

  it("moves with its waist from plane to plane, and only then", () => {
    const moving = shadingOf({ sheet: { ...sheet, drift: 1 } });
    const [first, last] = [0, 10].map((z) => brightestColumn(moving.flatfield(0, "Left", z)));
    expect(last! - first!).toBeGreaterThan(columns / 3);
    expect(moving.flatfield(0, "Left", 3)).not.toEqual(moving.flatfield(0, "Left", 4));
    expect(mean(moving.meanFlatfield(0, "Left"))).toBeCloseTo(1, 12);
    const still = shadingOf({});
    expect(still.flatfield(0, "Left", 0)).toEqual(still.flatfield(0, "Left", 10));
  });

  it("gives a plane the same field whatever was asked for before", () => {
    const fields = shadingOf({ sheet: { ...sheet, drift: 1 } });
    const early = fields.flatfield(0, "Left", 2).slice();
    for (let z = 0; z < 11; z += 1) fields.flatfield(0, "Left", z);
    expect(fields.flatfield(0, "Left", 2)).toEqual(early);
  });

  it.each([undefined, sheet])("is another from the right and in another channel, of a sheet %o", (given) => {
    const fields = shadingOf({ sheet: given } as Partial<SyntheticOptions>);
    const left = fields.flatfield(0, "Left", 0);
    expect(fields.flatfield(0, "Right", 0)).not.toEqual(left);
    expect(fields.flatfield(1, "Left", 0)).not.toEqual(left);
  });
});

describe("what lies in the light path", () => {
  it("dust darkens a few pixels, the same in all planes and channels", () => {
    const [clean, dusty] = [shadingOf({}), shadingOf({ dust: 6 })];
    const darker = (channel: number) => {
      const [without, field] = [clean.flatfield(channel, "Left", 0), dusty.flatfield(channel, "Left", 0)];
      return Array.from(field, (value, i) => value / without[i]! < 0.99).map(Number);
    };
    const count = darker(0).reduce((sum, value) => sum + value, 0);
    expect(count).toBeGreaterThan(6);
    expect(count).toBeLessThan((rows * columns) / 8);
    expect(darker(1)).toEqual(darker(0));
  });

  it("fringes brighten and darken by their contrast, many times across the field", () => {
    const [plain, fringed] = [shadingOf({}), shadingOf({ fringes: 0.03 })].map((fields) =>
      fields.flatfield(0, "Left", 0),
    );
    const ratio = fringed!.map((value, i) => value / plain![i]!);
    expect(Math.max(...ratio) - Math.min(...ratio)).toBeCloseTo(0.06, 2);
    const along = Array.from(row(ratio, 5), (value) => Math.sign(value - 1));
    const changes = along.slice(1).filter((sign, i) => sign !== along[i]).length;
    expect(changes).toBeGreaterThan(6);
  });
});
