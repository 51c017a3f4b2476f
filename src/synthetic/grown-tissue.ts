/**
 * Tissue that looks grown, for pictures: an uneven outline, regions, voids, cells, and fibre tracts in every other
 * channel, vessels in the others.
 */
import type { Zyx } from "../shapes.ts";
import { type PlaneWindow, smoothStep, windowSize } from "./lattice-noise.ts";
import type { SyntheticChannel } from "./options.ts";
import { hashOf, mix, toUnit } from "./random.ts";
import { sectionOf, type Tissue } from "./tissue.ts";

/** What is drawn, beside the cells. */
interface GrownTissue {
  readonly tissue: Tissue;
  readonly seed: number;
  /** The size of its larger structures, in planes, rows and columns. */
  readonly featureZyx: Zyx;
}

/** Adds the light of the tissue in a window; `cells` are its cells' brightnesses, from 0 to 1. */
export function addGrownTissue(
  grown: GrownTissue,
  channel: number,
  { autofluorescence, labelled }: SyntheticChannel,
  window: PlaneWindow,
  cells: Float32Array,
  destination: Float32Array,
): void {
  const { seed, featureZyx } = grown;
  // Regions are those of the sample, and so the same in all channels.
  const regions = noise(hashOf(seed, 0x4e6), featureZyx, window);
  const share = outlineOf(grown, window, regions);
  if (share.every((value) => value === 0)) return;
  const grain = grainOf(hashOf(seed, 0x64a, channel), featureZyx, window);
  const strands = channel % 2 === 0 ? tractsOf(grown, channel, window) : vesselsOf(grown, channel, window);
  for (let i = 0; i < destination.length; i += 1) {
    const isVoid = 1 - smoothStep((regions[i]! + 1.9) / 0.35);
    const glow = Math.max(0.04, 0.5 + 0.2 * regions[i]! + 0.1 * grain[i]!);
    const crowd = smoothStep((regions[i]! + 1) / 2.2);
    const light = autofluorescence * glow + labelled * (strands[i]! + 0.4 * crowd * cells[i]!);
    destination[i]! += share[i]! * (1 - 0.92 * isVoid) * light;
  }
}

function noise(key: number, pitchZyx: Zyx, window: PlaneWindow): Float32Array {
  const values = new Float32Array(windowSize(window));
  addSmoothNoise(key, pitchZyx, 1, window, values);
  return values;
}

/** Three octaves of noise, each half as large and weaker than the one before. */
function grainOf(key: number, featureZyx: Zyx, window: PlaneWindow): Float32Array {
  const values = new Float32Array(windowSize(window));
  for (const [octave, weight] of [0.75, 0.5, 0.4].entries()) {
    addSmoothNoise(hashOf(key, octave), sized(featureZyx, 2 ** -(octave + 1)), weight, window, values);
  }
  return values;
}

/** Bands of fibres, where a noise is near 0, with streaks in them. */
function tractsOf({ seed, featureZyx }: GrownTissue, channel: number, window: PlaneWindow): Float32Array {
  const bands = noise(hashOf(seed, 0x7ac, channel), sized(featureZyx, 1.6), window);
  const streaks = noise(hashOf(seed, 0x57e, channel), sized(featureZyx, 0.1), window);
  return bands.map((value, i) => 0.22 * Math.exp(-((value / 0.22) ** 2)) * Math.max(0.2, 1 + 0.35 * streaks[i]!));
}

/** Large vessels, and thin ones between them. */
function vesselsOf({ seed, featureZyx }: GrownTissue, channel: number, window: PlaneWindow): Float32Array {
  const large = tubes(hashOf(seed, 0x7e5, channel), sized(featureZyx, 1.3), 0.07, window);
  const thin = tubes(hashOf(seed, 0xca9, channel), sized(featureZyx, 0.45), 0.1, window);
  return large.map((value, i) => 0.5 * value + 0.16 * thin[i]!);
}

/** Pieces of tubes: where one noise is very near 0, and another near it. */
function tubes(key: number, pitchZyx: Zyx, width: number, window: PlaneWindow): Float32Array {
  const across = noise(hashOf(key, 1), pitchZyx, window);
  const along = noise(hashOf(key, 2), pitchZyx, window);
  return across.map((value, i) => 1 / (1 + (value / width) ** 2 + (along[i]! / 0.75) ** 4) ** 2);
}

/** The fraction of tissue of each pixel: a blunt ellipsoid with an uneven surface, and nothing in empty tiles. */
function outlineOf({ tissue }: GrownTissue, window: PlaneWindow, unevenness: Float32Array): Float32Array {
  const section = sectionOf(tissue, window.z);
  const { stageShapeYx, tileShapeYx } = tissue;
  const margin = Math.min(...tileShapeYx) / 16;
  const away = distancesFromEmptyTiles(tissue, window);
  const across = Float64Array.from({ length: window.x1 - window.x0 }, (_, i) =>
    offMiddle(window.x0 + i, stageShapeYx[1]),
  );
  const share = new Float32Array(windowSize(window));
  for (let y = window.y0, i = 0; y < window.y1; y += 1) {
    const row = section - offMiddle(y, stageShapeYx[0]);
    for (let x = 0; x < across.length; x += 1, i += 1) {
      const uneven = unevenness[i]!;
      const inside = row - across[x]! + 0.05 * uneven;
      if (inside <= 0) continue;
      const apart = (away[i]! - margin * Math.max(0, 1.2 + uneven)) / (margin / 2);
      share[i] = smoothStep(inside * 12) * smoothStep(apart);
    }
  }
  return share;
}

/** The squared distance from the middle of an axis: 1 near its ends. */
function offMiddle(index: number, extent: number): number {
  return (((index + 0.5) / extent - 0.5) / 0.48) ** 2;
}

/** How far every pixel of a window is from the nearest empty tile, in pixels: 0 in it. */
function distancesFromEmptyTiles({ emptyTilesYx, tileShapeYx }: Tissue, window: PlaneWindow): Float32Array {
  const { y0, y1, x0, x1 } = window;
  const distances = new Float32Array(windowSize(window)).fill(Number.POSITIVE_INFINITY);
  for (const [top, left] of emptyTilesYx) {
    const across = Float64Array.from({ length: x1 - x0 }, (_, i) => beyond(x0 + i, left, tileShapeYx[1]) ** 2);
    for (let y = y0, i = 0; y < y1; y += 1) {
      const along = beyond(y, top, tileShapeYx[0]) ** 2;
      for (let x = 0; x < across.length; x += 1, i += 1) {
        distances[i] = Math.min(distances[i]!, Math.sqrt(along + across[x]!));
      }
    }
  }
  return distances;
}

/** How far an index lies outside of `[start, start + extent)`. */
function beyond(index: number, start: number, extent: number): number {
  return Math.max(start - index, index - (start + extent - 1), 0);
}

function sized([z, y, x]: Zyx, factor: number): Zyx {
  return [Math.max(1.5, z * factor), Math.max(2, y * factor), Math.max(2, x * factor)];
}

// Noise without a visible lattice: random values on a lattice of points, smoothed by a cubic B-spline.

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
