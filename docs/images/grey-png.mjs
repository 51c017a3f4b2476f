// 8-bit grey PNG. See https://www.w3.org/TR/png-3/
import { crc32, deflateSync } from "node:zlib";

/** The file of a picture of `rows` x `columns` greys. */
export function encodePng(rows, columns, grey) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(columns, 0);
  header.writeUInt32BE(rows, 4);
  header[8] = 8;
  const lines = Buffer.alloc(rows * (columns + 1));
  for (let y = 0; y < rows; y++) grey.copy(lines, y * (columns + 1) + 1, y * columns, (y + 1) * columns);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const parts = [
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(lines, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ];
  return Buffer.concat([signature, ...parts]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
