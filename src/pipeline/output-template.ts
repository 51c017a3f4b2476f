import type { MosaicImage } from "../acquisition/acquisition.ts";
import { Level } from "../acquisition/level.ts";
import type { JsonObject } from "../ngff/json.ts";
import { tableObjects } from "../ngff/table-objects.ts";
import type { Zyx } from "../shapes.ts";
import { ZarrArray } from "../zarr/array.ts";
import type { ArrayMetadata } from "../zarr/metadata.ts";
import { joinKey, type WritableStore } from "../zarr/store.ts";
import type { Location } from "./location.ts";

/** A level of an output: its key below the image, and what its array is. */
export interface OutputLevel {
  readonly path: string;
  readonly metadata: ArrayMetadata;
  readonly factorsZyx: Zyx;
}

/** What an output image will be, decided before it is written. */
export interface OutputTemplate {
  readonly levels: readonly OutputLevel[];
  /** The attributes to start from. */
  readonly attributes: JsonObject;
  /** Writes what does not depend on the correction: groups, the arrays' metadata, tables. */
  writeUnchanged(image: Location): Promise<void>;
}

/** The output that mirrors a mosaic: the same arrays; groups, array metadata and tables byte for byte. */
export function mirrorOf(mosaic: MosaicImage): OutputTemplate {
  const { store, key, metadata, levels } = mosaic;
  return {
    attributes: metadata.attributes,
    levels: levels.map(({ array, factorsZyx }, index) => {
      return { path: metadata.levels[index]!.path, metadata: array.metadata, factorsZyx };
    }),
    async writeUnchanged(image) {
      const arrays = metadata.levels.flatMap(({ path }) => [`${path}/.zarray`, `${path}/.zattrs`]);
      const tables = await tableObjects(store, joinKey(key, "tables"));
      const names = [".zgroup", ...arrays, ...tables.map((table) => table.slice(key.length + 1))];
      for (const name of names) {
        const bytes = await store.get(joinKey(key, name));
        if (bytes !== undefined) await image.store.set(joinKey(image.key, name), bytes);
      }
    },
  };
}

/** The levels of an output that lies at `key`. */
export function outputLevels(levels: readonly OutputLevel[], store: WritableStore, key: string): Level[] {
  return levels.map(
    ({ path, metadata, factorsZyx }) => new Level(new ZarrArray(store, joinKey(key, path), metadata), factorsZyx),
  );
}
