/**
 * Planes as LaVision's and Miltenyi's UltraMicroscopes (ImSpector) save them: a file for each, with the place of its tile in
 * square brackets, `..._Blaze[00 x 01]_C00_xyz-Table Z0000.ome.tif`, or one for each stack, `..._UltraII[00 x 01]_C00_UltraII
 * Filter0000.ome.tif`. Every file repeats the positions of all.
 * @see https://github.com/khanlab/SPIMprep workflow/scripts/blaze_to_metadata.py and zarr_to_n5_bdv.py (where positions are
 *   in the XML, and their directions)
 */
import { IsoluxError } from "../../errors.ts";
import type { Yx } from "../../shapes.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import { parseXml, type XmlElement } from "../bdv/xml.ts";
import { openPlaneFile } from "../pages/plane-files.ts";
import { isOmeXml } from "../pages/stack-axes.ts";
import { descriptionOf } from "../pages/tiff-page.ts";
import type { TiffPlanes } from "../pages/tiff-planes.ts";
import { filesOfPattern, type NamedFile, parsePattern } from "./name-pattern.ts";
import { type PixelSizeUm, sizeOfOmePixels } from "./ome-xml.ts";
import { stacksOfFiles } from "./patterned-stacks.ts";
import type { PlacedStack, StackPlace } from "./placed-stacks.ts";
import type { TileHints } from "./stage-axes.ts";

/** The plane's number may be followed by that of a filter, which differs from channel to channel. */
const ofBlaze = /\[(\d+) x (\d+)\]_C(\d+)(_.*?\d+(_[A-Za-z ]*Filter\d+)?)?(\.(?:ome\.tiff?|tiff?))$/i;

/** Whether a file is named as these microscopes do. */
export function isBlazeFile(name: string): boolean {
  return ofBlaze.test(name);
}

/**
 * The stacks in a folder of such files.
 * @param name of one of them
 * @throws IsoluxError `usage` where nothing says how far tiles overlap, `invalid`, `corrupt`, `storage`
 */
export async function readBlaze(
  store: ReadableStore,
  folder: string,
  name: string,
  hints: TileHints,
): Promise<PlacedStack[]> {
  const [, , , , rest, filter, type] = ofBlaze.exec(name)!;
  const { planeCount } = await openPlaneFile(store, joinKey(folder, name));
  const ofPlanes = planeCount > 1 ? "_*" : `_*{plane}${filter === undefined ? "" : "_*"}`;
  // Miltenyi numbers columns first; where positions are given, these count.
  const pattern = parsePattern(`*[{col} x {row}]_C{channel}${rest === undefined ? "" : ofPlanes}${type}`);
  const files = await filesOfPattern(store, folder, pattern);
  const xml = await readDescription(store, files[0]!.key);
  const pixelSizeUm = xml === undefined ? {} : sizeIn(xml);
  const positions = xml === undefined ? undefined : positionsIn(xml);
  const stacks = stacksOfFiles(files, {}).map((stack): PlacedStack => {
    const place = positions === undefined ? undefined : placeOf(stack, files, positions);
    const channel = `C${stack.channel}`;
    return { ...stack, channel, ...(place && { place }), pixelSizeUm: { ...pixelSizeUm, ...stack.pixelSizeUm } };
  });
  const isOneTile = new Set(files.map(({ fields }) => `${fields.col} ${fields.row}`)).size === 1;
  const isPlaced = isOneTile || stacks.every(({ place }) => place.kind === "um");
  if (isPlaced || hints.overlapYx !== undefined) return stacks;
  throw noOverlap(joinKey(store.location, folder));
}

async function readDescription(store: ReadableStore, key: string): Promise<XmlElement | undefined> {
  const source = await openPlaneFile(store, key);
  const description = "firstPage" in source ? await descriptionOf((source as TiffPlanes).firstPage) : "";
  return isOmeXml(description) ? parseXml(description, source.location) : undefined;
}

function sizeIn(xml: XmlElement): PixelSizeUm {
  const pixels = xml.first("OME", "Image", "Pixels");
  return pixels === undefined ? {} : sizeOfOmePixels(pixels);
}

/** Positions of tiles in µm, in the directions of the image, by their numbers in brackets. */
type Positions = ReadonlyMap<string, Yx>;

/**
 * The attribute with a line for each file, `name;;(x, y, ...)`: those of a tile's first file count. On the stage y grows
 * upwards.
 */
function positionsIn(xml: XmlElement): Positions | undefined {
  const text = xml.first("OME", "Image", "CustomAttributes", "TileConfiguration")?.attribute("TileConfiguration");
  if (text === undefined) return undefined;
  const positions = new Map<string, Yx>();
  for (const entry of text.split(")")) {
    const [name = "", list = ""] = entry.split(";;(");
    const brackets = /\[(\d+) x (\d+)\]/.exec(name);
    const [x = Number.NaN, y = Number.NaN] = list.split(",").map(Number.parseFloat);
    if (brackets === null || !Number.isFinite(x) || !Number.isFinite(y)) continue;
    const place = `${Number(brackets[1])} ${Number(brackets[2])}`;
    if (!positions.has(place)) positions.set(place, [0 - y, x]);
  }
  return positions.size > 0 ? positions : undefined;
}

function placeOf(stack: PlacedStack, files: readonly NamedFile[], positions: Positions): StackPlace | undefined {
  const key =
    stack.files.kind === "planes" ? stack.files.keys[0] : stack.files.kind === "file" ? stack.files.key : undefined;
  const fields = files.find((file) => file.key === key)?.fields;
  const yx = positions.get(`${Number(fields?.col)} ${Number(fields?.row)}`);
  const { firstPlane = 0 } = stack.place;
  return yx && { kind: "um", yx, firstPlane };
}

function noOverlap(where: string): IsoluxError {
  return new IsoluxError({
    kind: "usage",
    what: "The overlap of the tiles is not known: the files have no positions",
    where,
    advice:
      "Give the overlap as it was set at the microscope, such as --overlap 0.1; where rows are numbered first, add " +
      "--stage-axes x,y",
  });
}
