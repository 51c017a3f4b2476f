// Large images at the price of small ones: a slab of planes, repeated along z by hard links.
import { linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const { DirectoryStore } = await import("../dist/node.js");
const { writeSyntheticAcquisition } = await import("../dist/synthetic/write-acquisition.js");
const { writeRoiTables } = await import("../dist/synthetic/write-acquisition.js");

/**
 * Writes a synthetic acquisition whose planes are repeated `repeats` times along z: `folder/name.zarr/raw_image`. The
 * planes of a slab must fill its chunks.
 * @returns the acquisition of the slab; its `image` is the path of the whole
 */
export async function writeTallImage(folder, name, repeats, options) {
  const store = new DirectoryStore(folder);
  const slab = await writeSyntheticAcquisition(store, `${name}.zarr`, options);
  const image = join(folder, slab.imageKey);
  for (let level = 0; level < slab.options.levelCount; level++) repeatPlanes(join(image, String(level)), repeats);
  const planes = slab.options.planes * repeats;
  await writeRoiTables(store, slab.imageKey, { ...slab.options, planes }, slab.layout);
  return { ...slab, image };
}

function repeatPlanes(array, repeats) {
  const document = join(array, ".zarray");
  const metadata = JSON.parse(readFileSync(document, "utf8"));
  const [planes, chunkPlanes] = [metadata.shape[1], metadata.chunks[1]];
  if (planes % chunkPlanes !== 0) throw new Error(`${planes} planes do not fill chunks of ${chunkPlanes}`);
  const chunks = planes / chunkPlanes;
  for (const channel of readdirSync(array).filter((entry) => entry !== ".zarray")) {
    for (let k = chunks; k < chunks * repeats; k++) {
      linkFiles(join(array, channel, String(k % chunks)), join(array, channel, String(k)));
    }
  }
  metadata.shape[1] = planes * repeats;
  writeFileSync(document, JSON.stringify(metadata));
}

function linkFiles(from, to) {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, copy] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) linkFiles(source, copy);
    else linkSync(source, copy);
  }
}
