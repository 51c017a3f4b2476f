/** Groups of zarr version 2 (`.zgroup`, `.zattrs`) and 3 (`zarr.json`), and the attributes that they carry. */

import { without } from "../without.ts";
import { encodeJson, isJsonObject, type JsonObject, readJson } from "../zarr/json.ts";
import type { ZarrFormat } from "../zarr/metadata/metadata.ts";
import { joinKey, type ReadableStore } from "../zarr/store.ts";

/** A zarr group. */
export interface Group {
  readonly zarrFormat: ZarrFormat;
  readonly attributes: JsonObject;
}

/** The group at `key`, or `undefined` where there is none. @throws IsoluxError `corrupt` */
export async function readGroup(store: ReadableStore, key: string): Promise<Group | undefined> {
  const attributes = await readJson(store, joinKey(key, ".zattrs"));
  if (attributes !== undefined) return { zarrFormat: 2, attributes };
  if ((await readJson(store, joinKey(key, ".zgroup"))) !== undefined) return { zarrFormat: 2, attributes: {} };
  const document = await readJson(store, joinKey(key, "zarr.json"));
  if (document === undefined || document.node_type === "array") return undefined;
  return { zarrFormat: 3, attributes: isJsonObject(document.attributes) ? document.attributes : {} };
}

/** The document that holds a group's attributes: its name, and its bytes. */
export function attributesDocument({ zarrFormat, attributes }: Group): {
  readonly name: string;
  readonly bytes: Uint8Array;
} {
  if (zarrFormat === 2) return { name: ".zattrs", bytes: encodeJson(attributes) };
  return { name: "zarr.json", bytes: encodeJson({ zarr_format: 3, node_type: "group", attributes }) };
}

/** The versions of OME-Zarr that are read and written. */
export type OmeVersion = "0.4" | "0.5";

/** The version of OME-Zarr that goes with a version of Zarr. */
export function omeVersion(zarrFormat: ZarrFormat): OmeVersion {
  return zarrFormat === 2 ? "0.4" : "0.5";
}

/** An image's attributes in the form of another version: only where the OME metadata and their version stand differs. */
export function attributesInVersion(attributes: JsonObject, zarrFormat: ZarrFormat): JsonObject {
  const ome = omeAttributes(attributes);
  const others = without(attributes, "ome", "multiscales", "omero");
  const version = omeVersion(zarrFormat);
  const versioned = (value: unknown) => {
    const rest = isJsonObject(value) ? without(value, "version") : {};
    return zarrFormat === 2 ? { version, ...rest } : rest;
  };
  const scales = Array.isArray(ome.multiscales) ? ome.multiscales.map(versioned) : [];
  const display = ome.omero === undefined ? {} : { omero: versioned(ome.omero) };
  if (zarrFormat === 2) return { ...others, multiscales: scales, ...display };
  const further = isJsonObject(attributes.ome) ? without(ome, "version", "multiscales", "omero") : {};
  return { ...others, ome: { version, multiscales: scales, ...display, ...further } };
}

/** Where the OME metadata stand among an image's attributes: beside the others (0.4) or below `ome` (0.5). */
export function omeAttributes(attributes: JsonObject): JsonObject {
  return isJsonObject(attributes.ome) ? attributes.ome : attributes;
}

/** Of the pyramids that an image describes, the first, and those that describe its arrays in another way. */
export function pyramidsOfFirst(multiscales: readonly JsonObject[]): JsonObject[] {
  const pathsOf = ({ datasets }: JsonObject) =>
    (Array.isArray(datasets) ? datasets : []).map((dataset: unknown) => isJsonObject(dataset) && dataset.path);
  const own = new Set(pathsOf(multiscales[0]!));
  return multiscales.filter(
    (multiscale) => isJsonObject(multiscale) && pathsOf(multiscale).every((path) => own.has(path)),
  );
}
