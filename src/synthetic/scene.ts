/**
 * The light of the sample on the stage: one continuous volume, which neighbouring tiles show alike where they overlap.
 */
import type { Zyx } from "../shapes.ts";
import { addGrownTissue } from "./grown-tissue.ts";
import { fillLatticeNoise, type PlaneWindow, smoothStep, windowSize } from "./lattice-noise.ts";
import type { SyntheticLayout } from "./layout.ts";
import type { SyntheticChannel, SyntheticOptions } from "./options.ts";
import { hashOf, mix, toUnit } from "./random.ts";
import { fillTissue, isEmptyPlane, sectionOf, type Tissue, tissueOf } from "./tissue.ts";

/** Fibres are where a smooth noise is within this width of this value. */
const fibre = { value: 0.5, width: 0.03 };

/** Vessels are where two smooth noises are both within this width of this value: lines in space. */
const vessel = { value: 0.5, width: 0.05 };

/** Specks of debris are a pixel or two in radius. */
const speckPitchZyx: Zyx = [3, 8, 8];

/** The scene of an acquisition, computed window by window. */
export interface Scene {
  readonly tissue: Tissue;
  readonly channels: readonly SyntheticChannel[];
  readonly seed: number;
  readonly scatter: number;
  readonly bleaching: number;
  readonly debris: number;
  readonly shadows: number;
  /** The size of its larger structures, in planes, rows and columns; smaller ones follow from it. */
  readonly featureZyx: Zyx;
}

/** The scene of an acquisition; its structures are as fine as its tiles are large. */
export function sceneOf(options: SyntheticOptions, layout: SyntheticLayout): Scene {
  const featurePx = Math.max(8, Math.round(Math.min(...options.tileShapeYx) / 4));
  const [sizeZ, sizeY] = options.pixelSizeZyx;
  const featurePlanes = Math.max(4, Math.round((featurePx * sizeY) / sizeZ));
  return {
    tissue: tissueOf(options, layout),
    channels: options.channels,
    seed: options.seed,
    scatter: options.scatter,
    bleaching: options.bleaching,
    debris: options.debris,
    shadows: options.shadows ?? 0,
    featureZyx: [featurePlanes, featurePx, featurePx],
  };
}

/** Computes scenes; holds the working memory for that. */
export class ScenePainter {
  readonly #scene: Scene;
  #scratch: Float32Array[] = [];

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** Writes the light of a window of one channel, in counts at a flat-field of 1. */
  paint(channel: number, window: PlaneWindow, destination: Float32Array): void {
    this.#paintSample(channel, window, destination);
    const { tissue, bleaching, debris, shadows, seed, featureZyx } = this.#scene;
    if (debris > 0) this.#addDebris(channel, window, destination);
    if (shadows > 0 && !isEmptyPlane(tissue, window.z)) {
      const [, sizeY, sizeX] = divided(featureZyx, 3);
      castShadows(hashOf(seed, 0x5ad0), [3, sizeY, sizeX], shadows, window, destination);
    }
    if (bleaching === 0) return;
    const left = (1 - bleaching) ** (window.z / Math.max(1, tissue.planes - 1));
    for (let i = 0; i < destination.length; i += 1) destination[i]! *= left;
  }

  #addDebris(channel: number, window: PlaneWindow, destination: Float32Array): void {
    const { channels, seed, debris } = this.#scene;
    const specks = this.#scratchFor(windowSize(window))[0]!;
    specks.fill(0);
    addCells(hashOf(seed, 0xdeb1), speckPitchZyx, window, specks, debris);
    for (let i = 0; i < destination.length; i += 1) destination[i]! += channels[channel]!.labelled * specks[i]!;
  }

  #paintSample(channel: number, window: PlaneWindow, destination: Float32Array): void {
    const { tissue, channels, scatter } = this.#scene;
    const { autofluorescence, labelled } = channels[channel]!;
    const background = channels[channel]!.background * (1 + scatter * sectionOf(tissue, window.z));
    if (isEmptyPlane(tissue, window.z)) {
      destination.fill(background);
      return;
    }
    if (tissue.kind === "grown") {
      this.#paintGrown(channel, window, background, destination);
      return;
    }
    const [share, smooth, fine, strands, cells] = this.#layers(channel, window);
    if (tissue.kind === "vessels") {
      for (let i = 0; i < destination.length; i += 1) {
        const offSquared = ((smooth![i]! - vessel.value) ** 2 + (strands![i]! - vessel.value) ** 2) / vessel.width ** 2;
        destination[i] = background + share![i]! * (autofluorescence + labelled / (1 + offSquared) ** 2);
      }
      return;
    }
    for (let i = 0; i < destination.length; i += 1) {
      const off = (strands![i]! - fibre.value) / fibre.width;
      const strand = 1 / (1 + off * off);
      // Regions and voids, as in brains: the rare extremes of the noise are cut off, from dark to bright.
      const glow = autofluorescence * smoothStep((0.6 * smooth![i]! + 0.4 * fine![i]! - 0.25) / 0.5);
      const structures = labelled * (0.5 * strand * strand + cells![i]!);
      destination[i] = background + share![i]! * (glow + structures);
    }
  }

  #paintGrown(channel: number, window: PlaneWindow, background: number, destination: Float32Array): void {
    const { channels, seed, featureZyx } = this.#scene;
    const cells = this.#scratchFor(windowSize(window))[0]!;
    cells.fill(0);
    for (const [divisor, occupancy] of [
      [4, 0.25],
      [7, 0.7],
    ] as const) {
      addCells(hashOf(seed, 0xce11, channel, divisor), divided(featureZyx, divisor), window, cells, occupancy);
    }
    destination.fill(background);
    addGrownTissue(this.#scene, channel, channels[channel]!, window, cells, destination);
  }

  #layers(channel: number, window: PlaneWindow): Float32Array[] {
    const { tissue, seed, featureZyx } = this.#scene;
    const layers = this.#scratchFor(windowSize(window));
    const [share, smooth, fine, strands, cells] = layers;
    fillTissue(tissue, window, share!);
    fillLatticeNoise(hashOf(seed, 0x50f7, channel), featureZyx, window, smooth!);
    fillLatticeNoise(hashOf(seed, 0xf14e, channel), divided(featureZyx, 4), window, fine!);
    fillLatticeNoise(hashOf(seed, 0xf1b2, channel), featureZyx, window, strands!);
    cells!.fill(0);
    addCells(hashOf(seed, 0xce11, channel), divided(featureZyx, 2), window, cells!);
    return layers;
  }

  #scratchFor(length: number): Float32Array[] {
    if (this.#scratch[0]?.length !== length) {
      this.#scratch = Array.from({ length: 5 }, () => new Float32Array(length));
    }
    return this.#scratch;
  }
}

function divided(pitchZyx: Zyx, divisor: number): Zyx {
  const [z, y, x] = pitchZyx;
  return [
    Math.max(2, Math.round(z / divisor)),
    Math.max(2, Math.round(y / divisor)),
    Math.max(2, Math.round(x / divisor)),
  ];
}

// Labelled cells: round blobs, one at most in each box of a lattice and never beyond it.

/** Part of the boxes that hold a cell, in tissue. */
const occupancyOfTissue = 0.6;

/**
 * Adds cells of brightness up to 1 to a window; boxes of the lattice are `pitchZyx` planes, rows and columns large, and
 * a fraction `occupancy` of them contains a cell. Every column of boxes begins at a plane of its own, so that no plane
 * passes between all cells.
 */
function addCells(
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

// Shadows: streaks behind absorbing structures, along the way of the light sheet through the sample.

/**
 * Darkens a window by shadows, at most one in each box of `pitchZyx` planes, rows and columns. A fraction `share` of
 * the boxes has one. It begins in its box, is narrower than it, takes up to 40 % of the light, and fades along the
 * light, to the right, within six boxes.
 */
function castShadows(key: number, pitchZyx: Zyx, share: number, window: PlaneWindow, destination: Float32Array): void {
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

/** Boxes after which a shadow has faded. */
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
