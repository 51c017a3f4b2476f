import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { downsample } from "../../src/correct/downsample.ts";
import { correctionField, correctRectangle } from "../../src/correct/kernel.ts";
import { allocatePixels, elementCount, type PixelArray, type Zyx } from "../../src/shapes.ts";
import { readNpz } from "../support/npz.ts";
import { hasReferenceData, referenceFolder } from "../support/reference-data.ts";
import { blockMean, flatten, nearestTiesToEven, single } from "./naive.ts";

interface CorrectCase {
  readonly img: string;
  readonly out: string;
  readonly flat_dtype: "float32" | "float64";
  readonly darkfield: boolean;
  readonly dark_divisor: number;
  readonly baseline: number | null;
}

interface PyramidCase {
  readonly shape: readonly number[];
  readonly out_shape: readonly number[];
  readonly coarsening_z: number;
  readonly coarsening_xy: number;
}

const folder = `${referenceFolder}golden/`;
const golden: { correct: Record<string, CorrectCase>; pyramid: Record<string, PyramidCase> } = hasReferenceData
  ? JSON.parse(readFileSync(`${folder}golden.json`, "utf8"))
  : { correct: {}, pyramid: {} };

describe.skipIf(!hasReferenceData)("the reference's correction", () => {
  const arrays = hasReferenceData ? readNpz(`${folder}correct.npz`) : {};

  it.each(Object.entries(golden.correct))("%s: the same but for its truncation", (_, one) => {
    const source = arrays[one.img]!.data as PixelArray;
    const reference = arrays[one.out]!.data;
    const [, planes, rows, columns] = arrays[one.img]!.shape as [number, number, number, number];
    const flatfield = Float32Array.from(arrays.flat64!.data);
    const dark = arrays.dark64!.data.slice();
    const darkfield = Float32Array.from(dark, (value) => (one.darkfield ? value / one.dark_divisor : 0));
    const background = one.baseline ?? 0;
    const field = correctionField({ shapeYx: [rows, columns], flatfield, darkfield, baseline: 0 }, background);

    const corrected = source.slice();
    const clipped = new Float64Array(2);
    for (let z = 0; z < planes; z++) {
      const plane = { rows, columns, start: z * rows * columns, stride: columns };
      correctRectangle(corrected, { ...plane, profileStart: 0, profileStride: columns }, field, clipped);
    }

    expect(Math.max(...corrected.map((value, i) => Math.abs(value - reference[i]!)))).toBeLessThanOrEqual(1);
    if (one.flat_dtype === "float64") return;
    // In single precision the reference's value before its truncation is known to the bit, and so is its rounding.
    const largest = source instanceof Uint8Array ? 255 : 65535;
    const values = Array.from(source, (pixel, i) => {
      const p = i % (rows * columns);
      return single(flatten(pixel, flatfield[p]!, darkfield[p]!) - background);
    });
    const kept = values.map((value) => Math.min(Math.max(value, 0), largest));
    expect(kept.map(Math.trunc)).toEqual([...reference]);
    expect([...corrected]).toEqual(kept.map(nearestTiesToEven));
    expect([...clipped]).toEqual([values.filter((v) => v < 0).length, values.filter((v) => v > largest).length]);
  });
});

describe.skipIf(!hasReferenceData)("the reference's pyramid", () => {
  const arrays = hasReferenceData ? readNpz(`${folder}pyramid.npz`) : {};

  it.each(Object.entries(golden.pyramid))("case %s: within a count, and exactly the mean, half up", (name, one) => {
    const source = arrays[`in_${name}`]!.data as Uint16Array;
    const sourceShape = one.shape.slice(1) as unknown as Zyx;
    const targetShape = one.out_shape.slice(1) as unknown as Zyx;
    const factors: Zyx = [one.coarsening_z, one.coarsening_xy, one.coarsening_xy];
    const target = allocatePixels("uint16", elementCount(targetShape));
    downsample(
      {
        source,
        sourceShape,
        sourceStart: 0,
        sourceExtent: sourceShape,
        target,
        targetShape,
        targetStart: 0,
        targetExtent: targetShape,
      },
      factors,
    );
    const reference = arrays[`out_${name}`]!.data;
    // The reference repeats the last pixels of an odd extent, which changes no mean of two; then it truncates.
    expect(Math.max(...target.map((value, i) => Math.abs(value - reference[i]!)))).toBeLessThanOrEqual(1);
    const [, rows, columns] = targetShape;
    const wanted = Array.from(target, (_, i) => {
      const place = [Math.floor(i / (rows * columns)), Math.floor(i / columns) % rows, i % columns] as const;
      return blockMean(source, sourceShape, factors, place);
    });
    expect([...target]).toEqual(wanted);
  });
});
