import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  read,
  readSync,
  type Stats,
  statfsSync,
  write,
  writeSync,
} from "node:fs";
import { unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { IsoluxError } from "../../errors.ts";
import { type ByteRange, checkSize } from "../store.ts";
import { codeOf } from "./faults-node.ts";

/** The devices' blocks divide this; what goes past the cache begins and ends at whole ones, on the disk and in memory. */
export const blockBytes = 4096;
/** Less than this is quicker through the cache. */
const leastDirectBytes = 2 ** 20;
/** File systems of local disks of which it is known that going past the cache is quicker: ext2 to ext4, XFS. */
const directFileSystems = new Set([0xef53, 0x58465342]);
/** What a file system says of a request past the cache that it cannot do. */
const refusals = new Set(["EINVAL", "ENOTSUP", "EOPNOTSUPP"]);

/**
 * A file that is written from its start to its end. Large pieces go past the system's cache where the file system can do
 * that and the piece lies at whole blocks in memory and in the file: the processor does not copy them, and a large
 * output does not drive everything else out of the cache. All else goes through the cache.
 */
export class GrowingFile {
  readonly #path: string;
  readonly #file: number;
  #direct: number | undefined;
  #isDirectTried = false;
  #length: number;

  /** Creates the file, which must not be there. @param startBytes that are left for {@link writeStart} */
  constructor(path: string, startBytes = 0) {
    this.#path = path;
    this.#file = openSync(path, "wx");
    this.#length = startBytes;
  }

  /** Adds bytes to the end, in another thread; they must stay as they are until the promise is settled. */
  async append(bytes: Uint8Array): Promise<void> {
    const written = await this.#appendDirectly(bytes);
    const rest = bytes.subarray(written);
    // What is less than a block is written at once: a caller that works on meanwhile has but one end to take notice of.
    if (written > 0) writeAllAtOnce(this.#file, rest, this.#length + written);
    else await writeAll(this.#file, rest, this.#length);
    this.#length += bytes.length;
  }

  /** Writes the first bytes, which were left out. */
  async writeStart(bytes: Uint8Array): Promise<void> {
    await writeAll(this.#file, bytes, 0);
  }

  /** Closes the file, whatever became of it. */
  close(): void {
    if (this.#direct !== undefined) closeSync(this.#direct);
    closeSync(this.#file);
  }

  /** @returns how many of the bytes are written */
  async #appendDirectly(bytes: Uint8Array): Promise<number> {
    const isAtBlock = this.#length % blockBytes === 0 && bytes.byteOffset % blockBytes === 0;
    if (bytes.length < leastDirectBytes || !isAtBlock) return 0;
    if (!this.#isDirectTried) this.#direct = openDirectly(this.#path);
    this.#isDirectTried = true;
    if (this.#direct === undefined) return 0;
    const whole = bytes.subarray(0, bytes.length - (bytes.length % blockBytes));
    try {
      await writeAll(this.#direct, whole, this.#length);
      return whole.length;
    } catch (error) {
      if (!refusals.has(codeOf(error) ?? "")) throw error;
      // Memory that does not begin at a block, or a device with larger ones: begun anew, through the cache
      closeSync(this.#direct);
      this.#direct = undefined;
      ftruncateSync(this.#file, this.#length);
      return 0;
    }
  }
}

/** Writes a file that must not be there, in another thread; what is written of it is removed where that fails. */
export async function writeNewFile(path: string, bytes: Uint8Array): Promise<void> {
  try {
    const file = new GrowingFile(path);
    try {
      await file.append(bytes);
    } finally {
      file.close();
    }
  } catch (error) {
    // Without its folder it is not there: who makes the folder then tries again at once
    if (!["EEXIST", "ENOENT"].includes(codeOf(error) ?? "")) await unlink(path).catch(() => undefined);
    throw error;
  }
}

function openDirectly(path: string): number | undefined {
  // Not there but on Linux
  const flag: number | undefined = constants.O_DIRECT;
  if (flag === undefined) return undefined;
  try {
    if (!directFileSystems.has(statfsSync(dirname(path)).type)) return undefined;
    return openSync(path, constants.O_WRONLY | flag);
  } catch (error) {
    if (refusals.has(codeOf(error) ?? "")) return undefined;
    throw error;
  }
}

function writeAllAtOnce(file: number, bytes: Uint8Array, position: number): void {
  for (let start = 0; start < bytes.length; ) {
    start += writeSync(file, bytes, start, bytes.length - start, position + start);
  }
}

function writeAll(file: number, bytes: Uint8Array, position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const writeFrom = (start: number): void => {
      if (start === bytes.length) {
        resolve();
        return;
      }
      write(file, bytes, start, bytes.length - start, position + start, (error, written) => {
        if (error) reject(error);
        else writeFrom(start + written);
      });
    };
    writeFrom(0);
  });
}

/**
 * Reads a part of a file while the caller works on something else; into `buffer` where one is given and it fits. Only the
 * bytes are waited for: a caller that works on without a pause takes notice of nothing meanwhile, and a step that had to
 * follow another would begin only once it pauses.
 */
export async function readMeanwhile(
  path: string,
  range: ByteRange,
  mostBytes: number,
  buffer?: Uint8Array,
): Promise<Uint8Array> {
  const file = openSync(path, readOnly);
  try {
    const { start, length } = locateRange(range, sizeOf(file, path));
    const bytes = bufferOf(length, buffer, mostBytes, path);
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
export function readAtOnce(path: string, range: ByteRange, mostBytes: number, buffer: Uint8Array): Uint8Array {
  const file = openSync(path, readOnly);
  try {
    const { start, length } = locateRange(range, sizeOf(file, path));
    const bytes = bufferOf(length, buffer, mostBytes, path);
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

/** Flags to open a file with that is read: a pipe is opened without waiting for a writer, and refused. */
export const readOnly = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** A read takes no more at once. */
const mostAtOnce = 2 ** 31 - 1;

/** The size of a file. @throws IsoluxError `corrupt` where it is a pipe or a device */
function sizeOf(file: number, path: string): number {
  return sizeOfFile(fstatSync(file), path);
}

/** The size of what has these facts. @throws IsoluxError `corrupt` where it is a pipe or a device */
export function sizeOfFile(facts: Stats, path: string): number {
  // To read a folder fails of itself, as nothing that is there.
  if (facts.isFile() || facts.isDirectory()) return facts.size;
  const what = "This is a pipe or a device, not a file";
  throw new IsoluxError({ kind: "corrupt", what, where: path, advice: "Give the path of a file" });
}

function readSome(file: number, bytes: Uint8Array, position: number): number | Promise<number> {
  // To ask another thread for a few bytes takes longer than to read them
  if (bytes.length <= 2 ** 14) return readSync(file, bytes, 0, bytes.length, position);
  return new Promise((resolve, reject) => {
    read(file, bytes, 0, bytes.length, position, (error, bytesRead) => (error ? reject(error) : resolve(bytesRead)));
  });
}

/** The part of a file of `size` bytes that a range means. */
function locateRange(range: ByteRange, size: number): { readonly start: number; readonly length: number } {
  const start = range.kind === "slice" ? Math.min(range.offset, size) : Math.max(0, size - range.length);
  return { start, length: Math.min(range.length, size - start) };
}

function bufferOf(length: number, buffer: Uint8Array | undefined, mostBytes: number, path: string): Uint8Array {
  checkSize(length, Math.min(mostBytes, mostAtOnce), path);
  return buffer !== undefined && length <= buffer.length ? buffer.subarray(0, length) : new Uint8Array(length);
}
