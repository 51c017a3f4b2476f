/** The WebAssembly memory that kernels work in, from which arrays are allocated. */

import { IsoluxError } from "../errors.ts";
import { isCameraType, type PixelArray, type PixelType } from "../shapes.ts";
import type { KernelFunctions } from "./kernel-functions.ts";
import { kernelModule, sharedKernelModule } from "./load-kernels.ts";

const wasmPageBytes = 65536;
/** The most memory that the compiled module itself may use, with small tables that the binder stores in it. */
const reservedBytes = 16 * wasmPageBytes;
/** Where less than this is not to be had, it is no matter of how much is worked on. */
const leastToDoubt = 2 ** 28;
/** Arrays begin at whole cache lines. */
const alignment = 64;

/** The typed arrays that kernels work on. */
export type NumberArray = PixelArray;

/**
 * WebAssembly memory with the kernels instantiated over it. It is an arena: arrays are allocated one after the other,
 * and freed by returning to a mark. Its size is fixed, so that views of it stay valid; untouched pages cost nothing.
 * Arrays in it are passed to kernels without a copy.
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
    this.#next = alignedBytes(this.functions.firstFreeAddress());
    memories.set(memory.buffer, this);
  }

  /**
   * Opens a memory of at least `bytes` bytes; `undefined` where there is not so much memory.
   * @throws IsoluxError `unsupported` where the engine cannot run the kernels
   */
  static open(bytes: number): KernelMemory | undefined {
    return KernelMemory.#open(kernelModule(), bytes, false);
  }

  /** The same for a memory that threads share; `undefined` also where the engine has none. */
  static openShared(bytes: number): KernelMemory | undefined {
    const module = sharedKernelModule();
    return module && KernelMemory.#open(module, bytes, true);
  }

  /** As {@link KernelMemory.open}. @throws IsoluxError `memory` where there is not enough; also `unsupported` */
  static need(bytes: number): KernelMemory {
    const memory = KernelMemory.open(bytes);
    if (memory !== undefined) return memory;
    if (bytes < leastToDoubt) {
      throw new IsoluxError({
        kind: "memory",
        what: "No memory can be reserved for WebAssembly",
        advice:
          "Lift the limit of address space (ulimit -v): 10 GB of it are reserved for each thread, most of them never used",
      });
    }
    throw new IsoluxError({
      kind: "memory",
      what: "The arrays that are worked on at a time need more memory than there is, or than the 4 GB that WebAssembly has",
      found: `${(bytes / 2 ** 30).toFixed(1)} GiB`,
      advice: "Take fewer or smaller planes; for a fit, the solver fast or a smaller working_size",
    });
  }

  static #open(module: WebAssembly.Module, bytes: number, shared: boolean): KernelMemory | undefined {
    try {
      return new KernelMemory(module, bytes, shared);
    } catch (error) {
      if (error instanceof RangeError || error instanceof TypeError) return undefined;
      throw error;
    }
  }

  /** Whether an array lies in this memory. */
  holds({ buffer }: NumberArray): boolean {
    return buffer === this.#buffer;
  }

  /** The bytes that are still free. */
  get left(): number {
    return this.#buffer.byteLength - this.#next;
  }

  /**
   * Allocates `length` bytes of undefined content; `undefined` where they are not free.
   * @param multiple alignment of their address, a multiple of 64; the memory begins at a page of the system
   */
  bytes(length: number, multiple = alignment): Uint8Array | undefined {
    const start = Math.ceil(this.#next / multiple) * multiple;
    if (start + length > this.#buffer.byteLength) return undefined;
    this.#next = alignedBytes(start + length);
    return new Uint8Array(this.#buffer, start, length);
  }

  /** Allocates `length` pixels of undefined content; `undefined` where they do not fit, or no kernel takes the type. */
  pixels(type: PixelType, length: number): PixelArray | undefined {
    if (!isCameraType(type)) return undefined;
    if (type === "uint8") return this.bytes(length);
    if (type === "float32") return this.floats(length);
    const bytes = this.bytes(2 * length);
    return bytes && new Uint16Array(this.#buffer, bytes.byteOffset, length);
  }

  /** Allocates `length` floats of undefined content; `undefined` where they do not fit. */
  floats(length: number): Float32Array | undefined {
    const bytes = this.bytes(4 * length);
    return bytes && new Float32Array(this.#buffer, bytes.byteOffset, length);
  }

  /** Allocates `length` doubles of undefined content; `undefined` where they do not fit. */
  doubles(length: number): Float64Array | undefined {
    const bytes = this.bytes(8 * length);
    return bytes && new Float64Array(this.#buffer, bytes.byteOffset, length);
  }

  /** The current end of the arena: {@link release} frees what is allocated from here on. */
  mark(): number {
    return this.#next;
  }

  /** Frees all that was allocated since the mark; arrays of it must not be used any more. */
  release(mark: number): void {
    this.#next = mark;
  }

  /** Result `index` of a kernel, as int32. */
  result(index: number): number {
    return this.#results[index]!;
  }
}

/** The kernels for shared memory, and such a memory: what is sent to other threads. */
export interface SharedKernels {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
}

/** Instantiates the kernels over a memory. */
export function bindKernels({ module, memory }: SharedKernels): KernelFunctions {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as KernelFunctions;
}

const memories = new WeakMap<ArrayBufferLike, KernelMemory>();

/** The memory that an array lies in, if any: for the binder alone. */
export function memoryHolding({ buffer }: NumberArray): KernelMemory | undefined {
  return memories.get(buffer);
}

/** The bytes that an array of `length` bytes takes of a memory: whole cache lines. */
export function alignedBytes(length: number): number {
  return Math.ceil(length / alignment) * alignment;
}
