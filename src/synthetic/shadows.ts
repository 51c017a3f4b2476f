/** Shadows: streaks behind what absorbs the light of the sheet, along its way through the sample. */
import type { Zyx } from "../shapes.ts";
import { type PlaneWindow, smoothStep } from "./lattice-noise.ts";
import { mix, toUnit } from "./random.ts";

/**
 * Darkens a window by shadows, at most one in each box of `pitchZyx` planes, rows and columns. A part `share` of the
 * boxes has one. It begins in its box, is narrower than it, takes up to 40 % of the light, and fills up again along
 * the light, to the right, within six boxes.
 */
export function castShadows(
  key: number,
  pitchZyx: Zyx,
  share: number,
  window: PlaneWindow,
  destination: Float32Array,
): void {
  const [pitchZ, pitchY, pitchX] = pitchZyx;
  const layer = Math.floor(window.z / pitchZ);
  const ofLayer = mix(key, layer);
  for (let row = Math.floor(window.y0 / pitchY); row * pitchY < window.y1; row += 1) {
    for (let column = Math.floor(window.x0 / pitchX) - reach; column * pitchX < window.x1; column += 1) {
      const hash = mix(mix(ofLayer, row), column);
      if (toUnit(hash) < share) castShadow(hash, [row, column], [pitchY, pitchX], window, destination);
    }
  }
}

/** Boxes after which a shadow has filled up. */
const reach = 6;

function castShadow(
  hash: number,
  [row, column]: readonly [number, number],
  [pitchY, pitchX]: readonly [number, number],
  { y0, y1, x0, x1 }: PlaneWindow,
  destination: Float32Array,
): void {
  const halfWidth = pitchY * (0.1 + 0.3 * toUnit(mix(hash, 1)));
  const centre = pitchY * row + halfWidth + (pitchY - 2 * halfWidth) * toUnit(mix(hash, 2));
  const start = pitchX * (column + toUnit(mix(hash, 3)));
  const strength = 0.1 + 0.3 * toUnit(mix(hash, 4));
  const [first, last] = [Math.max(x0, Math.ceil(start)), Math.min(x1, start + (reach - 1) * pitchX)];
  for (let y = Math.max(y0, Math.ceil(centre - halfWidth)); y < Math.min(y1, centre + halfWidth); y += 1) {
    const across = (1 - ((y - centre) / halfWidth) ** 2) ** 2;
    for (let x = first; x < last; x += 1) {
      const behind = (x - start) / pitchX;
      const left = smoothStep(4 * behind) * (1 - smoothStep(behind / (reach - 1)));
      destination[(y - y0) * (x1 - x0) + x - x0]! *= 1 - strength * across * left;
    }
  }
}
