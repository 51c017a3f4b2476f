import type { Zyx } from "../shapes.ts";
import { isJsonObject, type JsonObject } from "../zarr/json.ts";
import { parseAxes, usualAxes, zyxOf } from "./axes.ts";
import { omeAttributes, pyramidsOfFirst } from "./group.ts";

/** The limits between which a viewer shows a channel. */
export interface DisplayWindow {
  readonly min: number;
  readonly max: number;
  readonly start: number;
  readonly end: number;
}

/** What a correction changes in an image's attributes. */
export interface AttributeChanges {
  /** Not there where the image keeps its own. */
  readonly name?: string;
  /** The program that made the levels, with its version. */
  readonly writer: { readonly name: string; readonly version: string };
  /** How much coarser than full resolution each level is; not there where the scales stay as they are. */
  readonly levelFactorsZyx?: readonly Zyx[];
  /** Planes of the full resolution. */
  readonly planeCount: number;
  /** Per channel; `undefined` leaves a channel's window as it is. */
  readonly windows: readonly (DisplayWindow | undefined)[];
  /** Entry for `fractal_tasks.correct_flatfield`; not there where nothing was corrected. */
  readonly fractalTask?: JsonObject;
  /** Where the pixels come from: the block `isolux`. */
  readonly provenance: JsonObject;
}

/**
 * The attributes of a corrected image: all of the source's but pyramids of other arrays, with the name, the scales (from the levels' shapes) and the
 * display windows brought up to date and the provenance added.
 */
export function correctedAttributes(source: JsonObject, changes: AttributeChanges): JsonObject {
  const attributes = structuredClone(source);
  const ome = omeAttributes(attributes);
  const multiscale = (ome.multiscales as JsonObject[])[0]!;
  // Arrays of others are not corrected, and not in the output
  ome.multiscales = pyramidsOfFirst(ome.multiscales as JsonObject[]);
  if (changes.name !== undefined) multiscale.name = changes.name;
  describePyramid(multiscale, changes.writer);
  if (changes.levelFactorsZyx !== undefined) updateScales(multiscale, changes.levelFactorsZyx);
  updateWindows(ome, changes.windows);
  if (isJsonObject(ome.omero)) ome.omero = { ...ome.omero, rdefs: shownFirst(ome.omero.rdefs, changes.planeCount) };
  if (changes.fractalTask !== undefined) {
    const tasks = isJsonObject(attributes.fractal_tasks) ? attributes.fractal_tasks : {};
    attributes.fractal_tasks = { ...tasks, correct_flatfield: changes.fractalTask };
  }
  attributes.isolux = changes.provenance;
  return attributes;
}

/** Which plane and time point viewers show first, the middle one unless the source says otherwise: some readers ask for it. */
function shownFirst(rdefs: unknown, planeCount: number): JsonObject {
  const usual = { defaultT: 0, defaultZ: planeCount >> 1, model: "color" };
  return isJsonObject(rdefs) ? { ...usual, ...rdefs } : usual;
}

/** How the levels were made: by Isolux, whatever made those of the source. */
function describePyramid(multiscale: JsonObject, { name, version }: AttributeChanges["writer"]): void {
  const earlier = isJsonObject(multiscale.metadata) ? multiscale.metadata : {};
  multiscale.type = "mean";
  multiscale.metadata = {
    ...earlier,
    description: "Means over blocks of the next finer level, each over the pixels that exist, rounded half up.",
    method: name,
    version,
  };
}

function updateScales(multiscale: JsonObject, factorsOfLevel: readonly Zyx[]): void {
  const datasets = multiscale.datasets as JsonObject[];
  const fullScale = scaleOf(datasets[0]!)!;
  const axes = parseAxes(Array.isArray(multiscale.axes) ? multiscale.axes : []) ?? usualAxes(fullScale.length);
  const full = zyxOf(axes, fullScale, 1);
  for (const [index, factors] of factorsOfLevel.entries()) {
    const scale = ownScaleOf(datasets[index]!, fullScale);
    for (const [axis, letter] of ["z", "y", "x"].entries()) {
      const at = axes.indexOf(letter);
      const wanted = full[axis]! * factors[axis]!;
      // A scale that is right but for its last digits keeps them.
      if (at >= 0 && Math.abs(scale[at]! - wanted) > 1e-9 * wanted) scale[at] = wanted;
    }
  }
}

function scaleOf(dataset: JsonObject): number[] | undefined {
  const { coordinateTransformations: transformations } = dataset;
  if (!Array.isArray(transformations)) return undefined;
  return (transformations as JsonObject[]).find((entry) => entry.type === "scale")?.scale as number[] | undefined;
}

/** The scale of a level, to be changed in place: a new one where it has none that belongs to the image. */
function ownScaleOf(dataset: JsonObject, fullScale: readonly number[]): number[] {
  const scale = scaleOf(dataset);
  if (Array.isArray(scale) && scale.length === fullScale.length && scale.every(Number.isFinite)) return scale;
  const made = [...fullScale];
  dataset.coordinateTransformations = [{ type: "scale", scale: made }];
  return made;
}

function updateWindows(ome: JsonObject, windows: readonly (DisplayWindow | undefined)[]): void {
  const omero = ome.omero;
  if (!isJsonObject(omero) || !Array.isArray(omero.channels)) return;
  for (const [index, channel] of omero.channels.entries()) {
    const window = windows[index];
    if (window !== undefined && isJsonObject(channel)) {
      channel.window = isJsonObject(channel.window) ? { ...channel.window, ...window } : window;
    }
  }
}
