/**
 * libzstd in WebAssembly. Bytes are copied into its memory and out of it at once; the contexts that it works with are kept,
 * as making one takes longer than compressing some kilobytes.
 *
 * @see https://github.com/bokuweb/zstd-wasm, whose module this is, and https://facebook.github.io/zstd/zstd_manual.html
 */
import { endOf, reading, writing } from "../../kernels/addresses.ts";
import { runKernel } from "../../kernels/bind.ts";
import { loadKernels, loadZstdModule } from "../../kernels/load-kernels.ts";

/** libzstd's functions; sizes that are negative are errors. */
interface ZstdFunctions {
  readonly memory: WebAssembly.Memory;
  readonly start: () => void;
  readonly createCompression: () => number;
  readonly createDecompression: () => number;
  readonly compressBound: (bytes: number) => number;
  readonly compress: (
    context: number,
    to: number,
    capacity: number,
    from: number,
    bytes: number,
    dictionary: number,
    dictionaryBytes: number,
    level: number,
  ) => number;
  readonly decompress: (
    context: number,
    to: number,
    capacity: number,
    from: number,
    bytes: number,
    dictionary: number,
    dictionaryBytes: number,
  ) => number;
  readonly malloc: (bytes: number) => number;
  readonly free: (address: number) => void;
}

/** The names that the module's exports have in the one version of the package that is used. */
export const zstdExports: Readonly<Record<keyof ZstdFunctions, string>> = {
  memory: "f",
  start: "g",
  compressBound: "i",
  createCompression: "j",
  compress: "l",
  createDecompression: "n",
  decompress: "q",
  malloc: "s",
  free: "t",
};

const pageBytes = 65536;
/** Where more memory was needed, all of it is given back: a memory of WebAssembly cannot shrink. */
const mostKept = 2 ** 26;

/** libzstd outside of WebAssembly. */
export interface NativeZstd {
  /** What it is, for people. */
  readonly name: string;
  /** Compresses bytes into one frame that states its length and has no checksum. */
  readonly compress: (bytes: Uint8Array, level: number) => Uint8Array;
}

/** Less is compressed in WebAssembly: a call of native code makes objects for its result, which takes longer. */
const leastForNative = 2 ** 17;

let findNative: () => NativeZstd | undefined = () => undefined;
let native: NativeZstd | undefined;

/** Sets where to look for libzstd as native code, when it is first needed. */
export function setNativeZstd(find: () => NativeZstd | undefined): void {
  findNative = find;
  engine = undefined;
}

/** What compresses larger contents in this thread, for people: noise is a kernel's work everywhere. */
export async function describeZstd(): Promise<string> {
  await loadZstd();
  return `kernels, ${native?.name ?? "libzstd in WebAssembly"}`;
}

/** More is left to libzstd, as the kernels may have to copy it. */
const mostForKernel = 2 ** 30;

/** libzstd for one thread. */
export class ZstdEngine {
  readonly #module: WebAssembly.Module;
  #zstd: ZstdFunctions;
  #compression = 0;
  #decompression = 0;
  /** Addresses and sizes of the areas for what goes in and what comes out. */
  #areas = { from: 0, fromBytes: 0, to: 0, toBytes: 0 };

  constructor(module: WebAssembly.Module) {
    this.#module = module;
    this.#zstd = instantiate(module);
  }

  /**
   * Compresses bytes into one frame at the start of `destination`, by a level from 1 to 22.
   *
   * @returns its length; 0 where it is longer than the destination, or there is no memory
   */
  compress(source: Uint8Array, level: number, destination: Uint8Array): number {
    if (native !== undefined && source.length >= leastForNative) {
      const frame = native.compress(source, level);
      if (frame.length > destination.length) return 0;
      destination.set(frame);
      return frame.length;
    }
    const capacity = this.#zstd.compressBound(source.length);
    if (!this.#bring(source, capacity)) return 0;
    if (this.#compression === 0) this.#compression = this.#zstd.createCompression();
    const { from, to } = this.#areas;
    const bytes = this.#zstd.compress(this.#compression, to, capacity, from, source.length, 0, 0, level);
    const fits = bytes > 0 && bytes <= destination.length;
    if (fits) this.#fetch(bytes, destination);
    this.#giveBack();
    return fits ? bytes : 0;
  }

  /**
   * Compresses pixels of `itemBytes` bytes by a kernel into one frame at the start of `destination`: their noise three times
   * as fast as libzstd's level 3 in WebAssembly, and no longer.
   *
   * @returns its length; 0 where it is longer than the destination
   */
  compressPixels(source: Uint8Array, itemBytes: number, destination: Uint8Array): number {
    const [from, to] = [reading(source), writing(destination)];
    return runKernel("encodeZstd", from, endOf(from), to, endOf(to), itemBytes);
  }

  /**
   * Decompresses frames, one after the other, into `destination`: by a kernel, which needs no copies and takes 64 bits at a
   * time, and by libzstd where that gives up.
   *
   * @returns the length of their content; -1 where they are broken, hold more than the destination, or there is no memory
   */
  decompress(source: Uint8Array, destination: Uint8Array): number {
    if (source.length + destination.length <= mostForKernel) {
      const [from, to] = [reading(source), writing(destination)];
      const bytes = runKernel("decodeZstd", from, endOf(from), to, endOf(to));
      if (bytes >= 0) return bytes;
    }
    if (!this.#bring(source, destination.length)) return -1;
    if (this.#decompression === 0) this.#decompression = this.#zstd.createDecompression();
    const { from, to } = this.#areas;
    const bytes = this.#zstd.decompress(this.#decompression, to, destination.length, from, source.length, 0, 0);
    if (bytes > 0) this.#fetch(bytes, destination);
    this.#giveBack();
    return bytes < 0 ? -1 : bytes;
  }

  /** Copies bytes in. @returns whether there is memory for them and for `capacity` bytes of a result */
  #bring(source: Uint8Array, capacity: number): boolean {
    const areas = this.#areas;
    if (areas.fromBytes < source.length) [areas.from, areas.fromBytes] = this.#grow(areas.from, source.length);
    if (areas.toBytes < capacity) [areas.to, areas.toBytes] = this.#grow(areas.to, capacity);
    if (areas.from === 0 || areas.to === 0) {
      this.#renew();
      return false;
    }
    new Uint8Array(this.#zstd.memory.buffer, areas.from, source.length).set(source);
    return true;
  }

  #grow(address: number, bytes: number): [address: number, bytes: number] {
    if (address !== 0) this.#zstd.free(address);
    const wanted = Math.max(bytes, 2 ** 18);
    const taken = this.#zstd.malloc(wanted);
    return [taken, taken === 0 ? 0 : wanted];
  }

  #fetch(bytes: number, destination: Uint8Array): void {
    destination.set(new Uint8Array(this.#zstd.memory.buffer, this.#areas.to, bytes));
  }

  #giveBack(): void {
    if (this.#zstd.memory.buffer.byteLength > mostKept) this.#renew();
  }

  #renew(): void {
    this.#zstd = instantiate(this.#module);
    this.#compression = 0;
    this.#decompression = 0;
    this.#areas = { from: 0, fromBytes: 0, to: 0, toBytes: 0 };
  }
}

function instantiate(module: WebAssembly.Module): ZstdFunctions {
  const nothing = () => 0;
  const stop = () => {
    throw new Error("libzstd has stopped");
  };
  /** More memory for malloc, a fifth more than it asks for. @returns whether there is any */
  const grow = (bytes: number): number => {
    const missing = (bytes >>> 0) - zstd.memory.buffer.byteLength;
    try {
      zstd.memory.grow(Math.ceil((missing + Math.min((bytes >>> 0) / 5, 2 ** 24)) / pageBytes));
      return 1;
    } catch {
      return 0;
    }
  };
  // In the order of the module: exit, keep alive, abort, a timer, more memory. libzstd calls only the last one
  const imports = { a: stop, b: nothing, c: stop, d: nothing, e: grow };
  const { exports } = new WebAssembly.Instance(module, { a: imports });
  const zstd = Object.fromEntries(
    Object.entries(zstdExports).map(([name, letter]) => [name, exports[letter]]),
  ) as unknown as ZstdFunctions;
  zstd.start();
  return zstd;
}

let engine: Promise<ZstdEngine> | undefined;

/** libzstd for this thread, loaded when it is first needed. */
export function loadZstd(): Promise<ZstdEngine> {
  engine ??= Promise.all([loadZstdModule(), loadKernels()]).then(
    ([module]) => {
      native = findNative();
      return new ZstdEngine(module);
    },
    (error: unknown) => {
      engine = undefined;
      throw error;
    },
  );
  return engine;
}
