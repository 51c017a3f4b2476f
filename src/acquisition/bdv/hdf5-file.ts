/** Reads HDF5 files in pieces, by the HDF5 library in WebAssembly. */
import type { Filter, Metadata } from "h5wasm";
import { type Fault, IsoluxError } from "../../errors.ts";
import { limits, tooLarge } from "../../limits.ts";
import { elementCount, type PixelType } from "../../shapes.ts";
import { addFilters, unreadable } from "./hdf5-filters.ts";
import {
  closeQuietly,
  type Hdf5Module,
  loadHdf5,
  type MountedFile,
  mountFile,
  type SynchronousFile,
} from "./hdf5-module.ts";

/** The library's number of strings among its kinds of types. */
const stringClass = 3;
/** A longer attribute is no name and no number. */
const mostTextBytes = 2 ** 16;

const decoder = new TextDecoder();

/** Closes files in the library when their object is garbage-collected. */
const abandoned = new FinalizationRegistry<() => void>(closeQuietly);

/** Whether the library has met no file that made it fail in its midst: its memory is in disorder then. */
let isSound = true;

/**
 * An HDF5 file that is read in pieces, with memory for one piece. No file descriptor stays open between two calls; the
 * library's own memory is that of the files that were used last.
 */
export class Hdf5File {
  readonly #module: Hdf5Module;
  readonly #file: SynchronousFile;
  readonly #mounted: MountedFile;

  private constructor(module: Hdf5Module, file: SynchronousFile) {
    const mounted = mountFile(module, file);
    this.#module = module;
    this.#file = file;
    this.#mounted = mounted;
    try {
      this.#perform("The file cannot be opened", "", () => mounted.id);
    } catch (cause) {
      mounted.unmount();
      throw cause;
    }
    abandoned.register(this, mounted.unmount);
  }

  /** Opens a file. @throws IsoluxError `corrupt` where it is no HDF5 file or is cut short, `storage` */
  static async open(file: SynchronousFile): Promise<Hdf5File> {
    return new Hdf5File(await loadHdf5(), file);
  }

  /** Its path or URL. */
  get location(): string {
    return this.#file.location;
  }

  /** The names in a group. @throws IsoluxError `corrupt` where there is no such group, `storage` */
  names(group: string): string[] {
    return this.#perform("A group cannot be read", group, () => this.#module.get_names(this.#mounted.id, group, false));
  }

  /**
   * Those of the attributes of a group that are texts, by name: strings of a fixed length, or arrays of single characters.
   * @param wanted their names; of thousands of files each attribute counts
   * @throws IsoluxError `corrupt` where there is no such group, `storage`
   */
  texts(group: string, wanted: readonly string[]): ReadonlyMap<string, string> {
    return this.#perform("Attributes cannot be read", group, () => {
      const names = new Set(this.#module.get_attribute_names(this.#mounted.id, group));
      const read = wanted.filter((name) => names.has(name)).map((name) => [name, this.#textOf(group, name)] as const);
      return new Map(read.filter((entry): entry is [string, string] => entry[1] !== undefined));
    });
  }

  #textOf(group: string, name: string): string | undefined {
    const module = this.#module;
    const { type, size, shape, vlen } = module.get_attribute_metadata(this.#mounted.id, group, name);
    const bytes = size * elementCount(shape ?? []);
    if (type !== stringClass || vlen === true || !(bytes > 0 && bytes <= mostTextBytes)) return undefined;
    const address = module._malloc(bytes);
    if (address === 0) throw this.#outOfMemory(group, bytes);
    try {
      module.get_attribute_data(this.#mounted.id, group, name, BigInt(address));
      const text = decoder.decode(module.HEAPU8.slice(address, address + bytes));
      return text.replace(/\0[\s\S]*$/, "").trim();
    } finally {
      if (isSound) module._free(address);
    }
  }

  /** The shape, type and filters of an array. @throws IsoluxError `corrupt` where there is no such array, `unsupported`, `storage` */
  describe(path: string): Hdf5Array {
    const [metadata, filters] = this.#perform("An array cannot be read", path, () => [
      this.#module.get_dataset_metadata(this.#mounted.id, path),
      this.#module.get_dataset_filters(this.#mounted.id, path),
    ]);
    if (metadata.virtual_sources !== undefined) {
      // What the library does not find of them it takes for zeros
      const what = "An array is put together of others (a virtual dataset), which are not read";
      throw this.#error(path, { kind: "unsupported", what, expected: "pixels of its own" });
    }
    const chunkBytes = metadata.size * elementCount(metadata.chunks ?? []);
    if (filters.length > 0 && chunkBytes > limits.hdf5Chunk)
      throw tooLarge(
        "A packed chunk is too large",
        this.#file.location + path,
        limits.hdf5Chunk,
        `${chunkBytes} bytes`,
      );
    return describeArray(metadata, filters);
  }

  /** Makes the library ready to decode what these filters encoded, where it can. */
  async loadFilters(ids: readonly number[]): Promise<void> {
    await addFilters(this.#module, ids);
  }

  /**
   * Reads the box of `extent` from `start` on, in C order and little-endian, into bytes that it must fill.
   * @throws IsoluxError `corrupt`, `memory`, `storage`
   */
  readBox(path: string, start: readonly number[], extent: readonly number[], into: Uint8Array): void {
    if (elementCount(extent) === 0) return;
    this.#checkSound(path);
    const module = this.#module;
    const address = module._malloc(into.length);
    if (address === 0) throw this.#outOfMemory(path, into.length);
    try {
      this.#perform("Pixels cannot be read", path, () =>
        module.get_dataset_data(
          this.#mounted.id,
          path,
          extent.map(BigInt),
          start.map(BigInt),
          extent.map(() => 1n),
          BigInt(address),
        ),
      );
      into.set(module.HEAPU8.subarray(address, address + into.length));
    } finally {
      if (isSound) module._free(address);
    }
  }

  #perform<T>(what: string, path: string, task: () => T): T {
    this.#checkSound(path);
    try {
      const result = task();
      if ((typeof result !== "number" && typeof result !== "bigint") || result >= 0) return result;
      throw new Error(`status ${result}`);
    } catch (cause) {
      isSound &&= !(cause instanceof WebAssembly.RuntimeError || cause instanceof RangeError);
      throw this.#mounted.takeFailure() ?? explain(what, this.#file.location + path, cause);
    } finally {
      this.#file.release();
    }
  }

  #checkSound(path: string): void {
    if (isSound) return;
    const what = "The HDF5 library failed at a damaged file, and reads nothing more in this process";
    throw this.#error(path, { kind: "corrupt", what, advice: "Run again without the damaged file" });
  }

  #outOfMemory(path: string, bytes: number): IsoluxError {
    return this.#error(path, { kind: "memory", what: "There is no memory for pixels", found: `${bytes} bytes` });
  }

  #error(path: string, fault: Fault): IsoluxError {
    return new IsoluxError({ ...fault, where: this.#file.location + path });
  }
}

/** A sentence from the innermost line of the library's error message. */
function explain(what: string, where: string, cause: unknown): IsoluxError {
  const account = cause instanceof Error ? cause.message : String(cause);
  const reason = [...account.matchAll(/^\s*#\d+: .*?\(\): (.*)$/gm)].at(-1)?.[1] ?? account;
  const [, found, expected] = /truncated file: eof = (\d+).*stored_eof = (\d+)/.exec(reason) ?? [];
  if (found !== undefined && expected !== undefined) {
    const what = "The HDF5 file is cut short";
    return new IsoluxError({ kind: "corrupt", what, where, found: `${found} bytes`, expected, cause });
  }
  // The file itself is open.
  if (reason.includes("open file")) {
    const what = "A part of an HDF5 file lies in another file, to which it has an external link: such are not followed";
    const advice =
      "Copy all into one file (h5py: source.copy(name, target, expand_external=True)), or convert it to OME-Zarr";
    return new IsoluxError({ kind: "unsupported", what, where, advice, cause });
  }
  if (reason.includes("signature not found")) {
    return new IsoluxError({ kind: "corrupt", what: "The file is not an HDF5 file", where, cause });
  }
  return new IsoluxError({ kind: "corrupt", what, where, ...(reason !== "" && { found: reason }), cause });
}

/** The metadata of an array in an HDF5 file. */
interface Hdf5Array {
  readonly shape: readonly number[];
  /** `undefined` where the array is stored contiguously. */
  readonly chunkShape: readonly number[] | undefined;
  /** The type's name in NumPy. */
  readonly typeName: string;
  /** The numbers of its filters, mostly compressions. */
  readonly filters: readonly number[];
  /** Names of those that the library cannot decode. */
  readonly unreadableFilters: readonly string[];
}

/** Converts the library's description of an array. */
function describeArray(description: Metadata, filters: readonly Filter[]): Hdf5Array {
  return {
    shape: description.shape ?? [],
    filters: filters.map(({ id }) => id),
    chunkShape: description.chunks ?? undefined,
    typeName: typeName(description),
    unreadableFilters: filters.flatMap(unreadable),
  };
}

/** The library encodes integers as 0, floating-point numbers as 1. */
function typeName({ type, size, signed }: Metadata): string {
  if (type === 0) return `${signed ? "int" : "uint"}${8 * size}`;
  return type === 1 ? `float${8 * size}` : "no numbers";
}

/**
 * The type of the pixels in an array, or `undefined` where Isolux does not support it. BigDataViewer declares its
 * uint16 pixels as int16.
 */
export function pixelTypeOf({ typeName }: Hdf5Array): PixelType | undefined {
  if (typeName === "int16") return "uint16";
  return typeName === "uint8" || typeName === "uint16" || typeName === "float32" ? typeName : undefined;
}
