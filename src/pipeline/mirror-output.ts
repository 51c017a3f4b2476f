import type { StoredImage } from "../acquisition/acquisition.ts";
import { IsoluxError } from "../errors.ts";
import { tableObjects } from "../ngff/table-objects.ts";
import { joinKey } from "../zarr/store.ts";
import type { OutputImage } from "./output-template.ts";

/** The output that mirrors an image: the same arrays; groups, array metadata and tables byte for byte. */
export function mirrorOf({ store, key, metadata, levels }: StoredImage): OutputImage {
  if (levels.some(({ array }) => array.metadata.indexLocation === "start"))
    throw indexAtStart(joinKey(store.location, key));
  return {
    key: "",
    source: { kind: "mosaic" },
    zarrFormat: metadata.zarrFormat,
    attributes: metadata.attributes,
    levels: levels.map(({ array, factorsZyx }, index) => {
      return { path: metadata.levels[index]!.path, metadata: array.metadata, factorsZyx };
    }),
    async writeUnchanged(image) {
      const documents = metadata.zarrFormat === 2 ? [".zarray", ".zattrs"] : ["zarr.json"];
      const arrays = metadata.levels.flatMap(({ path }) => documents.map((name) => `${path}/${name}`));
      const tables = await tableObjects(store, joinKey(key, "tables"));
      const names = [".zgroup", ...arrays, ...tables.map((table) => table.slice(key.length + 1))];
      for (const name of names) {
        const bytes = await store.get(joinKey(key, name));
        if (bytes !== undefined) await image.store.set(joinKey(image.key, name), bytes);
      }
    },
  };
}

function indexAtStart(where: string): IsoluxError {
  return new IsoluxError({
    kind: "unsupported",
    what: "The image has shards that begin with their index, which Isolux reads but does not write",
    where,
    advice: "Give --shards, such as --shards 1,64,2048,2048: then the shards end with it",
  });
}
