/** What lies in the light path and darkens the same pixels in every plane: dust on glass, and interference fringes. */
import type { Yx } from "../shapes.ts";
import { hashOf, toUnit } from "./random.ts";

/** Fringes across the field's shorter side. */
const fringeCount = 9;

/** Darkens a flat-field where `count` specks of dust lie, out of focus: by 2 to 8 % in their middle. */
export function addDust(flatfield: Float64Array, [rows, columns]: Yx, count: number, seed: number): void {
  const shorter = Math.min(rows, columns);
  for (let speck = 0; speck < count; speck += 1) {
    const draw = (index: number) => toUnit(hashOf(seed, 0xd057, speck, index));
    const [centreY, centreX] = [draw(0) * rows, draw(1) * columns];
    const radius = Math.max(1.5, shorter * (0.01 + 0.03 * draw(2)));
    const strength = 0.02 + 0.06 * draw(3);
    const [top, bottom] = [Math.max(0, Math.ceil(centreY - radius)), Math.min(rows - 1, centreY + radius)];
    const [left, right] = [Math.max(0, Math.ceil(centreX - radius)), Math.min(columns - 1, centreX + radius)];
    for (let y = top; y <= bottom; y += 1) {
      for (let x = left; x <= right; x += 1) {
        const inside = 1 - ((y - centreY) ** 2 + (x - centreX) ** 2) / radius ** 2;
        if (inside > 0) flatfield[y * columns + x]! *= 1 - strength * inside * inside;
      }
    }
  }
}

/**
 * Multiplies a flat-field by slanted, slightly bent fringes, as a thin camera window makes them: brighter and darker by
 * up to `contrast`, at another place for every wavelength.
 */
export function addFringes(
  flatfield: Float64Array,
  [rows, columns]: Yx,
  contrast: number,
  seed: number,
  channel: number,
): void {
  const draw = (index: number) => toUnit(hashOf(seed, 0xf219, channel, index));
  const [angle, start, bend] = [Math.PI * (0.1 + 0.3 * draw(0)), 2 * Math.PI * draw(1), 0.4 * (draw(2) - 0.5)];
  const perPixel = (2 * Math.PI * fringeCount) / Math.min(rows, columns);
  const [stepY, stepX] = [perPixel * Math.sin(angle), perPixel * Math.cos(angle)];
  for (let y = 0; y < rows; y += 1) {
    for (let x = 0; x < columns; x += 1) {
      const phase = start + stepX * x + stepY * y * (1 + (bend * y) / rows);
      flatfield[y * columns + x]! *= 1 + contrast * Math.cos(phase);
    }
  }
}
