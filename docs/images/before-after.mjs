// Renders docs/images/before-after.png from a demonstration: one plane of the mosaic as it was taken and as it is
// after the correction, in the same grey values. `npm run demo`, then `node docs/images/before-after.mjs isolux-demo`.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import { DirectoryStore, openMosaic } from "../../dist/node.js";
import { readBox } from "../../dist/zarr/array.js";

const container = join(process.argv[2] ?? "isolux-demo", "demo.zarr");
const channel = 0;
const level = 1;
const plane = 20;
const gap = 12;
/** Counts that become black and white. */
const [black, white] = [680, 2500];

async function readPlane(image) {
  const { array, shapeZyx } = (await openMosaic(new DirectoryStore(container), image)).levels[level];
  const [, rows, columns] = shapeZyx;
  return {
    rows,
    columns,
    pixels: await readBox(array, [channel, plane, 0, 0], [channel + 1, plane + 1, rows, columns]),
  };
}

/** An 8-bit grey PNG. @see https://www.w3.org/TR/png-3/ */
function encodePng(rows, columns, grey) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(columns, 0);
  header.writeUInt32BE(rows, 4);
  header[8] = 8;
  const lines = Buffer.alloc(rows * (columns + 1));
  for (let y = 0; y < rows; y++) grey.copy(lines, y * (columns + 1) + 1, y * columns, (y + 1) * columns);
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const parts = [
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(lines, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ];
  return Buffer.concat([signature, ...parts]);
}

const images = [await readPlane("raw_image"), await readPlane("corrected_empty")];
const { rows, columns } = images[0];
const width = 2 * columns + gap;
const picture = Buffer.alloc(rows * width, 255);
for (const [index, { pixels }] of images.entries()) {
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const share = (pixels[y * columns + x] - black) / (white - black);
      // Of the 256 greys, 64 are used: more would show noise, and make the file twice as large.
      const grey = Math.round(63 * Math.min(Math.max(share, 0), 1)) * 4;
      picture[y * width + index * (columns + gap) + x] = grey;
    }
  }
}
const target = new URL("before-after.png", import.meta.url);
writeFileSync(target, encodePng(rows, width, picture));
