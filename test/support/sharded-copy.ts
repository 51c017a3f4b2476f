import { openMosaic } from "../../src/acquisition/open-mosaic.ts";
import { elementCount } from "../../src/shapes.ts";
import { ZarrArray } from "../../src/zarr/array.ts";
import { isUniform } from "../../src/zarr/chunk-pixels.ts";
import { encodeJson } from "../../src/zarr/json.ts";
import { writeArrayMetadata } from "../../src/zarr/metadata/document.ts";
import type { ArrayMetadata } from "../../src/zarr/metadata/metadata.ts";
import { ShardWriter } from "../../src/zarr/shards/shard-writer.ts";
import { joinKey, type WritableStore } from "../../src/zarr/store.ts";

/** Copies a mosaic of OME-Zarr 0.4 as 0.5, with shards of 2 x 2 x 2 chunks; without tables, so as one tile. */
export async function copySharded(store: WritableStore, from: string, to: string): Promise<void> {
  const mosaic = await openMosaic(store, from);
  const { multiscales, omero } = mosaic.metadata.attributes as { multiscales: object[]; omero: object };
  const attributes = { ome: { version: "0.5", multiscales, omero }, kept: { by: "everyone" } };
  await store.set(joinKey(to, "zarr.json"), encodeJson({ zarr_format: 3, node_type: "group", attributes }));
  for (const [index, level] of mosaic.levels.entries()) {
    const { shape, chunkShape, type } = level.array.metadata;
    const metadata: ArrayMetadata = {
      zarrFormat: 3,
      shape,
      chunkShape,
      shardShape: chunkShape.map((extent, axis) => (axis === 0 ? extent : 2 * extent)),
      type,
      byteOrder: "little",
      order: "C",
      fillValue: 0,
      separator: "/",
      keyEncoding: "default",
      codec: { kind: "zstd", level: 3 },
      dimensionNames: ["c", "z", "y", "x"],
    };
    const array = new ZarrArray(store, joinKey(to, mosaic.metadata.levels[index]!.path), metadata);
    await writeArrayMetadata(store, array.key, metadata);
    const writers = new Map<string, ShardWriter>();
    for (const chunk of positions(array.chunkGrid)) {
      const shard = chunk.map((place, axis) => Math.floor(place / array.chunksPerObject[axis]!));
      const writer = writers.get(shard.join()) ?? new ShardWriter(store, array, shard);
      writers.set(shard.join(), writer);
      const pixels = await level.array.readChunk(chunk);
      await writer.put(chunk, pixels === undefined || isUniform(pixels, 0) ? undefined : pixels);
    }
    for (const writer of writers.values()) await writer.finish();
  }
}

/** All places of a grid, in C order. */
function positions(grid: readonly number[]): number[][] {
  return Array.from({ length: elementCount(grid) }, (_, index) =>
    grid.map((extent, axis) => Math.floor(index / elementCount(grid.slice(axis + 1))) % extent),
  );
}
