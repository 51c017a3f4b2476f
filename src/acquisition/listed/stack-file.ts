/** A file as a stack for each of its channels, and what it tells of the size of its pixels. */
import type { ReadableStore } from "../../zarr/store.ts";
import { parseXml } from "../bdv/xml.ts";
import { openPlaneFile } from "../pages/plane-files.ts";
import type { PlaneSource } from "../pages/plane-source.ts";
import { isOmeXml, type StackAxes, stackAxes } from "../pages/stack-axes.ts";
import { descriptionOf, tiffPixelSize } from "../pages/tiff-page.ts";
import type { TiffPlanes } from "../pages/tiff-planes.ts";
import { type PixelSizeUm, sizeOfOmePixels } from "./ome-xml.ts";

/** A stack of planes of one channel. */
export interface OpenedStack {
  readonly source: PlaneSource;
  /** Of several time points those after the first, which `source` is. */
  readonly laterTimes?: readonly PlaneSource[];
  /** The channel by the file's own description. */
  readonly channel?: string;
  readonly pixelSizeUm?: PixelSizeUm;
  /** The distance of planes in µm, where files hold several each. */
  readonly stepUm?: number;
}

/**
 * Opens a file.
 * @throws IsoluxError `not-found`, `unsupported`, `corrupt`, `storage`
 */
export async function openStackFile(store: ReadableStore, key: string): Promise<OpenedStack[]> {
  const source = await openPlaneFile(store, key);
  if (!isTiff(source)) return [{ source }];
  const description = await descriptionOf(source.firstPage);
  const axes = stackAxes(description, source.planeCount, source.location);
  const pixelSizeUm = await toldPixelSize(source, description);
  return Array.from({ length: axes.channels }, (_, channel): OpenedStack => {
    const name = axes.names[channel] ?? (axes.channels > 1 ? `channel_${channel + 1}` : undefined);
    const isWhole = axes.channels === 1 && axes.times === 1;
    const at = (time: number) => withPages(source, pagesOfChannel(axes, channel, time));
    return {
      source: isWhole ? source : at(0),
      ...(axes.times > 1 && { laterTimes: Array.from({ length: axes.times - 1 }, (_, time) => at(time + 1)) }),
      ...(name !== undefined && name !== "" && { channel: name }),
      pixelSizeUm,
    };
  });
}

/** The pages of a channel at a time point, in the order of planes. */
function pagesOfChannel(axes: StackAxes, channel: number, time: number): number[] {
  const { planes, channelStep, planeStep, timeStep } = axes;
  return Array.from({ length: planes }, (_, plane) => channel * channelStep + plane * planeStep + time * timeStep);
}

function isTiff(source: PlaneSource): source is TiffPlanes {
  return "firstPage" in source;
}

/** Some pages of a file, in another order. */
function withPages(source: PlaneSource, pages: readonly number[]): PlaneSource {
  const { location, shapeYx, typeName, rowsAtOnce } = source;
  const readRows: PlaneSource["readRows"] = (plane, start, stop, into) =>
    source.readRows(pages[plane]!, start, stop, into);
  return { location, planeCount: pages.length, shapeYx, typeName, rowsAtOnce, readRows };
}

/** The size of pixels by the description and the tags of a TIFF file. */
async function toldPixelSize(source: PlaneSource, description: string): Promise<PixelSizeUm> {
  if (!isTiff(source)) return {};
  if (isOmeXml(description)) {
    const pixels = parseXml(description, source.location).first("OME", "Image", "Pixels");
    return pixels === undefined ? {} : sizeOfOmePixels(pixels);
  }
  const size = await tiffPixelSize(source.firstPage);
  return size === undefined ? {} : { z: size[0], y: size[1], x: size[2] };
}
