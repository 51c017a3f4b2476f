import { closeSync, constants, fstatSync, openSync, read, readSync } from "node:fs";
import { IsoluxError } from "../errors.ts";
import type { ByteRange } from "./store.ts";

/**
 * Reads a part of a file while the caller works on something else; into `room` where one is given and it fits. Only the
 * bytes are waited for: a caller that works on without a pause takes notice of nothing meanwhile, and a step that had to
 * follow another would begin only once it pauses.
 */
export async function readMeanwhile(path: string, range: ByteRange, room?: Uint8Array): Promise<Uint8Array> {
  const file = openSync(path, readOnly);
  try {
    const { start, length } = locateRange(range, sizeOf(file, path));
    const bytes = roomOf(length, room, path);
    let filled = 0;
    while (filled < length) {
      const bytesRead = await readSome(file, bytes.subarray(filled), start + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    closeSync(file);
  }
}

/** The same for a caller who waits: a thread of its own for a read costs more than it gains. */
export function readAtOnce(path: string, range: ByteRange, room: Uint8Array): Uint8Array {
  const file = openSync(path, readOnly);
  try {
    const { start, length } = locateRange(range, sizeOf(file, path));
    const bytes = roomOf(length, room, path);
    let filled = 0;
    while (filled < length) {
      const bytesRead = readSync(file, bytes, filled, length - filled, start + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    closeSync(file);
  }
}

/** A pipe is opened without waiting for somebody who writes into it: it is refused. */
const readOnly = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** A read takes no more at once. */
const mostBytes = 2 ** 31 - 1;

/** The size of a file. @throws IsoluxError `corrupt` where it is a pipe or a device, or beyond all that is read whole */
function sizeOf(file: number, path: string): number {
  const facts = fstatSync(file);
  // To read a folder fails of itself, as nothing that is there.
  if (facts.isFile() || facts.isDirectory()) return facts.size;
  throw new IsoluxError({ kind: "corrupt", what: "This is a pipe or a device, not a file", where: path });
}

function readSome(file: number, bytes: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(file, bytes, 0, bytes.length, position, (error, bytesRead) => (error ? reject(error) : resolve(bytesRead)));
  });
}

/** The part of a file of `size` bytes that a range means. */
function locateRange(range: ByteRange, size: number): { readonly start: number; readonly length: number } {
  const start = range.kind === "slice" ? Math.min(range.offset, size) : Math.max(0, size - range.length);
  return { start, length: Math.min(range.length, size - start) };
}

function roomOf(length: number, room: Uint8Array | undefined, path: string): Uint8Array {
  if (length > mostBytes) {
    throw new IsoluxError({
      kind: "corrupt",
      what: "A file is too large to be what its name says",
      where: path,
      found: `${length} bytes`,
      expected: "less than 2 GiB",
    });
  }
  return room !== undefined && length <= room.length ? room.subarray(0, length) : new Uint8Array(length);
}
