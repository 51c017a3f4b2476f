import { expect, it } from "vitest";
import { openStoredImage } from "../../../src/acquisition/open-levels.ts";
import { transcoded } from "../../../src/pipeline/output/new-output.ts";
import type { Czyx } from "../../../src/shapes.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { writeArrayMetadata } from "../../../src/zarr/metadata/document.ts";
import { plainMetadata } from "../../support/plain-metadata.ts";

/** An image of one level in chunks of a shape, without pixels. */
async function imageInChunks(chunkShape: Czyx) {
  const store = new MemoryStore();
  const axes = ["c", "z", "y", "x"].map((name) => ({ name, type: name === "c" ? "channel" : "space" }));
  const datasets = [{ path: "0", coordinateTransformations: [{ type: "scale", scale: [1, 1, 1, 1] }] }];
  const attributes = { multiscales: [{ version: "0.4", axes, datasets }] };
  await store.set(".zgroup", new TextEncoder().encode('{"zarr_format":2}'));
  await store.set(".zattrs", new TextEncoder().encode(JSON.stringify(attributes)));
  const metadata = plainMetadata([2, 200, 5056, 5920], chunkShape);
  await writeArrayMetadata(store, "0", metadata);
  return openStoredImage(store, "");
}

it.each<[string, Czyx, Czyx | undefined, Czyx, Czyx]>([
  ["taken over", [1, 16, 512, 512], undefined, [1, 16, 512, 512], [1, 64, 2048, 2048]],
  ["cut where they are large", [1, 64, 1024, 1024], undefined, [1, 64, 256, 256], [1, 64, 2048, 2048]],
  ["cut in the longer direction", [1, 1, 5056, 2960], undefined, [1, 1, 2528, 1480], [1, 64, 2528, 1480]],
  ["not taken over where they are small", [1, 4, 64, 64], undefined, [1, 32, 256, 256], [1, 64, 2048, 2048]],
  ["not taken over where they hold channels", [2, 16, 512, 512], undefined, [1, 32, 256, 256], [1, 64, 2048, 2048]],
  ["taken over into given shards", [1, 16, 512, 512], [2, 32, 512, 512], [1, 16, 512, 512], [2, 32, 512, 512]],
  ["the usual ones in other shards", [1, 16, 512, 512], [1, 64, 768, 768], [1, 32, 256, 256], [1, 64, 768, 768]],
])("in shards, chunks of an image are %s", async (_, source, wanted, chunks, shards) => {
  const form = { zarrFormat: 3 as const, ...(wanted && { shardsCzyx: wanted }) };
  const { metadata } = transcoded(await imageInChunks(source), form).levels[0]!;
  expect(metadata.chunkShape).toEqual(chunks);
  expect(metadata.shardShape).toEqual(shards);
});

it("shards of a few pixels, each of which would be a file, are refused before any is made", async () => {
  const image = await imageInChunks([1, 64, 1024, 1024]);
  const wanted = (...shardsCzyx: Czyx) => transcoded(image, { zarrFormat: 3, shardsCzyx }).levels[0]!.metadata;
  expect(() => wanted(1, 7, 9, 9)).toThrow(
    "The shards are so small that the image would lie in far too many files (--shards): found 1 x 7 x 9 x 9, which makes " +
      "21448168 files of 567 pixels, expected shards of at least 65536 pixels. Give larger ones, such as 1,64,2048,2048, or leave --shards out.",
  );
  // Many, but each of enough pixels.
  expect(wanted(1, 1, 256, 256).shardShape).toEqual([1, 1, 256, 256]);
});
