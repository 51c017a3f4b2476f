/** Outputs in the layout of tiles for projects of BigStitcher whose pixels are in HDF5 or N5. */
import type { Acquisition, ViewTile } from "../../acquisition/acquisition.ts";
import { attributesInVersion } from "../../ngff/group.ts";
import { newChannels, newImageAttributes } from "../../ngff/new-image.ts";
import { writeGroup } from "../../ngff/write-roi-table.ts";
import { type Czyx, elementCount, mapAxes, type Zyx } from "../../shapes.ts";
import type { JsonObject } from "../../zarr/json.ts";
import { writeArrayMetadata } from "../../zarr/metadata/document.ts";
import { joinKey } from "../../zarr/store.ts";
import { newArray, type OutputForm, usualCodec, withAxes } from "./new-array.ts";
import type { OutputImage, OutputLevel, OutputTemplate } from "./template.ts";

/** BigStitcher and the programs around it write images of five axes. */
const axes = "tczyx";
/** Chunks where those of the source are smaller than these: a file for each would be too many. */
const usualChunk: Zyx = [64, 256, 256];

/**
 * The output for the views of a project: an OME-Zarr image for each, with the levels of the source, and the XML file of
 * the project with these in place of the old ones, so that stitching goes on.
 * @param name of the output
 */
export async function projectOutput(
  acquisition: Acquisition,
  name: string,
  form: OutputForm,
  note: (text: string) => void,
): Promise<OutputTemplate> {
  const { projectWithGroups } = await import("../../acquisition/bdv/tiles-xml.ts");
  const views = (acquisition.tileImages ?? []).filter((image) => image.kind === "view");
  const images = views.map((view, index): OutputImage => {
    return { ...imageOfView(view, acquisition, form), source: { kind: "tile", index } };
  });
  if (form.zarrFormat === 3)
    note("BigStitcher may be unable to read OME-Zarr 0.5: its XML file is written nevertheless.");
  note(
    "Interest points and other files of the project stay where they are: to go on with them, put the new XML file and its tiles beside them.",
  );
  const text = projectWithGroups(acquisition.project!.text, name, views);
  return {
    images,
    folder: { zarrFormat: form.zarrFormat, attributes: {} },
    beside: [{ name: `${name}.xml`, bytes: new TextEncoder().encode(text) }],
  };
}

function imageOfView(
  view: ViewTile,
  { pixelSizeUmZyx, channels }: Acquisition,
  form: OutputForm,
): Omit<OutputImage, "source"> {
  const full = view.levels[0]!;
  const fullShape: Czyx = [1, ...full.shapeZyx];
  const levels = view.levels.map(({ factorsZyx }, index): OutputLevel => {
    const shape: Czyx = [1, ...mapAxes(full.shapeZyx, (extent, axis) => Math.ceil(extent / factorsZyx[axis]!))];
    const array = newArray(shape, fullShape, full.type, form.codec ?? usualCodec, form);
    const chunked = form.zarrFormat === 2 ? { ...array, chunkShape: chunkOf(view, index) } : array;
    return { path: String(index), metadata: withAxes(chunked, axes, 1), axes, factorsZyx };
  });
  const own = newChannels(channels.filter(({ index }) => view.channels.includes(index)));
  const attributes = newImageAttributes({ name: view.name, channels: own, pixelSizeUmZyx, levels, axes });
  const placed = withPosition(attributes, view.positionUmZyx);
  return {
    key: view.name,
    levels,
    zarrFormat: form.zarrFormat,
    attributes: attributesInVersion(placed, form.zarrFormat),
    async writeUnchanged({ store, key }) {
      await writeGroup(store, key, {}, form.zarrFormat);
      for (const { path, metadata } of levels) await writeArrayMetadata(store, joinKey(key, path), metadata);
    },
  };
}

/** The chunks of the source where they are large enough. */
function chunkOf({ levels }: ViewTile, index: number): Czyx {
  const [full, level] = [levels[0]!, levels[index]!];
  const [, ...source] = full.chunkShapeCzyx;
  const chunk = elementCount(source) >= elementCount(usualChunk) / 16 ? source : usualChunk;
  return [1, ...mapAxes(level.shapeZyx, (extent, axis) => Math.min(extent, chunk[axis]!))];
}

/** Where the image lies, in every level. */
function withPosition(attributes: JsonObject, positionUmZyx: Zyx | undefined): JsonObject {
  if (positionUmZyx === undefined) return attributes;
  const [multiscale] = attributes.multiscales as JsonObject[];
  const datasets = multiscale!.datasets as JsonObject[];
  const translation = { type: "translation", translation: [0, 0, ...positionUmZyx] };
  const placed = datasets.map((dataset) => ({
    ...dataset,
    coordinateTransformations: [...(dataset.coordinateTransformations as JsonObject[]), translation],
  }));
  return { ...attributes, multiscales: [{ ...multiscale, datasets: placed }] };
}
