import { copyFile, mkdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { writeBigTiff, writeRaw, writeTiff } from "../../scripts/microscope-files.mjs";
import { openNativeOmeZarr } from "../../src/acquisition/native/native-omezarr.ts";
import { DirectoryStore } from "../../src/zarr/disk/directory-store-node.ts";

/**
 * Writes the tiles of an acquisition in OME-Zarr groups, with their `_meta.txt` beside the folder, as the microscope
 * would have in another format: a stack with its `_meta.txt` for each. Full resolution, uint16.
 */
export async function writeStacksOfTiles(groups: string, folder: string, extension: "tiff" | "btf" | "raw") {
  await mkdir(folder);
  for (const { name, levels } of await openNativeOmeZarr(new DirectoryStore(dirname(groups)), basename(groups))) {
    const { shapeZyx } = levels[0]!;
    const [planes, rows, columns] = shapeZyx;
    const pixels = await levels[0]!.read({ start: [0, 0, 0], stop: shapeZyx });
    const planeOf = (z: number) => pixels.slice(z * rows * columns, (z + 1) * rows * columns);
    const path = join(folder, `sample_${name.replace(/\.ome\.zarr$/, "")}.${extension}`);
    if (extension === "raw") writeRaw(path, planes, planeOf);
    else (extension === "btf" ? writeBigTiff : writeTiff)(path, planes, [rows, columns], planeOf);
    await copyFile(`${groups}_${name}_meta.txt`, `${path}_meta.txt`);
  }
}
