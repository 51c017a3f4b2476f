/** The HDF5 library, compiled to WebAssembly, with files that are read on demand, and filters that it loads. */
import { IsoluxError } from "../../errors.ts";

/** The library with its file system. */
export type Hdf5Module = Awaited<typeof import("h5wasm")["ready"]>;

/** The fields of a file in Emscripten's memory file system that its own lazy files replace, too. */
interface MemoryFileNode {
  usedBytes: number;
  stream_ops: {
    read(stream: unknown, heap: Int8Array, start: number, length: number, position: number): number;
  };
}

/** What the library takes in a thread, measured: its code, and memory for the largest piece that is read. */
export const hdf5Bytes = 40e6;

/** Emscripten's number of the error EIO. */
const inputOutputError = 29;

let loading: Promise<Hdf5Module> | undefined;

/** Loads the library, once. Turns its errors into exceptions; otherwise it prints them and reads garbage. */
export function loadHdf5(): Promise<Hdf5Module> {
  loading ??= import("h5wasm").then(async ({ ready }) => {
    const module = await ready;
    module.activate_throwing_error_handler();
    silence(module);
    return module;
  });
  return loading;
}

/** An open file of Emscripten's. */
interface OpenStream {
  stream_ops: { write(stream: unknown, heap: unknown, start: number, length: number): number };
}

/** Filters also print what their results say; within what a command prints that would break a document. */
function silence({ FS }: Hdf5Module): void {
  const { getStream } = FS as unknown as { getStream(number: number): OpenStream };
  for (const output of [getStream(1), getStream(2)]) {
    output.stream_ops = { ...output.stream_ops, write: (_stream, _heap, _start, length) => length };
  }
}

/** A file in the library's file system with the bytes of another. */
export interface MountedFile {
  /** The library's number of the open file, below 0 where it cannot be opened: it is opened again where it was closed meanwhile, to save memory. */
  readonly id: bigint;
  /** The error of the last read, if there was one; it is cleared. */
  takeFailure(): unknown;
  /** Closes it, and takes it away. */
  unmount(): void;
}

/** The library keeps some 300 kB of each open file: of thousands, those that were used last stay open. */
const mostOpen = 64;

/** What closes each file that is open in the library, by its path; that which was used last is the last. */
const openFiles = new Map<string, () => void>();

/**
 * Closes a file that is not used. A damaged one may fail again then; its error was reported when it was read, and one from a
 * finaliser would end the process.
 */
export function closeQuietly(close: () => void): void {
  try {
    close();
  } catch {}
}

/** Adds a file to the library's file system. */
export function mountFile(module: Hdf5Module, file: SynchronousFile): MountedFile {
  const { FS } = module;
  // The library may have been there before this module, with files of another copy of it.
  const path = `/mounted-${crypto.getRandomValues(new Uint32Array(4)).join("-")}.h5`;
  let failure: unknown;
  let opened: bigint | undefined;
  FS.writeFile(path, new Uint8Array(0));
  const node = FS.lookupPath(path, {}).node as unknown as MemoryFileNode;
  Object.defineProperty(node, "usedBytes", { get: () => file.byteLength });
  node.stream_ops = {
    ...node.stream_ops,
    read(_stream, heap, start, length, position) {
      try {
        return readWhole(file, new Uint8Array(heap.buffer, heap.byteOffset + start, length), position);
      } catch (cause) {
        failure = cause;
        throw ioError(FS);
      }
    },
  };
  const takeFailure = () => {
    const taken = failure;
    failure = undefined;
    return taken;
  };
  const close = () => {
    const id = opened;
    opened = undefined;
    openFiles.delete(path);
    if (id !== undefined) module.close_file(id);
  };
  const closeUnused = () => {
    closeQuietly(close);
    file.release();
  };
  return {
    get id() {
      const id = opened ?? module.open(path, module.H5F_ACC_RDONLY, false, -1, -1);
      if (id < 0n) return id;
      opened = id;
      openFiles.delete(path);
      openFiles.set(path, closeUnused);
      const [[, closeLeastUsed]] = openFiles as unknown as [[string, () => void]];
      if (openFiles.size > mostOpen) closeLeastUsed();
      return id;
    },
    takeFailure,
    unmount: () => {
      close();
      FS.unlink(path);
    },
  };
}

/** The library takes missing bytes for zeros, so incomplete reads must fail. */
function readWhole(file: SynchronousFile, into: Uint8Array, offset: number): number {
  const wanted = Math.max(0, Math.min(into.length, file.byteLength - offset));
  const count = file.read(into.subarray(0, wanted), offset);
  if (count === wanted) return count;
  throw new IsoluxError({
    kind: "corrupt",
    what: "The file became shorter while it was read",
    where: file.location,
    found: `fewer than ${offset + wanted} bytes`,
    expected: String(file.byteLength),
  });
}

function ioError(fileSystem: object): Error {
  const { ErrnoError } = fileSystem as { readonly ErrnoError: new (code: number) => Error };
  return new ErrnoError(inputOutputError);
}

/**
 * A file that is read synchronously: the HDF5 library reads from within WebAssembly, which cannot await. On Node it is
 * a file descriptor, in a browser's worker `FileReaderSync`.
 */
export interface SynchronousFile {
  /** A path or URL, for messages. */
  readonly location: string;
  readonly byteLength: number;
  /**
   * Reads bytes from `offset` on into `into` and returns their number, which is smaller only at the end of the file.
   * @throws IsoluxError `storage`
   */
  read(into: Uint8Array, offset: number): number;
  /** Closes what reading keeps open, such as a file descriptor; reading opens it again. */
  release(): void;
}

/** Opens the file at a store's location joined with a key. @throws IsoluxError `not-found`, `storage` */
export type OpenSynchronously = (location: string) => SynchronousFile;
