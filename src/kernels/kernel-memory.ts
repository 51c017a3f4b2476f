import { isCameraType, type PixelArray, type PixelType } from "../shapes.ts";
import type { KernelFunctions } from "./kernel-functions.ts";
import { kernelModule } from "./load-kernels.ts";

const wasmPageBytes = 65536;
/** What the compiled module itself may take of the memory at most. */
const reservedBytes = 2 * wasmPageBytes;
/** Blocks begin at whole cache lines. */
const alignment = 64;

/** Arrays of numbers, as the kernels work on. */
export type NumberArray = PixelArray;

/**
 * Memory in which the kernels work, and they themselves bound to it. It is an arena: blocks are taken one after the
 * other, and given back by going back to a mark. Its size is fixed, so that views of it stay valid; pages that nobody
 * touches cost nothing. Arrays taken from it pass to and from the kernels without a copy.
 */
export class KernelMemory {
  /** The kernels over this memory. */
  readonly functions: KernelFunctions;
  /** What another thread needs to run the kernels on this very memory; `undefined` where it is not shared. */
  readonly shared: SharedKernels | undefined;
  readonly #buffer: ArrayBufferLike;
  readonly #results: Int32Array;
  #next: number;

  private constructor(module: WebAssembly.Module, bytes: number, shared: boolean) {
    const pages = Math.ceil((bytes + reservedBytes) / wasmPageBytes);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
    this.functions = bindKernels({ module, memory });
    this.shared = shared ? { module, memory } : undefined;
    this.#buffer = memory.buffer;
    this.#results = new Int32Array(memory.buffer, this.functions.resultsAddress(), 16);
    this.#next = align(this.functions.firstFreeAddress());
    memories.set(memory.buffer, this);
  }

  /** Opens a memory of at least `bytes` bytes; `undefined` where there are no kernels or not so much memory. */
  static open(bytes: number): KernelMemory | undefined {
    return KernelMemory.#open(kernelModule(), bytes, false);
  }

  /** The same for a memory that threads share; `undefined` also where the engine has none. */
  static openShared(bytes: number): KernelMemory | undefined {
    return KernelMemory.#open(kernelModule("kernels-shared.wasm"), bytes, true);
  }

  static #open(module: WebAssembly.Module | undefined, bytes: number, shared: boolean): KernelMemory | undefined {
    if (module === undefined) return undefined;
    try {
      return new KernelMemory(module, bytes, shared);
    } catch (error) {
      if (error instanceof RangeError || error instanceof TypeError) return undefined;
      throw error;
    }
  }

  /**
   * Takes `length` bytes of whatever content; `undefined` where they are not left.
   * @param multiple their address is one of this, itself one of 64; the memory begins at a page of the system
   */
  bytes(length: number, multiple = alignment): Uint8Array | undefined {
    const start = align(this.#next, multiple);
    if (start + length > this.#buffer.byteLength) return undefined;
    this.#next = align(start + length);
    return new Uint8Array(this.#buffer, start, length);
  }

  /** Takes room for `length` pixels of whatever content; `undefined` where it is not left, or no kernel takes the type. */
  pixels(type: PixelType, length: number): PixelArray | undefined {
    if (!isCameraType(type)) return undefined;
    if (type === "uint8") return this.bytes(length);
    if (type === "float32") return this.floats(length);
    const bytes = this.bytes(2 * length);
    return bytes && new Uint16Array(this.#buffer, bytes.byteOffset, length);
  }

  /** Takes room for `length` floats of whatever content; `undefined` where it is not left. */
  floats(length: number): Float32Array | undefined {
    const bytes = this.bytes(4 * length);
    return bytes && new Float32Array(this.#buffer, bytes.byteOffset, length);
  }

  /** Takes room for `length` doubles of whatever content; `undefined` where it is not left. */
  doubles(length: number): Float64Array | undefined {
    const bytes = this.bytes(8 * length);
    return bytes && new Float64Array(this.#buffer, bytes.byteOffset, length);
  }

  /** Takes room for `length` whole numbers of 32 bits and whatever content; `undefined` where it is not left. */
  integers(length: number): Int32Array | undefined {
    const bytes = this.bytes(4 * length);
    return bytes && new Int32Array(this.#buffer, bytes.byteOffset, length);
  }

  /** Where the arena stands now: to give back by {@link release} what is taken from here on. */
  mark(): number {
    return this.#next;
  }

  /** Gives back all that was taken since the mark; arrays of it must not be used any more. */
  release(mark: number): void {
    this.#next = mark;
  }

  /** What a kernel left as its result `index`, as int32. */
  result(index: number): number {
    return this.#results[index]!;
  }
}

/** The kernels for shared memory, and such a memory: what goes from thread to thread. */
export interface SharedKernels {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
}

/** The kernels over a memory. */
export function bindKernels({ module, memory }: SharedKernels): KernelFunctions {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as KernelFunctions;
}

const memories = new WeakMap<ArrayBufferLike, KernelMemory>();

/** The memory that all of these arrays lie in, so that kernels take them as they are; `undefined` where there is none. */
export function memoryOf(first: NumberArray, ...others: readonly NumberArray[]): KernelMemory | undefined {
  const memory = memories.get(first.buffer);
  if (memory === undefined) return undefined;
  for (const other of others) if (other.buffer !== first.buffer) return undefined;
  return memory;
}

function align(address: number, multiple = alignment): number {
  return Math.ceil(address / multiple) * multiple;
}
