import { closeSync, constants, ftruncateSync, openSync, statfsSync, write, writeSync } from "node:fs";
import { dirname } from "node:path";
import { codeOf } from "./storage-fault.ts";

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
  #length = 0;

  /** Creates the file, which must not be there. */
  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, "wx");
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

/** Writes a file that must not be there, in another thread. */
export async function writeNewFile(path: string, bytes: Uint8Array): Promise<void> {
  const file = new GrowingFile(path);
  try {
    await file.append(bytes);
  } finally {
    file.close();
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
