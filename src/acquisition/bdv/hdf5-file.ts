import { IsoluxError } from "../../errors.ts";
import { elementCount } from "../../shapes.ts";
import { describeArray, type Hdf5Array } from "./hdf5-array.ts";
import { type Hdf5Module, loadHdf5, type MountedFile, mountFile } from "./hdf5-module.ts";
import type { SynchronousFile } from "./synchronous-file.ts";

/** Lets the library forget files that nobody can read any longer. */
const abandoned = new FinalizationRegistry<() => void>((close) => close());

/**
 * An HDF5 file that is read piece by piece, with memory for one piece. No file descriptor stays open between two calls;
 * what the library itself keeps of a file, some 300 kB, it gives back when the object is collected.
 */
export class Hdf5File {
  readonly #module: Hdf5Module;
  readonly #file: SynchronousFile;
  readonly #mounted: MountedFile;
  readonly #id: bigint;

  private constructor(module: Hdf5Module, file: SynchronousFile) {
    const mounted = mountFile(module, file);
    const { path } = mounted;
    this.#module = module;
    this.#file = file;
    this.#mounted = mounted;
    try {
      const id = this.#perform("The file cannot be opened", "", () =>
        module.open(path, module.H5F_ACC_RDONLY, false, -1, -1),
      );
      this.#id = id;
      abandoned.register(this, () => {
        module.close_file(id);
        mounted.unmount();
      });
    } catch (cause) {
      mounted.unmount();
      throw cause;
    }
  }

  /** Opens a file. @throws IsoluxError `corrupt` where it is no HDF5 file or is cut short, `storage` */
  static async open(file: SynchronousFile): Promise<Hdf5File> {
    return new Hdf5File(await loadHdf5(), file);
  }

  /** Its path or URL. */
  get location(): string {
    return this.#file.location;
  }

  /** The names of what a group holds. @throws IsoluxError `corrupt` where there is no such group, `storage` */
  names(group: string): string[] {
    return this.#perform("A group cannot be read", group, () => this.#module.get_names(this.#id, group, false));
  }

  /** What there is to know of an array. @throws IsoluxError `corrupt` where there is no such array, `storage` */
  describe(path: string): Hdf5Array {
    return this.#perform("An array cannot be read", path, () =>
      describeArray(
        this.#module.get_dataset_metadata(this.#id, path),
        this.#module.get_dataset_filters(this.#id, path),
      ),
    );
  }

  /**
   * Reads the box of `extent` from `start` on, in C order and little-endian, into bytes that it must fill.
   * @throws IsoluxError `corrupt`, `memory`, `storage`
   */
  readBox(path: string, start: readonly number[], extent: readonly number[], into: Uint8Array): void {
    if (elementCount(extent) === 0) return;
    const module = this.#module;
    const address = module._malloc(into.length);
    if (address === 0) throw this.#outOfMemory(path, into.length);
    try {
      this.#perform("Pixels cannot be read", path, () =>
        module.get_dataset_data(
          this.#id,
          path,
          extent.map(BigInt),
          start.map(BigInt),
          extent.map(() => 1n),
          BigInt(address),
        ),
      );
      into.set(module.HEAPU8.subarray(address, address + into.length));
    } finally {
      module._free(address);
    }
  }

  #perform<T>(what: string, path: string, task: () => T): T {
    try {
      const result = task();
      if ((typeof result !== "number" && typeof result !== "bigint") || result >= 0) return result;
      throw new Error(`status ${result}`);
    } catch (cause) {
      throw this.#mounted.takeFailure() ?? explain(what, this.#file.location + path, cause);
    } finally {
      this.#file.release();
    }
  }

  #outOfMemory(path: string, bytes: number): IsoluxError {
    const where = this.#file.location + path;
    return new IsoluxError({ kind: "memory", what: "There is no memory for pixels", where, found: `${bytes} bytes` });
  }
}

/** Says in a sentence what the innermost line of the library's account of an error tells. */
function explain(what: string, where: string, cause: unknown): IsoluxError {
  const account = cause instanceof Error ? cause.message : String(cause);
  const reason = [...account.matchAll(/^\s*#\d+: .*?\(\): (.*)$/gm)].at(-1)?.[1] ?? account;
  const [, found, expected] = /truncated file: eof = (\d+).*stored_eof = (\d+)/.exec(reason) ?? [];
  if (found !== undefined && expected !== undefined) {
    const what = "The HDF5 file is cut short";
    return new IsoluxError({ kind: "corrupt", what, where, found: `${found} bytes`, expected, cause });
  }
  if (reason.includes("signature not found")) {
    return new IsoluxError({ kind: "corrupt", what: "The file is not an HDF5 file", where, cause });
  }
  return new IsoluxError({ kind: "corrupt", what, where, found: reason, cause });
}
