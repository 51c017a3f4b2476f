import { IsoluxError } from "../../errors.ts";
import type { Zyx } from "../../shapes.ts";
import { isJsonObject, type JsonObject } from "../../zarr/json.ts";

/** The manifest's key below the proxy. */
export const manifestName = "proxy_manifest.json";

const manifestType = "mesospim_proxy_v1";

/** What a proxy's manifest says of the acquisition. */
export interface ProxyManifest {
  /** The acquisition's absolute path on the computer on which the proxy was made. */
  readonly source: string;
  readonly tileShapeZyx: Zyx;
  /** The pixel type, as NumPy calls it. */
  readonly type: string;
  /** The names of the tiles' groups, tile by tile, within a tile in the order of channels. */
  readonly tiles: readonly string[];
}

/** Whether a document is a manifest of the type that Isolux knows. */
export function isProxyManifest(document: JsonObject | undefined): boolean {
  return isJsonObject(document?.manifest) && document.manifest.type === manifestType;
}

/** Reads a manifest. @throws IsoluxError `unsupported` where it is of another type, `corrupt` */
export function parseProxyManifest(document: JsonObject, where: string): ProxyManifest {
  const manifest = isJsonObject(document.manifest) ? document.manifest : {};
  if (manifest.type !== manifestType) {
    throw new IsoluxError({
      kind: "unsupported",
      what: "The proxy's manifest is of a type that Isolux does not know",
      where,
      found: JSON.stringify(manifest.type) ?? "none",
      expected: manifestType,
    });
  }
  const { source_omezarr: source, tile_shape_zyx: shape, dtype: type } = manifest;
  if (typeof source !== "string" || source === "") throw wrongEntry("source_omezarr", source, "a path", where);
  if (!isShape(shape)) throw wrongEntry("tile_shape_zyx", shape, "three extents", where);
  if (typeof type !== "string") throw wrongEntry("dtype", type, "a pixel type", where);
  return { source, tileShapeZyx: shape, type, tiles: parseTiles(manifest.tiles, where) };
}

/** The tiles are listed by channel, then by row, then by column. */
function parseTiles(tiles: unknown, where: string): string[] {
  const rows = isJsonObject(tiles) ? Object.values(tiles).flat() : [];
  const entries = rows.flat().map((entry: unknown) => {
    if (!isJsonObject(entry) || typeof entry.store_relpath !== "string") {
      throw wrongEntry("tiles", entry, "the name of a tile's group as store_relpath", where);
    }
    return { name: entry.store_relpath, order: [Number(entry.tile_id), Number(entry.channel_index)] as const };
  });
  if (entries.length === 0) throw wrongEntry("tiles", tiles, "tiles by channel, row and column", where);
  return entries.sort((a, b) => a.order[0] - b.order[0] || a.order[1] - b.order[1]).map(({ name }) => name);
}

function isShape(value: unknown): value is Zyx {
  return Array.isArray(value) && value.length === 3 && value.every((extent) => Number.isSafeInteger(extent));
}

function wrongEntry(name: string, value: unknown, expected: string, where: string): IsoluxError {
  return new IsoluxError({
    kind: "corrupt",
    what: `The proxy's manifest has no usable ${name}`,
    where,
    found: JSON.stringify(value)?.slice(0, 100) ?? "nothing",
    expected,
  });
}
