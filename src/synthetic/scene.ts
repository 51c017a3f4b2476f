/** What lies on the stage: one continuous volume, which neighbouring tiles show alike where they overlap. */
import type { Zyx } from "../shapes.ts";
import { addCells } from "./cells.ts";
import { fillLatticeNoise, type PlaneWindow, smoothStep, windowSize } from "./lattice-noise.ts";
import type { SyntheticLayout } from "./layout.ts";
import type { SyntheticChannel, SyntheticOptions } from "./options.ts";
import { hashOf } from "./random.ts";
import { castShadows } from "./shadows.ts";
import { fillTissue, isEmptyPlane, sectionOf, type Tissue, tissueOf } from "./tissue.ts";

/** Fibres lie where a smooth noise passes this value, as wide as it stays this close to it. */
const fibre = { value: 0.5, width: 0.03 };

/** Vessels lie where two smooth noises pass the middle together: lines in space, as thick as both stay close to it. */
const vessel = { value: 0.5, width: 0.05 };

/** Specks of debris are a pixel or two in radius. */
const speckPitchZyx: Zyx = [3, 8, 8];

/** The scene of an acquisition, to be painted window by window. */
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

/** Paints scenes; holds the scratch planes that painting needs. */
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
      // Regions and voids, as brains have them: between the extremes of the noise, which are rare, from dark to bright.
      const glow = autofluorescence * smoothStep((0.6 * smooth![i]! + 0.4 * fine![i]! - 0.25) / 0.5);
      const structures = labelled * (0.5 * strand * strand + cells![i]!);
      destination[i] = background + share![i]! * (glow + structures);
    }
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
