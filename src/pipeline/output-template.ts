import { geometryOf, Level } from "../acquisition/level.ts";
import type { JsonObject } from "../ngff/json.ts";
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
  readonly zarrFormat: 2 | 3;
  /** The attributes to start from. */
  readonly attributes: JsonObject;
  /** Writes what does not depend on the correction: groups, the arrays' metadata, tables. */
  writeUnchanged(image: Location): Promise<void>;
}

/** The extents of an output's full resolution and of its chunks. */
export function fullGeometry({ levels }: Pick<OutputTemplate, "levels">) {
  return geometryOf(levels[0]!.metadata);
}

/** The levels of an output that lies at `key`. */
export function outputLevels(levels: readonly OutputLevel[], store: WritableStore, key: string): Level[] {
  return levels.map(
    ({ path, metadata, factorsZyx }) => new Level(new ZarrArray(store, joinKey(key, path), metadata), factorsZyx),
  );
}
