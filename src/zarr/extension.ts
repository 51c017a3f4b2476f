/**
 * What version 3 of Zarr calls extension points: things that have a name and, often, a configuration.
 *
 * @see https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html#extension-definition
 */

import { isJsonObject, type JsonObject } from "./json.ts";
import { corruptMetadata, unsupportedArray } from "./metadata-fault.ts";

/** Something named, with its settings. */
export interface Extension {
  readonly name: string;
  readonly configuration: JsonObject;
}

/** Reads what stands under `key`; a bare name has no configuration. @throws IsoluxError `corrupt` */
export function parseExtension(value: unknown, key: string, where: string): Extension {
  if (typeof value === "string") return { name: value, configuration: {} };
  if (isJsonObject(value) && typeof value.name === "string") {
    const { name, configuration = {} } = value;
    if (isJsonObject(configuration)) return { name, configuration };
  }
  throw corruptMetadata(where, key, value, "a name and its configuration");
}

/** Refuses settings beyond the known ones: they would change what is read. @throws IsoluxError `unsupported` */
export function checkSettings(extension: Extension, known: readonly string[], where: string): void {
  const unknown = Object.keys(extension.configuration).filter((key) => !known.includes(key));
  if (unknown.length === 0) return;
  const expected = known.length === 0 ? "none" : known.join(", ");
  throw unsupportedArray(where, `configuration of ${extension.name}`, unknown.join(", "), expected);
}
