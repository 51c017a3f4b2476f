// Files and a server that claim or hold far more than they should: for each the command that meets it.
import { cpSync, mkdirSync, readdirSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { deflateRawSync, deflateSync } from "node:zlib";
import { pngChunk } from "./fuzz/formats.mjs";

const GB = 1e9;
const zeros = Buffer.alloc(6e8);

/** A PNG image of one pixel whose data are 600 MB. */
function png() {
  const header = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
  const magic = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);
  const parts = [
    pngChunk("IHDR", header),
    pngChunk("IDAT", deflateSync(zeros, { level: 1 })),
    pngChunk("IEND", Buffer.alloc(0)),
  ];
  return Buffer.concat([magic, ...parts]);
}

/** The beginning of an array that claims a shape. */
function npy(shape) {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(", ")},), }`;
  const header = `${text.padEnd(128 - 11)}\n`;
  const head = Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, 0, 0]);
  head.writeUInt16LE(header.length, 8);
  return Buffer.concat([head, Buffer.from(header)]);
}

/** A zip archive of one member that claims 64 values and unpacks to 600 MB. */
function npz(name) {
  const content = Buffer.concat([npy([1, 8, 8]), zeros]);
  const packed = deflateRawSync(content, { level: 1 });
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(8, 4);
  fields.writeUInt32LE(packed.length, 14);
  fields.writeUInt32LE(content.length, 18);
  fields.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), fields, Buffer.from(name), packed]);
  const rest = Buffer.alloc(14);
  const entry = Buffer.concat([Buffer.from("PK\x01\x02\x14\x00", "latin1"), fields, rest, Buffer.from(name)]);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(entry.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, entry, end]);
}

/** A server whose every object has no end. */
async function endlessServer() {
  const piece = Buffer.alloc(2 ** 16, 32);
  const server = createServer((_, response) => {
    const more = () => {
      while (!response.destroyed && response.write(piece));
    };
    response.on("drain", more);
    more();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  return `http://127.0.0.1:${server.address().port}/image`;
}

/**
 * What a command meets, and its words: each must end in a sentence.
 * @param image a small image that is in order, with a full resolution of chunks in the folders of its places
 */
export async function greedyCases(folder, image) {
  const copyOf = (name) => {
    cpSync(image, join(folder, name), { recursive: true });
    return join(folder, name);
  };
  const chunkOf = (copy) => {
    const names = readdirSync(join(copy, "0"), { recursive: true, withFileTypes: true });
    const chunk = names
      .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
      .map((e) => join(e.parentPath, e.name));
    return chunk.sort()[0];
  };
  const [attributes, chunk] = [copyOf("attributes"), copyOf("chunk")];
  truncateSync(join(attributes, ".zattrs"), 1.9 * GB);
  truncateSync(chunkOf(chunk), 1.9 * GB);
  const profiles = join(folder, "greedy-profiles");
  mkdirSync(profiles);
  for (const label of ["405", "488", "561"]) writeFileSync(join(profiles, `${label}.png`), png());
  writeFileSync(join(folder, "claim.npy"), npy([4096, 65536, 65536]));
  writeFileSync(join(folder, "bomb.npz"), npz("planes.npy"));
  const output = ["--output", join(folder, "greedy"), "--memory", "400MB", "--workers", "1"];
  const sample = ["--fov-list", "1", "--n-zplanes", "4"];
  const url = await endlessServer();
  return [
    ["attributes of 1.9 GB", ["correct", attributes, ...sample, ...output]],
    ["a chunk of 1.9 GB", ["correct", chunk, ...sample, ...output]],
    ["a chunk of 1.9 GB, checked", ["check", chunk, image]],
    ["a PNG profile that unpacks to 600 MB", ["correct", image, "--models-folder", profiles, ...output]],
    ["a stack that claims 70 TB", ["fit", join(folder, "claim.npy"), "--output", join(folder, "fitted.npz")]],
    [
      "a packed stack of 64 values and 600 MB",
      ["fit", join(folder, "bomb.npz"), "--output", join(folder, "fitted.npz")],
    ],
    ["objects of a server without an end", ["correct", url, ...sample, ...output]],
    ["the same, inspected", ["inspect", url]],
  ];
}
