import { memoryOf } from "../../kernels/kernel-memory.ts";
import { bitShuffle, bitUnshuffle } from "./bit-shuffle.ts";
import { shuffle, unshuffle } from "./shuffle.ts";

/** What is done to the bytes of items so that they compress better. */
export type ShuffleKind = "byte" | "bit";

/** Moves the bytes of items, as {@link shuffle} says. */
type Move = typeof shuffle;

/**
 * Shuffles the bytes of items as {@link shuffle} or {@link bitShuffle} do; by WebAssembly where both arrays lie in its
 * memory.
 */
export function shuffleItems(kind: ShuffleKind, ...order: Parameters<Move>): void {
  const [source, sourceStart, destination, destinationStart, byteCount, itemBytes] = order;
  if (kind === "bit") {
    const run = bitsRun(...order);
    if (run === undefined) bitShuffle(...order);
    else run.functions.shuffleBits(run.from, itemBytes, run.items, run.to);
  } else if (!shufflePlanes(source, sourceStart, planesOf(destination, destinationStart, byteCount, itemBytes))) {
    shuffle(...order);
  }
}

/** Undoes {@link shuffleItems}. */
export function unshuffleItems(kind: ShuffleKind, ...order: Parameters<Move>): void {
  const [source, sourceStart, destination, destinationStart, byteCount, itemBytes] = order;
  if (kind === "bit") {
    const run = bitsRun(...order);
    if (run === undefined) bitUnshuffle(...order);
    else run.functions.unshuffleBits(run.from, itemBytes, run.items, run.to);
  } else if (!unshufflePlanes(planesOf(source, sourceStart, byteCount, itemBytes), destination, destinationStart)) {
    unshuffle(...order);
  }
}

/** What the kernels of bits need to know; `undefined` where there are none: for rare sizes, and arrays outside their memory. */
function bitsRun(...[source, sourceStart, destination, destinationStart, byteCount, itemBytes]: Parameters<Move>) {
  const memory = memoryOf(source, destination);
  const items = byteCount / itemBytes;
  if (memory === undefined || items % 16 !== 0 || ![1, 2, 4].includes(itemBytes)) return undefined;
  if (sourceStart + byteCount > source.length || destinationStart + byteCount > destination.length) return undefined;
  const [from, to] = [source.byteOffset + sourceStart, destination.byteOffset + destinationStart];
  return { functions: memory.functions, from, items, to };
}

/**
 * Shuffles the bytes of items into planes that lie anywhere, one for each byte of an item.
 *
 * @returns whether it did: only where a kernel is for as many planes, and all lie in its memory
 */
export function shufflePlanes(source: Uint8Array, start: number, planes: readonly Uint8Array[]): boolean {
  const run = kernelRun(source, start, planes);
  if (run === undefined) return false;
  const { functions, at, items, places } = run;
  const [first, second, third, fourth] = places as [number, number, number, number];
  if (places.length === 2) functions.shuffleTwo(at, first, second, items);
  else functions.shuffleFour(at, first, second, third, fourth, items);
  return true;
}

/** Undoes {@link shufflePlanes}. */
export function unshufflePlanes(planes: readonly Uint8Array[], destination: Uint8Array, start: number): boolean {
  const run = kernelRun(destination, start, planes);
  if (run === undefined) return false;
  const { functions, at, items, places } = run;
  const [first, second, third, fourth] = places as [number, number, number, number];
  if (places.length === 2) functions.unshuffleTwo(first, second, at, items);
  else functions.unshuffleFour(first, second, third, fourth, at, items);
  return true;
}

/** What a kernel needs to know; `undefined` where there is none: for rare sizes, and arrays outside its memory. */
function kernelRun(pixels: Uint8Array, start: number, planes: readonly Uint8Array[]) {
  if (planes.length !== 2 && planes.length !== 4) return undefined;
  const memory = memoryOf(pixels, ...planes);
  const items = planes[0]!.length;
  if (memory === undefined || start + planes.length * items > pixels.length) return undefined;
  const places = planes.map((plane) => plane.byteOffset);
  return { functions: memory.functions, at: pixels.byteOffset + start, items, places };
}

/** The planes of byte-shuffled items that lie one after the other; none where bytes are left beyond the last whole item. */
function planesOf(bytes: Uint8Array, start: number, byteCount: number, itemBytes: number): Uint8Array[] {
  const items = byteCount / itemBytes;
  if (!Number.isInteger(items) || start + byteCount > bytes.length) return [];
  return Array.from({ length: itemBytes }, (_, plane) =>
    bytes.subarray(start + plane * items, start + (plane + 1) * items),
  );
}
