import { KernelMemory, type NumberArray } from "../../src/kernels/kernel-memory.ts";

/** A memory for kernels to be tested in; garbage stands in it, so that nobody relies on zeros. */
export function dirtyMemory(bytes: number): KernelMemory {
  const memory = KernelMemory.open(bytes)!;
  const mark = memory.mark();
  memory.bytes(bytes)!.fill(0xa5);
  memory.release(mark);
  return memory;
}

/** A copy of an array in a kernel memory, shifted off the alignment by `shift` elements. */
export function placed<Numbers extends NumberArray>(memory: KernelMemory, numbers: Numbers, shift = 0): Numbers {
  const bytes = memory.bytes(numbers.byteLength + shift * numbers.BYTES_PER_ELEMENT)!;
  const Kind = numbers.constructor as new (buffer: ArrayBufferLike, start: number, length: number) => Numbers;
  const copy = new Kind(bytes.buffer, bytes.byteOffset + shift * numbers.BYTES_PER_ELEMENT, numbers.length);
  copy.set(numbers as never);
  return copy;
}

/** The bytes of an array, for comparison to the bit. */
export function bytesOf(numbers: NumberArray): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength).slice();
}
