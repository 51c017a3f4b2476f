/** The shading of a simple microscope: smooth, asymmetric vignetting and dark-field, different in every channel. */
import type { Yx } from "../shapes.ts";
import { meanOf } from "../statistics.ts";
import { hashOf, toUnit } from "./random.ts";

/**
 * A flat-field of mean 1, C order `[y, x]`. Its darkest pixel is exactly `depth` below its brightest (0.3: 30 %). The
 * shape: a bowl with its centre off the field's, narrower along one axis and tilted to one side, as a light sheet with
 * a misaligned waist makes it.
 */
export function syntheticFlatfield(shapeYx: Yx, depth: number, seed: number, channel: number): Float64Array {
  const draw = (index: number) => toUnit(hashOf(seed, 0xf1a7, channel, index)) * 2 - 1;
  const offAxis = (index: number) => Math.sign(draw(index)) * (0.2 + 0.2 * Math.abs(draw(index)));
  const [centreY, centreX] = [offAxis(0), offAxis(1)];
  const [narrowness, twist, lean] = [1 + 0.25 * draw(2), 0.3 * draw(3), 0.15 * draw(4)];
  const bowl = overField(shapeYx, (v, u) => {
    const [y, x] = [v - centreY, u - centreX];
    return narrowness * y * y + x * x + twist * x * y + lean * x ** 3;
  });
  const shaded = toUnitRange(bowl).map((value) => 1 - depth * value);
  const mean = meanOf(shaded);
  return shaded.map((value) => value / mean);
}

/** A dark-field in counts, C order `[y, x]`: `offset`, and a glow of at most `range` counts from one edge. */
export function syntheticDarkfield(
  shapeYx: Yx,
  range: number,
  offset: number,
  seed: number,
  channel: number,
): Float64Array {
  const angle = 2 * Math.PI * toUnit(hashOf(seed, 0xda2c, channel));
  const [edgeY, edgeX] = [1.2 * Math.sin(angle), 1.2 * Math.cos(angle)];
  const glow = overField(shapeYx, (v, u) => Math.exp(-((v - edgeY) ** 2 + (u - edgeX) ** 2) / 1.5));
  return toUnitRange(glow).map((value) => offset + range * value);
}

/** An image of `value` at the centres of the pixels of a field that spans -1 to 1 along both axes. */
function overField(shapeYx: Yx, value: (v: number, u: number) => number): Float64Array {
  const [rows, columns] = shapeYx;
  const image = new Float64Array(rows * columns);
  for (let y = 0; y < rows; y += 1) {
    for (let x = 0; x < columns; x += 1) {
      image[y * columns + x] = value((2 * y + 1) / rows - 1, (2 * x + 1) / columns - 1);
    }
  }
  return image;
}

/** Shifted and scaled to run from 0 to 1; all 0 where the image is constant. */
function toUnitRange(image: Float64Array): Float64Array {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of image) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const range = high - low;
  return image.map((value) => (range === 0 ? 0 : (value - low) / range));
}
