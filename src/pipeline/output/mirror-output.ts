/** The template of an output with the same arrays, groups and tables as its source. */

import type { StoredImage } from "../../acquisition/acquisition.ts";
import type { Level } from "../../acquisition/level.ts";
import { storedLevel } from "../../acquisition/sampled-level.ts";
import { tableObjects } from "../../ngff/table-objects.ts";
import type { ZarrArray } from "../../zarr/array.ts";
import { copyObject } from "../../zarr/copy-object.ts";
import { encodeJson, isJsonObject, parseJson } from "../../zarr/json.ts";
import { writeArrayMetadata } from "../../zarr/metadata/document.ts";
import type { ArrayMetadata } from "../../zarr/metadata/metadata.ts";
import { joinKey, objectsBelow } from "../../zarr/store.ts";
import { runConcurrently } from "../places/run-concurrently.ts";
import type { OutputImage } from "./template.ts";

/** Number of small objects that are copied at a time. */
const copiesAtOnce = 16;

/**
 * The output that mirrors an image: the same arrays; groups, array metadata, tables and label images byte for byte,
 * except that missing chunks of an array are defined to read as 0.
 */
export function mirrorOf({ store, key, metadata, levels, remade }: StoredImage): OutputImage {
  const stored = levels.map(storedLevel);
  const all = [...stored, ...remade];
  const ownArrays = [...stored.filter(isAnother), ...remade];
  const copied = async () => {
    const tables = await tableObjects(store, joinKey(key, "tables"));
    const labels = (await objectsBelow(store, joinKey(key, "labels"))) ?? [];
    return [...tables, ...labels].map((object) => (key === "" ? object : object.slice(key.length + 1)));
  };
  return {
    key: "",
    source: { kind: "mosaic" },
    zarrFormat: metadata.zarrFormat,
    attributes: metadata.attributes,
    copiesLabels: true,
    levels: all.map(({ array, factorsZyx, axes, mirrored }) => {
      return { path: pathIn(key, array), metadata: withIndexAtEnd(mirrored), axes, factorsZyx };
    }),
    copied,
    async writeUnchanged(image, without) {
      const documents = metadata.zarrFormat === 2 ? [".zarray", ".zattrs"] : ["zarr.json"];
      const arrays = metadata.levels.flatMap(({ path }) => documents.map((name) => `${path}/${name}`));
      const names = [".zgroup", ...arrays, ...(without === "copies" ? [] : await copied())];
      await runConcurrently(copiesAtOnce, names, undefined, async (name) => {
        const [from, to] = [joinKey(key, name), joinKey(image.key, name)];
        if (!arrays.includes(name)) {
          await copyObject({ store, key: from }, { store: image.store, key: to });
          return;
        }
        const bytes = await store.get(from);
        if (bytes !== undefined) await image.store.set(to, withFill(bytes, name));
      });
      for (const { array, mirrored } of ownArrays) {
        const level = joinKey(image.key, pathIn(key, array));
        await writeArrayMetadata(image.store, level, withIndexAtEnd(mirrored));
      }
    },
  };
}

/** An array's document with a fill value of 0: without one it is undefined how missing chunks read. */
function withFill(bytes: Uint8Array, name: string): Uint8Array {
  const document = parseJson(bytes, { kind: "corrupt", what: "An array's metadata cannot be read", where: name });
  const isWithout = isJsonObject(document) && document.fill_value === null;
  return isWithout ? encodeJson({ ...document, fill_value: 0 }) : bytes;
}

/** Whether the metadata of an output's array differ from its source's. */
function isAnother({ array, mirrored }: Level): boolean {
  return mirrored !== array.metadata || mirrored.indexLocation === "start";
}

/** The path of an array in its image. */
export function pathIn(key: string, array: ZarrArray): string {
  return key === "" ? array.key : array.key.slice(key.length + 1);
}

/** Shards are written as they grow, so their index is only known at the end; its position makes no other difference. */
function withIndexAtEnd(metadata: ArrayMetadata): ArrayMetadata {
  return metadata.indexLocation === "start" ? { ...metadata, indexLocation: "end" } : metadata;
}
