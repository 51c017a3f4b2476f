// Files as mesoSPIM-control writes them, for the proofs: metadata, RAW, BigTIFF plane by plane, BigDataViewer's HDF5.
// Stacks are written plane by plane, so that files may be larger than memory.
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";

/** A `_meta.txt` of one view; the camera's rows and columns are turned in the saved planes. */
export function metaText({ laser = "488", side = "Left", stageYx, planes, shapeYx, pixelSizeUm = 1 }) {
  const sections = [
    ["CFG", { Laser: `${laser} nm`, Zoom: "1x", "Pixelsize in um": pixelSizeUm, Filter: "515LP", Shutter: side }],
    [
      "POSITION",
      {
        x_pos: stageYx[1],
        y_pos: stageYx[0],
        z_start: 0,
        z_end: 5 * (planes - 1),
        z_stepsize: 5,
        z_planes: planes,
        rot: 0,
      },
    ],
    ["CAMERA PARAMETERS", { x_pixels: shapeYx[0], y_pixels: shapeYx[1] }],
  ];
  const lines = sections.flatMap(([heading, values]) => [
    `[${heading}] `,
    ...Object.entries(values).map(([key, value]) => `[${key}] ${value}`),
    "",
  ]);
  const end = "[===================== END OF ACQUISITION ======================] ";
  return ["[Metadata for file] D:/data/stack", "", ...lines, end, ""].join("\n");
}

/** Writes a file's metadata beside it. */
export function writeMeta(path, description) {
  writeFileSync(`${path}_meta.txt`, metaText(description));
}

/** The name of the file of one tile and channel, lit from a side. */
export function stackName(tile, laser, extension, side = "Left") {
  return `sample_Mag1x_Tile${tile}_Ch${laser}_Flt515LP_Sh${side === "Left" ? 0 : 1}_Rot0.${extension}`;
}

/** Writes a headerless stack; `plane(z)` gives the pixels as uint16. */
export function writeRaw(path, planes, plane) {
  const file = openSync(path, "w");
  for (let z = 0; z < planes; z++) writeSync(file, new Uint8Array(plane(z).buffer));
  closeSync(file);
}

/** Writes a BigTIFF with a directory before each plane's pixels, as a series for every plane. */
export function writeBigTiff(path, planes, shapeYx, plane) {
  writePages(path, planes, shapeYx, plane, { version: 43, countBytes: 8, wordBytes: 8, long: 16 });
}

/** Writes a TIFF file of the first kind, of less than 4 GiB, in the same way. */
export function writeTiff(path, planes, shapeYx, plane) {
  writePages(path, planes, shapeYx, plane, { version: 42, countBytes: 2, wordBytes: 4, long: 4 });
}

/** The two kinds of TIFF differ in the bytes of counts, of words (offsets and values), and in the type of long ones. */
function writePages(path, planes, [rows, columns], plane, { version, countBytes, wordBytes, long }) {
  const tags = 10;
  const headerBytes = wordBytes === 8 ? 16 : 8;
  const entryBytes = 4 + 2 * wordBytes;
  const directoryBytes = countBytes + entryBytes * tags + wordBytes;
  const stride = directoryBytes + 2 * rows * columns;
  const putWord = (view, at, value) => {
    if (wordBytes === 8) view.setBigUint64(at, BigInt(value), true);
    else view.setUint32(at, value, true);
  };
  const file = openSync(path, "w");
  const header = new DataView(new ArrayBuffer(headerBytes));
  header.setUint16(0, 0x4949, true);
  header.setUint16(2, version, true);
  if (wordBytes === 8) header.setUint16(4, 8, true);
  putWord(header, headerBytes - wordBytes, headerBytes);
  writeSync(file, header);
  for (let z = 0; z < planes; z++) {
    const start = headerBytes + z * stride;
    const directory = new DataView(new ArrayBuffer(directoryBytes));
    directory.setUint16(0, tags, true);
    // Width, length, bits, compression (none), photometric (0 is black), strip offsets, samples, rows per strip, strip
    // byte counts, sample format (unsigned); types: 3 short, 4 long, 16 long8.
    const entries = [
      ...[
        [256, 4, columns],
        [257, 4, rows],
        [258, 3, 16],
        [259, 3, 1],
        [262, 3, 1],
      ],
      ...[
        [273, long, start + directoryBytes],
        [277, 3, 1],
        [278, 4, rows],
        [279, long, 2 * rows * columns],
        [339, 3, 1],
      ],
    ];
    for (const [index, [tag, type, value]] of entries.entries()) {
      const at = countBytes + entryBytes * index;
      directory.setUint16(at, tag, true);
      directory.setUint16(at + 2, type, true);
      putWord(directory, at + 4, 1);
      putWord(directory, at + 4 + wordBytes, value);
    }
    putWord(directory, directoryBytes - wordBytes, z + 1 < planes ? start + stride : 0);
    writeSync(file, directory);
    writeSync(file, new Uint8Array(plane(z).buffer));
  }
  closeSync(file);
}

/**
 * Writes an HDF5 file of BigDataViewer's layout with its metadata. A view is `{ laser, stageYx }`, with
 * its `setup` where that is not its place in the list: of sides, channels and tiles; `stack(view)` gives its pixels.
 * @param announced how many setups have a header
 */
export async function writeBdv(folder, name, views, shapeZyx, stack, announced = views.length) {
  const { ready, File } = await import("h5wasm/node");
  await ready;
  const path = join(folder, name);
  const file = new File(path, "w");
  const timepoint = file.create_group("t00000");
  const [planes, ...shapeYx] = shapeZyx;
  const setupName = (setup) => `s${String(setup).padStart(2, "0")}`;
  for (let setup = 0; setup < announced; setup++) {
    const facts = file.create_group(setupName(setup));
    facts.create_dataset({ name: "resolutions", data: Float64Array.of(1, 1, 1), shape: [1, 3], dtype: "<d" });
    facts.create_dataset({ name: "subdivisions", data: Int32Array.of(1, 256, 256), shape: [1, 3], dtype: "<i" });
  }
  for (const [index, view] of views.entries()) {
    const setup = setupName(view.setup ?? index);
    // Pixels of 16 bits are declared as signed.
    const data = new Int16Array(stack(view).buffer);
    const cells = {
      name: "cells",
      data,
      shape: shapeZyx,
      dtype: "<h",
      chunks: [1, Math.min(256, shapeYx[0]), Math.min(256, shapeYx[1])],
    };
    timepoint.create_group(setup).create_group("0").create_dataset(cells);
    file.flush();
    writeFileSync(`${path}_s${index}-t0_meta.txt`, metaText({ ...view, planes, shapeYx }));
  }
  file.close();
  return path;
}
