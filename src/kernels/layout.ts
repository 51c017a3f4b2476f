/** Arrays that are used together, stated once: a layout gives their total size, for plans, and allocates them. */
import { allocatePixels, bytesPerPixel, isCameraType, type PixelArray, type PixelType } from "../shapes.ts";
import { alignedBytes, KernelMemory } from "./kernel-memory.ts";

/**
 * Arrays to be allocated, in a memory of the kernels or each on its own.
 *
 * @example
 * const rows = layoutOf({ weights: doubles(5), image: floats(pixelCount) });
 * const { weights, image } = rows.take(KernelMemory.need(rows.bytes));
 */
export interface Layout<Arrays> {
  /** Their total size in the memory. */
  readonly bytes: number;
  /**
   * Allocates them in a memory, with undefined content; on their own where none is given.
   * @throws RangeError where the memory is too small: it was opened for less
   */
  take(memory: KernelMemory | undefined): Arrays;
}

/** Several layouts, by name. */
export function layoutOf<Parts extends Readonly<Record<string, unknown>>>(
  parts: {
    readonly [Name in keyof Parts]: Layout<Parts[Name]>;
  },
): Layout<Parts> {
  const entries = Object.entries(parts) as [keyof Parts & string, Layout<unknown>][];
  return {
    bytes: entries.reduce((sum, [, part]) => sum + part.bytes, 0),
    take: (memory) => Object.fromEntries(entries.map(([name, part]) => [name, part.take(memory)])) as Parts,
  };
}

/** Several layouts of one kind, in their order. */
export function layoutOfAll<Part>(parts: readonly Layout<Part>[]): Layout<readonly Part[]> {
  return {
    bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
    take: (memory) => parts.map((part) => part.take(memory)),
  };
}

/** An array of `length` doubles. */
export function doubles(length: number): Layout<Float64Array> {
  return one(
    8 * length,
    (memory) => memory.doubles(length),
    () => new Float64Array(length),
  );
}

/** An array of `length` floats. */
export function floats(length: number): Layout<Float32Array> {
  return one(
    4 * length,
    (memory) => memory.floats(length),
    () => new Float32Array(length),
  );
}

/** An array of `length` int32. */
export function integers(length: number): Layout<Int32Array> {
  const inMemory = (memory: KernelMemory) => {
    const bytes = memory.bytes(4 * length);
    return bytes && new Int32Array(bytes.buffer, bytes.byteOffset, length);
  };
  return one(4 * length, inMemory, () => new Int32Array(length));
}

/** An array of `length` bytes. */
export function bytes(length: number): Layout<Uint8Array> {
  return one(
    length,
    (memory) => memory.bytes(length),
    () => new Uint8Array(length),
  );
}

/**
 * An array of `length` pixels, outside of the memory where kernels do not take the type.
 * @param more pixels of spare space behind them, in the memory alone
 */
export function pixels(type: PixelType, length: number, more = 0): Layout<PixelArray> {
  const own = () => allocatePixels(type, length);
  const inMemory = (memory: KernelMemory) => (isCameraType(type) ? memory.pixels(type, length + more) : own());
  return one(bytesPerPixel(type) * (length + more), inMemory, own);
}

function one<Numbers>(
  length: number,
  inMemory: (memory: KernelMemory) => Numbers | undefined,
  own: () => Numbers,
): Layout<Numbers> {
  return {
    bytes: alignedBytes(length),
    take: (memory) => {
      if (memory === undefined) return own();
      const numbers = inMemory(memory);
      if (numbers === undefined) throw new RangeError(`A kernel memory has ${memory.left} bytes left, not ${length}`);
      return numbers;
    },
  };
}

/** Allocates a layout in a memory of its own. @throws IsoluxError `memory` where there is not enough */
export function takeAlone<Arrays>(layout: Layout<Arrays>): Arrays {
  return layout.take(KernelMemory.need(layout.bytes));
}
