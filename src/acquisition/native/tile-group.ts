/** Reads the OME-Zarr group of one tile: its attributes and levels. */

import { IsoluxError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { formatCount } from "../../quantities.ts";
import { isCameraType, mapAxes, type Zyx } from "../../shapes.ts";
import { openArray, type ZarrArray } from "../../zarr/array.ts";
import { readBox } from "../../zarr/box.ts";
import { isDecodedInPart } from "../../zarr/chunk-pixels.ts";
import type { ArrayMetadata, ZarrFormat } from "../../zarr/metadata/metadata.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import type { TilePixels } from "../tile-view.ts";
import type { MetaBlock } from "./meta.ts";
import { readMetaText } from "./meta-text.ts";
import { type LeadingAxes, readTileAttributes, type TileAttributes } from "./tile-attributes.ts";
import type { TileName } from "./tile-name.ts";

/** A tile's group, or one channel of a group that contains several. */
export interface TileGroup {
  readonly name: TileName;
  readonly attributes: TileAttributes;
  /** Index of the channel within the group. */
  readonly index: number;
  /** The laser line, where the group's attributes name it. */
  readonly channel?: string;
  /** Finest first, at least one; those levels of the attributes that exist. */
  readonly levels: readonly TilePixels[];
  /** Of a time lapse the levels at each time point. */
  readonly levelsOfTimes?: readonly (readonly TilePixels[])[];
  readonly meta: MetaBlock | undefined;
}

/**
 * Reads the tile `name` in the folder `root`, an entry for each channel; none where it has no pixels: the acquisition
 * ended before it, or the group is still being copied.
 * @throws IsoluxError `corrupt`, `unsupported` (axes, chunks of several time points)
 */
export async function readTileGroups(store: ReadableStore, root: string, name: TileName): Promise<TileGroup[]> {
  const key = joinKey(root, name.name);
  const written = name.attributes ?? (await readTileAttributes(store, key));
  if (written === undefined) return [];
  const attributes = {
    ...written,
    pixelSizeUmZyx: thickened(written.pixelSizeUmZyx),
    translationUmZyx: moved(written.translationUmZyx, name.movedUmZyx),
  };
  const arrays: ZarrArray[] = [];
  for (const path of attributes.levelPaths) {
    const array = await openIfPresent(store, joinKey(key, path), attributes.zarrFormat);
    if (array === undefined) break;
    checkArray(array, attributes.leadingAxes);
    arrays.push(array);
  }
  const [full] = arrays;
  if (full === undefined) return [];
  checkStep(written, full);
  const blocks = (await readMetaText(store, `${root}_${name.name}_meta.txt`)) ?? [];
  const { leadingAxes, channelLabels } = attributes;
  // A group that was acquired again in the same place may have several blocks.
  if (!leadingAxes.includes("c")) {
    return [{ name, attributes, index: 0, ...levelsOf(arrays, leadingAxes, 0), meta: blocks.at(-1) }];
  }
  const count = full.metadata.shape[leadingAxes.indexOf("c")]!;
  return Array.from({ length: count }, (_, index): TileGroup => {
    const channel = channelLabels[index] ?? (count === 1 ? undefined : `channel_${index + 1}`);
    const own = blocks.findLast((block) => block.find("CFG", "Laser") !== undefined && block.channel === channel);
    return {
      name,
      attributes,
      index,
      channel,
      ...levelsOf(arrays, leadingAxes, index),
      meta: own ?? blocks.at(-1),
    };
  });
}

/** The levels of a channel at the first time point and, of a time lapse, at all of them. */
function levelsOf(
  arrays: readonly ZarrArray[],
  leadingAxes: LeadingAxes,
  channel: number,
): Pick<TileGroup, "levels" | "levelsOfTimes"> {
  const placeOf = (t: number) => Array.from(leadingAxes, (axis) => (axis === "t" ? t : channel));
  const at = (time: number) => arrays.map((array) => pixelsAt(array, placeOf(time)));
  const points = leadingAxes.includes("t") ? arrays[0]!.metadata.shape[leadingAxes.indexOf("t")]! : 1;
  if (points === 1) return { levels: at(0) };
  return { levels: at(0), levelsOfTimes: Array.from({ length: points }, (_, time) => at(time)) };
}

function moved(place: Zyx | undefined, by: Zyx | undefined): Zyx | undefined {
  return by === undefined ? place : mapAxes(by, (um, axis) => um + (place?.[axis] ?? 0));
}

/** A single plane without a z step counts as 1 µm thick. */
function thickened([z, y, x]: Zyx): Zyx {
  return [z === 0 ? 1 : z, y, x];
}

function checkStep({ pixelSizeUmZyx }: TileAttributes, { metadata, location }: ZarrArray): void {
  const planes = metadata.shape.at(-3)!;
  if (pixelSizeUmZyx[0] > 0 || planes === 1) return;
  const found = `0 with ${formatCount(planes, "plane")}`;
  throw new IsoluxError({ kind: "corrupt", what: "A tile has no usable scale along z", where: location, found });
}

/**
 * The array in a folder, `undefined` where there is none.
 * @param zarrFormat the version that is looked for first: of thousands of arrays each document that is not there counts
 * @throws IsoluxError `corrupt`, `unsupported`, `storage`
 */
export async function openIfPresent(
  store: ReadableStore,
  key: string,
  zarrFormat?: ZarrFormat,
): Promise<ZarrArray | undefined> {
  try {
    return await openArray(store, key, zarrFormat);
  } catch (cause) {
    if (!(cause instanceof IsoluxError && cause.kind === "not-found")) throw cause;
    return zarrFormat === undefined ? undefined : await openIfPresent(store, key);
  }
}

function checkArray({ metadata, location }: ZarrArray, leadingAxes: LeadingAxes): void {
  const { shape } = metadata;
  if (shape.length !== leadingAxes.length + 3 || shape.includes(0)) {
    throw new IsoluxError({
      kind: "corrupt",
      what: "The array of a tile does not have the axes that its attributes name",
      where: location,
      found: `shape [${shape.join(", ")}]`,
      expected: `${leadingAxes}zyx, with pixels`,
    });
  }
  if (leadingAxes.includes("t")) checkTimes(metadata, leadingAxes.indexOf("t"), location);
  if (isCameraType(metadata.type)) return;
  throw new IsoluxError({
    kind: "unsupported",
    what: "The pixel type of a tile is not read",
    where: location,
    found: metadata.type,
    expected: "uint8, uint16 or float32",
  });
}

/** The pixels of an array at a place along the axes before z. */
export function pixelsAt(array: ZarrArray, place: readonly number[]): TilePixels {
  const { type, shape, chunkShape, codec } = array.metadata;
  const end = place.map((index) => index + 1);
  const shapeZyx = shape.slice(place.length) as unknown as Zyx;
  const chunks = chunkShape.slice(place.length);
  return {
    type,
    shapeZyx,
    codec,
    readsPlanes: array.store.readsParts === true && isDecodedInPart(array.metadata),
    chunkShapeZyx: mapAxes(shapeZyx, (extent, axis) => Math.min(extent, chunks[axis]!)),
    read: ({ start, stop }, into) => readBox(array, [...place, ...start], [...end, ...stop], into),
  };
}

/** Refuses an array whose chunks have several points of an axis, time. @throws IsoluxError `unsupported` */
function checkTimes({ shape, chunkShape }: ArrayMetadata, axis: number, where: string): void {
  const [points, perChunk] = [shape[axis]!, chunkShape[axis]!];
  if (perChunk === 1 && points <= limits.timePoints) return;
  throw new IsoluxError({
    kind: "unsupported",
    what: perChunk > 1 ? "The chunks of a tile hold several time points" : "The time lapse is longer than is read",
    where,
    found: perChunk > 1 ? `${perChunk} time points in a chunk` : `${points} time points`,
    expected: perChunk > 1 ? "one" : `at most ${limits.timePoints}`,
    advice: "Write the tiles again in chunks of a single time point",
  });
}

/** The note about files of several time points, of which the first is read. */
export function firstTimeOnly(points: number): string {
  return `Of ${points} time points only the first is read, so that the output holds no other`;
}
