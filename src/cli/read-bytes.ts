import { type FileHandle, open } from "node:fs/promises";
import { IsoluxError } from "../errors.ts";
import { reasonOf } from "./errors.ts";

const mostBytesAtOnce = 2 ** 30;

/**
 * Bytes of a file from `offset`: `length` of them or, without it, all to the end; fewer where the file ends before.
 * Unlike `readFile` it takes files beyond 2 GiB.
 * @throws IsoluxError `not-found` where the file cannot be opened, `memory` where the bytes are too many to hold
 */
export async function readBytes(path: string, offset = 0, length?: number): Promise<Uint8Array<ArrayBuffer>> {
  const file = await opened(path);
  try {
    const facts = await file.stat();
    if (facts.isDirectory()) throw aFolder(path);
    const bytes = allocate(length ?? facts.size - offset, path);
    let read = 0;
    for (;;) {
      const wanted = Math.min(mostBytesAtOnce, bytes.length - read);
      const { bytesRead } = await file.read(bytes, read, wanted, offset + read);
      read += bytesRead;
      if (bytesRead === 0 || read === bytes.length) return bytes.subarray(0, read);
    }
  } finally {
    await file.close();
  }
}

async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (cause) {
    const found = reasonOf(cause);
    throw new IsoluxError({ kind: "not-found", what: "The file cannot be opened", where: path, found, cause });
  }
}

function aFolder(path: string): IsoluxError {
  return new IsoluxError({
    kind: "unsupported",
    what: "This is a folder, not a file",
    where: path,
    advice: "Planes of an OME-Zarr image are sampled by isolux estimate",
  });
}

function allocate(length: number, path: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(Math.max(0, length));
  } catch (cause) {
    throw new IsoluxError({
      kind: "memory",
      what: "The file is too large to be held in memory",
      where: path,
      found: `${length} bytes`,
      advice: "Fit fewer planes, or save them at a lower resolution",
      cause,
    });
  }
}
