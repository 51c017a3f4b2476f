/** Noise without a visible lattice: random values on a lattice of points, smoothed by a cubic B-spline. */
import type { Zyx } from "../shapes.ts";
import type { PlaneWindow } from "./lattice-noise.ts";
import { mix, toUnit } from "./random.ts";

/** The share of each lattice point's variance along one axis that is left on average: 151/315. */
const varianceLeft = 151 / 315;
/** Makes the noise's standard deviation 1: values of points are even over [0, 1), with a variance of 1/12. */
const scale = 1 / Math.sqrt(varianceLeft ** 3 / 12);

/** Adds `weight` times noise of mean 0 and standard deviation 1, with lattice points every `pitchZyx`. */
export function addSmoothNoise(
  key: number,
  pitchZyx: Zyx,
  weight: number,
  window: PlaneWindow,
  destination: Float32Array,
): void {
  const [pitchZ, pitchY, pitchX] = pitchZyx;
  const { z, y0, y1, x0, x1 } = window;
  const [firstRow, firstColumn] = [Math.floor(y0 / pitchY) - 1, Math.floor(x0 / pitchX) - 1];
  const rows = Math.floor((y1 - 1) / pitchY) + 3 - firstRow;
  const columns = Math.floor((x1 - 1) / pitchX) + 3 - firstColumn;
  const nodes = nodesOfPlane(key, z / pitchZ, firstRow, rows, firstColumn, columns);
  const line = new Float64Array(columns);
  const across = Float64Array.from({ length: 4 * (x1 - x0) }, (_, i) => spline(((x0 + (i >> 2)) / pitchX) % 1)[i & 3]!);
  const nodeAt = Int32Array.from({ length: x1 - x0 }, (_, i) => Math.floor((x0 + i) / pitchX) - 1 - firstColumn);
  const factor = weight * scale;
  for (let y = y0, i = 0; y < y1; y += 1) {
    const start = (Math.floor(y / pitchY) - 1 - firstRow) * columns;
    combine(nodes, start, columns, spline((y / pitchY) % 1), line);
    for (let x = 0, w = 0; x < nodeAt.length; x += 1, w += 4, i += 1) {
      const at = nodeAt[x]!;
      const near = across[w]! * line[at]! + across[w + 1]! * line[at + 1]!;
      const far = across[w + 2]! * line[at + 2]! + across[w + 3]! * line[at + 3]!;
      destination[i]! += factor * (near + far - 0.5);
    }
  }
}

/** The lattice points around a window, smoothed along z at `plane`, which is in units of the pitch. */
function nodesOfPlane(
  key: number,
  plane: number,
  firstRow: number,
  rows: number,
  firstColumn: number,
  columns: number,
): Float64Array {
  const below = Math.floor(plane) - 1;
  const weights = spline(plane - Math.floor(plane));
  const nodes = new Float64Array(rows * columns);
  for (const [layer, weight] of weights.entries()) {
    const ofLayer = mix(key, below + layer);
    for (let row = 0, i = 0; row < rows; row += 1) {
      const ofRow = mix(ofLayer, firstRow + row);
      for (let column = 0; column < columns; column += 1, i += 1) {
        nodes[i]! += weight * toUnit(mix(ofRow, firstColumn + column));
      }
    }
  }
  return nodes;
}

/** Four rows of lattice points, weighted. */
function combine(nodes: Float64Array, start: number, columns: number, weights: Four, line: Float64Array): void {
  line.fill(0);
  for (let row = 0; row < 4; row += 1) {
    const at = start + row * columns;
    for (let i = 0; i < columns; i += 1) line[i]! += weights[row]! * nodes[at + i]!;
  }
}

type Four = readonly [number, number, number, number];

/** Weights of the four lattice points around a position, `t` being its distance from the second, in [0, 1). */
function spline(t: number): Four {
  const left = 1 - t;
  return [left ** 3 / 6, (4 - 6 * t * t + 3 * t ** 3) / 6, (4 - 6 * left * left + 3 * left ** 3) / 6, t ** 3 / 6];
}
