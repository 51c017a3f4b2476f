import type { StoredImage } from "../acquisition/acquisition.ts";
import type { Level } from "../acquisition/level.ts";
import { storedLevel } from "../acquisition/sampled-level.ts";
import { tableObjects } from "../ngff/table-objects.ts";
import type { ZarrArray } from "../zarr/array.ts";
import { encodeJson, isJsonObject, parseJson } from "../zarr/json.ts";
import type { ArrayMetadata } from "../zarr/metadata.ts";
import { writeArrayMetadata } from "../zarr/metadata-document.ts";
import { objectsBelow } from "../zarr/objects-below.ts";
import { joinKey } from "../zarr/store.ts";
import type { OutputImage } from "./output-template.ts";
import { takeTurns } from "./take-turns.ts";

/** Small objects that are copied at a time. */
const copiesAtOnce = 16;

/**
 * The output that mirrors an image: the same arrays; groups, array metadata, tables and label images byte for byte, but
 * that what is left out of an array reads as 0.
 */
export function mirrorOf({ store, key, metadata, levels, remade }: StoredImage): OutputImage {
  const stored = levels.map(storedLevel);
  const all = [...stored, ...remade];
  const ownArrays = [...stored.filter(isAnother), ...remade];
  return {
    key: "",
    source: { kind: "mosaic" },
    zarrFormat: metadata.zarrFormat,
    attributes: metadata.attributes,
    copiesLabels: true,
    levels: all.map(({ array, factorsZyx, axes, mirrored }) => {
      return { path: pathIn(key, array), metadata: withIndexAtEnd(mirrored), axes, factorsZyx };
    }),
    async writeUnchanged(image) {
      const documents = metadata.zarrFormat === 2 ? [".zarray", ".zattrs"] : ["zarr.json"];
      const arrays = metadata.levels.flatMap(({ path }) => documents.map((name) => `${path}/${name}`));
      const tables = await tableObjects(store, joinKey(key, "tables"));
      const labels = (await objectsBelow(store, joinKey(key, "labels"))) ?? [];
      const names = [".zgroup", ...arrays, ...[...tables, ...labels].map((object) => object.slice(key.length + 1))];
      await takeTurns(copiesAtOnce, names, undefined, async (name) => {
        const bytes = await store.get(joinKey(key, name));
        if (bytes === undefined) return;
        await image.store.set(joinKey(image.key, name), arrays.includes(name) ? withFill(bytes, name) : bytes);
      });
      for (const { array, mirrored } of ownArrays) {
        const level = joinKey(image.key, pathIn(key, array));
        await writeArrayMetadata(image.store, level, withIndexAtEnd(mirrored));
      }
    },
  };
}

/** An array's document in which chunks that are left out are 0: without a fill value nothing says what they are. */
function withFill(bytes: Uint8Array, name: string): Uint8Array {
  const document = parseJson(bytes, { kind: "corrupt", what: "An array's metadata cannot be read", where: name });
  const isWithout = isJsonObject(document) && document.fill_value === null;
  return isWithout ? encodeJson({ ...document, fill_value: 0 }) : bytes;
}

/** Whether the array of an output is not described as that of its source. */
function isAnother({ array, mirrored }: Level): boolean {
  return mirrored !== array.metadata || mirrored.indexLocation === "start";
}

/** Where an array of an image lies in it. */
export function pathIn(key: string, array: ZarrArray): string {
  return key === "" ? array.key : array.key.slice(key.length + 1);
}

/** Shards grow as they are written, so that their index is known at the end: where it lies makes no other difference. */
function withIndexAtEnd(metadata: ArrayMetadata): ArrayMetadata {
  return metadata.indexLocation === "start" ? { ...metadata, indexLocation: "end" } : metadata;
}
