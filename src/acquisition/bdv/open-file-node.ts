/** Opens a file on a disk for the HDF5 library, in Node. */

import { closeSync, openSync, readSync, type Stats, statSync } from "node:fs";
import { IsoluxError } from "../../errors.ts";
import { codeOf, storageFault } from "../../zarr/disk/faults-node.ts";
import { readOnly, sizeOfFile } from "../../zarr/disk/files-node.ts";
import type { SynchronousFile } from "./synchronous-file.ts";

/** A file of a file system, for the HDF5 library. @throws IsoluxError `not-found`, `storage`, or `corrupt` for a pipe or device */
export function openFileNode(path: string): SynchronousFile {
  return new FileOnDisk(path, sizeOf(path));
}

/**
 * Keeps a descriptor open from the first read to the release, so that none stays open however many files are in use.
 */
class FileOnDisk implements SynchronousFile {
  readonly location: string;
  readonly byteLength: number;
  #descriptor: number | undefined;

  constructor(path: string, byteLength: number) {
    this.location = path;
    this.byteLength = byteLength;
  }

  read(into: Uint8Array, offset: number): number {
    try {
      this.#descriptor ??= openSync(this.location, readOnly);
      let filled = 0;
      while (filled < into.length) {
        const count = readSync(this.#descriptor, into, filled, into.length - filled, offset + filled);
        if (count === 0) break;
        filled += count;
      }
      return filled;
    } catch (cause) {
      throw storageFault(cause, "read", this.location);
    }
  }

  release(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

function sizeOf(path: string): number {
  let facts: Stats;
  try {
    facts = statSync(path);
  } catch (cause) {
    if (codeOf(cause) !== "ENOENT") throw storageFault(cause, "read", path);
    throw new IsoluxError({ kind: "not-found", what: "There is no such file", where: path, cause });
  }
  return sizeOfFile(facts, path);
}
