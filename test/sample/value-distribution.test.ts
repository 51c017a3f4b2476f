import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ValueDistribution } from "../../src/sample/value-distribution.ts";
import type { PixelType } from "../../src/shapes.ts";

/** The quantile by the definition: linear between the neighbours in rank. */
function quantileOf(values: readonly number[], share: number): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const rank = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(rank)]!, sorted[Math.ceil(rank)]!];
  return below + (rank - Math.floor(rank)) * (above - below);
}

/** Values beyond a byte and within one, so many that of each byte there are several. */
function* shortValues(count: number): Generator<number> {
  for (let n = 0; n < count; n++) yield (Math.imul(n, 2654435761) >>> (n % 3 === 0 ? 24 : 16)) & 65535;
}

function distributionOf(type: PixelType, values: readonly number[], mostKept = values.length): ValueDistribution {
  const distribution = new ValueDistribution(type, values.length, mostKept);
  for (const value of values) distribution.add(value);
  return distribution;
}

describe("ValueDistribution", () => {
  it("gives the quantiles of thousands of kept values", () => {
    const values = [...shortValues(4000)];
    const distribution = distributionOf("uint16", values);
    for (const share of [0, 0.16, 0.5, 0.84, 1]) {
      expect(distribution.quantile(share)).toBe(quantileOf(values, share));
      expect(distribution.quantile(share, 200)).toBe(
        quantileOf(
          values.filter((value) => value > 200),
          share,
        ),
      );
    }
  });

  it.each([
    ["uint16", 100],
    ["uint16", 7],
    ["uint8", 1000],
    ["float32", 9],
  ] as const)("keeps of rows of %s what it keeps of single values, %i at most", (type, mostKept) => {
    const all = [...shortValues(157)].map((value, n) =>
      type === "float32" && n % 11 === 0 ? Number.NaN : value & 255,
    );
    const pixels = Float32Array.from(all);
    const [single, rows] = [0, 1].map(() => new ValueDistribution(type, all.length, mostKept));
    for (const value of type === "float32" ? pixels : all) single!.add(value);
    for (let from = 0; from < all.length; from += 13) rows!.addAll(pixels, from, Math.min(from + 13, all.length));
    for (const share of [0, 0.3, 0.5, 1]) expect(rows!.quantile(share)).toBe(single!.quantile(share));
  });

  it.each([["uint8"], ["uint16"], ["float32"]] as const)(
    "gives the quantiles of %s pixels, also of the bright ones",
    (type) => {
      const values = fc.array(fc.nat(type === "uint8" ? 255 : 65535), { minLength: 1, maxLength: 40 });
      const share = fc.constantFrom(0, 0.001, 0.25, 0.5, 0.999, 1);
      const threshold = fc.oneof(
        fc.constant(Number.NEGATIVE_INFINITY),
        fc.double({ min: -5, max: 70000, noNaN: true }),
      );
      fc.assert(
        fc.property(values, share, threshold, (pixels, part, above) => {
          const bright = pixels.filter((value) => value > above);
          expect(distributionOf(type, pixels).quantile(part, above)).toEqual(quantileOf(bright, part));
        }),
        { numRuns: 60 },
      );
    },
  );

  it("has no quantile where there is no value", () => {
    expect(new ValueDistribution("uint16", 10, 10).quantile(0.5)).toBeUndefined();
    expect(distributionOf("uint8", [4, 255]).quantile(0.5, 255)).toBeUndefined();
    expect(distributionOf("float32", [Number.NaN, Number.POSITIVE_INFINITY]).quantile(0.5)).toBeUndefined();
  });

  it("keeps no more floating-point values than told, spread over all", () => {
    const values = Array.from({ length: 10_000 }, (_, i) => i);
    expect(distributionOf("float32", values, 100).quantile(0.5)).toBeCloseTo(4950, 6);
    expect(distributionOf("float32", values, 100).quantile(1)).toBe(9900);
  });
});
