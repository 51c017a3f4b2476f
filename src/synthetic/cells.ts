/** Labelled cells: round blobs, one at most in each box of a lattice and never beyond it. */
import type { Zyx } from "../shapes.ts";
import type { PlaneWindow } from "./lattice-noise.ts";
import { mix, toUnit } from "./random.ts";

/** Part of the boxes that hold a cell, in tissue. */
const occupancyOfTissue = 0.6;

/**
 * Adds cells of brightness up to 1 to a window; boxes of the lattice are `pitchZyx` planes, rows and columns large, and
 * a part `occupancy` of them holds a cell.
 * Every column of boxes begins at a plane of its own, so that no plane passes between all cells.
 */
export function addCells(
  key: number,
  pitchZyx: Zyx,
  window: PlaneWindow,
  destination: Float32Array,
  occupancy = occupancyOfTissue,
): void {
  const [pitchZ, pitchY, pitchX] = pitchZyx;
  for (let row = Math.floor(window.y0 / pitchY); row * pitchY < window.y1; row += 1) {
    for (let column = Math.floor(window.x0 / pitchX); column * pitchX < window.x1; column += 1) {
      const stack = mix(mix(key, row), column);
      const layer = Math.floor(window.z / pitchZ + toUnit(stack));
      const hash = mix(stack, layer);
      const box: Zyx = [layer - toUnit(stack), row, column];
      if (toUnit(hash) < occupancy) addCell(hash, box, pitchZyx, window, destination);
    }
  }
}

/** Adds the cell of one box: brightness falls as (1 - d²)², d being the distance from its centre over its radius. */
function addCell(hash: number, box: Zyx, pitchZyx: Zyx, window: PlaneWindow, destination: Float32Array): void {
  const size = 0.15 + 0.2 * toUnit(mix(hash, 1));
  const brightness = 0.3 + 0.7 * toUnit(mix(hash, 2));
  const radius = pitchZyx.map((pitch) => size * pitch);
  const centre = pitchZyx.map(
    (pitch, axis) => (box[axis]! + size + (1 - 2 * size) * toUnit(mix(hash, 3 + axis))) * pitch - 0.5,
  );
  const [rz, ry, rx] = radius as [number, number, number];
  const [cz, cy, cx] = centre as [number, number, number];
  const offPlane = ((window.z - cz) / rz) ** 2;
  if (offPlane >= 1) return;
  const width = window.x1 - window.x0;
  const [xStart, xStop] = [Math.max(window.x0, Math.ceil(cx - rx)), Math.min(window.x1, Math.floor(cx + rx) + 1)];
  const [yStart, yStop] = [Math.max(window.y0, Math.ceil(cy - ry)), Math.min(window.y1, Math.floor(cy + ry) + 1)];
  for (let y = yStart; y < yStop; y += 1) {
    const offRow = offPlane + ((y - cy) / ry) ** 2;
    for (let x = xStart; x < xStop; x += 1) {
      const inside = 1 - offRow - ((x - cx) / rx) ** 2;
      if (inside > 0) destination[(y - window.y0) * width + x - window.x0]! += brightness * inside * inside;
    }
  }
}
