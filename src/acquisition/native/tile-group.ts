import { IsoluxError } from "../../errors.ts";
import { isCameraType, mapAxes, type Zyx } from "../../shapes.ts";
import { openArray, type ZarrArray } from "../../zarr/array.ts";
import { readBox } from "../../zarr/read-box.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import { checkSingleTime } from "../single-time.ts";
import type { TilePixels } from "../tile-view.ts";
import type { MetaBlock } from "./meta-block.ts";
import { readMetaText } from "./meta-text.ts";
import { type LeadingAxes, readTileAttributes, type TileAttributes } from "./tile-attributes.ts";
import type { TileName } from "./tile-name.ts";

/** A tile's group as it was found, or one channel of a group that holds several. */
export interface TileGroup {
  readonly name: TileName;
  readonly attributes: TileAttributes;
  /** Which of the group's channels it is. */
  readonly index: number;
  /** The laser line, where the group's attributes name it. */
  readonly channel?: string;
  /** Finest first, at least one; those that are there of the ones that the attributes name. */
  readonly levels: readonly TilePixels[];
  readonly meta: MetaBlock | undefined;
}

/**
 * Reads what there is of the tile `name` in the folder `root`, an entry for each channel; none where it has no pixels:
 * the acquisition ended before it, or the group is still on its way here.
 * @throws IsoluxError `corrupt`, `unsupported` (axes, a time lapse)
 */
export async function readTileGroups(store: ReadableStore, root: string, name: TileName): Promise<TileGroup[]> {
  const key = joinKey(root, name.name);
  const written = await readTileAttributes(store, key);
  if (written === undefined) return [];
  const attributes = { ...written, pixelSizeUmZyx: thickened(written.pixelSizeUmZyx) };
  const arrays: ZarrArray[] = [];
  for (const path of attributes.levelPaths) {
    const array = await openIfPresent(store, joinKey(key, path));
    if (array === undefined) break;
    checkArray(array, attributes.leadingAxes);
    arrays.push(array);
  }
  const [full] = arrays;
  if (full === undefined) return [];
  checkStep(written, full);
  const blocks = (await readMetaText(store, `${root}_${name.name}_meta.txt`)) ?? [];
  const { leadingAxes, channelLabels } = attributes;
  // A group that was acquired anew into its old place may have a block of each time.
  if (!leadingAxes.endsWith("c")) {
    const levels = arrays.map((array) => pixelsOf(array, leadingAxes.length, 0));
    return [{ name, attributes, index: 0, levels, meta: blocks.at(-1) }];
  }
  const count = full.metadata.shape[leadingAxes.length - 1]!;
  return Array.from({ length: count }, (_, index): TileGroup => {
    const channel = channelLabels[index] ?? (count === 1 ? undefined : `channel_${index + 1}`);
    const levels = arrays.map((array) => pixelsOf(array, leadingAxes.length, index));
    const own = blocks.findLast((block) => block.find("CFG", "Laser") !== undefined && block.channel === channel);
    return {
      name,
      attributes,
      index,
      ...(channel === undefined ? {} : { channel }),
      levels,
      meta: own ?? blocks.at(-1),
    };
  });
}

/** A single plane without a distance from the next counts as 1 µm thick. */
function thickened([z, y, x]: Zyx): Zyx {
  return [z === 0 ? 1 : z, y, x];
}

function checkStep({ pixelSizeUmZyx }: TileAttributes, { metadata, location }: ZarrArray): void {
  const planes = metadata.shape.at(-3)!;
  if (pixelSizeUmZyx[0] > 0 || planes === 1) return;
  const found = `0 with ${planes} planes`;
  throw new IsoluxError({ kind: "corrupt", what: "A tile has no usable scale along z", where: location, found });
}

async function openIfPresent(store: ReadableStore, key: string): Promise<ZarrArray | undefined> {
  try {
    return await openArray(store, key);
  } catch (cause) {
    if (cause instanceof IsoluxError && cause.kind === "not-found") return undefined;
    throw cause;
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
  if (leadingAxes.startsWith("t")) checkSingleTime(metadata, location);
  if (isCameraType(metadata.type)) return;
  throw new IsoluxError({
    kind: "unsupported",
    what: "The pixel type of a tile is not read",
    where: location,
    found: metadata.type,
    expected: "uint8, uint16 or float32",
  });
}

/** The pixels at one place along the axes before z: the last of these, channels, or a single time point. */
function pixelsOf(array: ZarrArray, leadingCount: number, index: number): TilePixels {
  const { type, shape, chunkShape } = array.metadata;
  const first = [0, index].slice(2 - leadingCount);
  const end = first.map((place) => place + 1);
  const shapeZyx = shape.slice(leadingCount) as unknown as Zyx;
  const chunks = chunkShape.slice(leadingCount);
  return {
    type,
    shapeZyx,
    chunkShapeZyx: mapAxes(shapeZyx, (extent, axis) => Math.min(extent, chunks[axis]!)),
    read: ({ start, stop }, into) => readBox(array, [...first, ...start], [...end, ...stop], into),
  };
}
