/** Smooth noise in space: random values on a lattice of points, interpolated between them. */
import type { Zyx } from "../shapes.ts";
import { mix, toUnit } from "./random.ts";

/** A window of one plane of the scene, half-open, in pixels of the stage. */
export interface PlaneWindow {
  readonly z: number;
  readonly y0: number;
  readonly y1: number;
  readonly x0: number;
  readonly x1: number;
}

/** The number of pixels of a window. */
export function windowSize({ y0, y1, x0, x1 }: PlaneWindow): number {
  return (y1 - y0) * (x1 - x0);
}

/** Writes noise in [0, 1) with lattice points every `pitchZyx` planes, rows and columns. */
export function fillLatticeNoise(key: number, pitchZyx: Zyx, window: PlaneWindow, destination: Float32Array): void {
  const [pitchZ, pitchY, pitchX] = pitchZyx;
  const { z, y0, y1, x0, x1 } = window;
  const firstColumn = Math.floor(x0 / pitchX);
  const nodes = Math.floor((x1 - 1) / pitchX) - firstColumn + 2;
  const between = new Float64Array(nodes);
  const columnShare = shares(x0, x1, pitchX);
  for (let y = y0, i = 0; y < y1; y += 1) {
    fillNodes(key, z / pitchZ, y / pitchY, firstColumn, between);
    for (let x = x0; x < x1; x += 1, i += 1) {
      const node = Math.floor(x / pitchX) - firstColumn;
      const left = between[node]!;
      destination[i] = left + (between[node + 1]! - left) * columnShare[x - x0]!;
    }
  }
}

/**
 * The lattice interpolated along z and y, at `row` and `plane` in units of the pitch, for columns from `firstColumn`
 * on.
 */
function fillNodes(key: number, plane: number, row: number, firstColumn: number, destination: Float64Array): void {
  const [z, y] = [Math.floor(plane), Math.floor(row)];
  const [shareZ, shareY] = [smoothStep(plane - z), smoothStep(row - y)];
  for (let node = 0; node < destination.length; node += 1) {
    const x = firstColumn + node;
    const near = blend(point(key, z, y, x), point(key, z, y + 1, x), shareY);
    const far = blend(point(key, z + 1, y, x), point(key, z + 1, y + 1, x), shareY);
    destination[node] = blend(near, far, shareZ);
  }
}

function point(key: number, z: number, y: number, x: number): number {
  return toUnit(mix(mix(mix(key, z), y), x));
}

function blend(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}

function shares(start: number, stop: number, pitch: number): Float64Array {
  return Float64Array.from({ length: stop - start }, (_, i) => smoothStep(((start + i) % pitch) / pitch));
}

/** Rises from 0 at 0 to 1 at 1 without a kink; constant outside. */
export function smoothStep(t: number): number {
  if (t <= 0) return 0;
  return t >= 1 ? 1 : t * t * (3 - 2 * t);
}
