import { IsoluxError } from "../../errors.ts";
import type { Zyx } from "../../shapes.ts";
import { openArray, readBox, type ZarrArray } from "../../zarr/array.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import type { TilePixels } from "../tile-view.ts";
import type { MetaBlock } from "./meta-block.ts";
import { readMetaText } from "./meta-text.ts";
import { readTileAttributes, type TileAttributes } from "./tile-attributes.ts";
import type { TileName } from "./tile-name.ts";

/** A tile's group as it was found. */
export interface TileGroup {
  readonly name: TileName;
  readonly attributes: TileAttributes;
  /** Finest first, at least one; those that are there of the ones that the attributes name. */
  readonly levels: readonly TilePixels[];
  readonly meta: MetaBlock | undefined;
}

/**
 * Reads what there is of the tile `name` in the folder `root`; `undefined` where it has no pixels: the acquisition
 * ended before it, or the group is still on its way here.
 * @throws IsoluxError `corrupt`, `unsupported`
 */
export async function readTileGroup(
  store: ReadableStore,
  root: string,
  name: TileName,
): Promise<TileGroup | undefined> {
  const key = joinKey(root, name.name);
  const attributes = await readTileAttributes(store, key);
  if (attributes === undefined) return undefined;
  const levels: TilePixels[] = [];
  for (const path of attributes.levelPaths) {
    const array = await openIfPresent(store, joinKey(key, path));
    if (array === undefined) break;
    levels.push(pixelsOf(array));
  }
  if (levels.length === 0) return undefined;
  // A group that was acquired anew into its old place may have a block of each time.
  const meta = (await readMetaText(store, `${root}_${name.name}_meta.txt`))?.at(-1);
  return { name, attributes, levels, meta };
}

async function openIfPresent(store: ReadableStore, key: string): Promise<ZarrArray | undefined> {
  try {
    return await openArray(store, key);
  } catch (cause) {
    if (cause instanceof IsoluxError && cause.kind === "not-found") return undefined;
    throw cause;
  }
}

function pixelsOf(array: ZarrArray): TilePixels {
  const { type, shape, chunkShape } = array.metadata;
  if (shape.length !== 3 || shape.includes(0)) {
    throw new IsoluxError({
      kind: "corrupt",
      what: "The array of a tile is not a stack of planes",
      where: array.location,
      found: `shape [${shape.join(", ")}]`,
      expected: "three axes with pixels",
    });
  }
  return {
    type,
    shapeZyx: shape as unknown as Zyx,
    chunkShapeZyx: shape.map((extent, axis) => Math.min(extent, chunkShape[axis]!)) as unknown as Zyx,
    read: ({ start, stop }) => readBox(array, start, stop),
  };
}
