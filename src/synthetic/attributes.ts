/** The attributes of a synthetic image, as the mesoSPIM converter writes those of a mosaic. */
import type { DisplayWindow } from "../ngff/corrected-attributes.ts";
import type { Zyx } from "../shapes.ts";
import type { JsonObject } from "../zarr/json.ts";
import type { SyntheticChannel, SyntheticOptions } from "./options.ts";

/** One array of the pyramid. */
export interface SyntheticLevel {
  readonly shapeZyx: Zyx;
  /** By how much it is coarser than the array before it. */
  readonly factorsZyx: Zyx;
  /** Size of a pixel in µm. */
  readonly scaleZyx: Zyx;
}

/**
 * The levels of the pyramid: rows and columns halve every time, planes only where they lie closer together than the
 * pixels do.
 */
export function planLevels(shapeZyx: Zyx, options: SyntheticOptions): SyntheticLevel[] {
  const levels: SyntheticLevel[] = [{ shapeZyx, factorsZyx: [1, 1, 1], scaleZyx: options.pixelSizeZyx }];
  while (levels.length < options.levelCount) {
    const finer = levels.at(-1)!;
    const factorsZyx: Zyx = [finer.scaleZyx[0] < finer.scaleZyx[1] ? 2 : 1, 2, 2];
    const perAxis = (value: (axis: 0 | 1 | 2) => number): Zyx => [value(0), value(1), value(2)];
    levels.push({
      shapeZyx: perAxis((axis) => Math.ceil(finer.shapeZyx[axis] / factorsZyx[axis])),
      factorsZyx,
      scaleZyx: perAxis((axis) => finer.scaleZyx[axis] * factorsZyx[axis]),
    });
  }
  return levels;
}

/** The image's attributes: OME-Zarr 0.4, the converter's acquisition metadata, and what made the image. */
export function imageAttributes(
  options: SyntheticOptions,
  levels: readonly SyntheticLevel[],
  windows: readonly (DisplayWindow | undefined)[],
): JsonObject {
  const { imageName, channels } = options;
  return {
    multiscales: [{ version: "0.4", name: imageName, axes, datasets: levels.map(datasetOf) }],
    omero: {
      id: 1,
      version: "0.4",
      name: imageName,
      rdefs: { model: "color" },
      channels: channels.map((channel, index) => omeroChannel(channel, index, windows[index])),
    },
    acquisition_metadata: { channels: channels.map(acquisitionOf) },
    fractal_tasks: { isolux_synthetic_acquisition: { input_parameters: { ...options } } },
  };
}

const axes = [
  { name: "c", type: "channel" },
  { name: "z", type: "space", unit: "micrometer" },
  { name: "y", type: "space", unit: "micrometer" },
  { name: "x", type: "space", unit: "micrometer" },
];

/** Where no pixel is brighter than the others. */
const wholeRange: DisplayWindow = { min: 0, max: 65535, start: 0, end: 65535 };

function datasetOf(level: SyntheticLevel, index: number): JsonObject {
  return {
    path: String(index),
    coordinateTransformations: [{ type: "scale", scale: [1, ...level.scaleZyx] }],
  };
}

function omeroChannel(channel: SyntheticChannel, index: number, window = wholeRange): JsonObject {
  const { label, wavelengthId, color } = channel;
  return { active: true, label, wavelength_id: wavelengthId, color, index, window };
}

function acquisitionOf({ label, wavelengthId }: SyntheticChannel): JsonObject {
  return {
    label,
    excitation_wavelength: wavelengthId,
    emission_wavelength: `${Number(wavelengthId) + 27}lp`,
    shutter: "left",
    zoom: "5x",
    laser_intensity: "10",
  };
}
