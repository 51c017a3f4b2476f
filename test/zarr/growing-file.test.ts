import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { blockBytes, GrowingFile } from "../../src/zarr/disk/files-node.ts";
import { onDisk } from "../support/disk.ts";

const folder = mkdtempSync(join(onDisk, "isolux-growing-"));
afterAll(() => rmSync(folder, { recursive: true }));

const mebibyte = 2 ** 20;
/** Begins at a page of the system, which no ordinary array does. */
const memory = new Uint8Array(new WebAssembly.Memory({ initial: 64 }).buffer);
for (let i = 0; i < memory.length; i++) memory[i] = (i * 2654435761) >>> 13;

let count = 0;
async function written(pieces: readonly Uint8Array[]): Promise<Buffer> {
  const path = join(folder, `${count++}`);
  const file = new GrowingFile(path);
  try {
    for (const piece of pieces) await file.append(piece);
  } finally {
    file.close();
  }
  return readFileSync(path);
}

describe("a growing file", () => {
  const lengths = [0, 1, blockBytes, mebibyte - 1, mebibyte, mebibyte + 1, mebibyte + blockBytes, 2 * mebibyte + 4095];

  it.each(lengths)("holds %i bytes as they were, from whole blocks of memory", async (length) => {
    const bytes = memory.subarray(blockBytes, blockBytes + length);
    expect(Buffer.compare(await written([bytes]), bytes)).toBe(0);
  });

  it.each([1, 64, 2048])("holds bytes from memory %i bytes off a block", async (offset) => {
    const bytes = memory.subarray(offset, offset + mebibyte + 77);
    expect(Buffer.compare(await written([bytes]), bytes)).toBe(0);
  });

  it.each([1, 100, blockBytes, mebibyte])("takes its first %i bytes last", async (startBytes) => {
    const path = join(folder, `${count++}`);
    const file = new GrowingFile(path, startBytes);
    const [start, rest] = [memory.subarray(77, 77 + startBytes), memory.subarray(blockBytes, 2 * mebibyte)];
    await file.append(rest);
    await file.writeStart(start);
    file.close();
    expect(Buffer.compare(readFileSync(path), Buffer.concat([start, rest]))).toBe(0);
  });

  it("holds bytes of an array whose memory does not begin at a block", async () => {
    const bytes = memory.slice(0, mebibyte + 77);
    expect(Buffer.compare(await written([bytes]), bytes)).toBe(0);
  });

  it("puts pieces after each other, large and small, at blocks of the file and off them", async () => {
    const large = memory.subarray(0, mebibyte + 5000);
    const pieces = [large, memory.subarray(0, 3192), large, large, memory.slice(7, mebibyte + 99), large];
    expect(Buffer.compare(await written(pieces), Buffer.concat(pieces))).toBe(0);
  });

  it("is not made where there is one", async () => {
    const path = join(folder, "there");
    new GrowingFile(path).close();
    expect(() => new GrowingFile(path)).toThrow("EEXIST");
  });
});
