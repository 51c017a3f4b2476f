import type { KernelFunctions } from "../../kernels/kernel-functions.ts";
import { memoryOf } from "../../kernels/kernel-memory.ts";
import { bitShuffle, bitUnshuffle } from "./bit-shuffle.ts";
import { shuffle, unshuffle } from "./shuffle.ts";

/** What is done to the bytes of items so that they compress better. */
export type ShuffleKind = "byte" | "bit";

/** Shuffles `byteCount` bytes of items of `itemBytes` bytes; by WebAssembly where both arrays lie in its memory. */
export function shuffleItems(
  kind: ShuffleKind,
  source: Uint8Array,
  sourceStart: number,
  destination: Uint8Array,
  destinationStart: number,
  byteCount: number,
  itemBytes: number,
): void {
  const twin = kind === "bit" ? bitShuffle : shuffle;
  move(twin, kind, false, source, sourceStart, destination, destinationStart, byteCount, itemBytes);
}

/** Undoes {@link shuffleItems}. */
export function unshuffleItems(
  kind: ShuffleKind,
  source: Uint8Array,
  sourceStart: number,
  destination: Uint8Array,
  destinationStart: number,
  byteCount: number,
  itemBytes: number,
): void {
  const twin = kind === "bit" ? bitUnshuffle : unshuffle;
  move(twin, kind, true, source, sourceStart, destination, destinationStart, byteCount, itemBytes);
}

function move(
  twin: typeof shuffle,
  kind: ShuffleKind,
  undo: boolean,
  source: Uint8Array,
  sourceStart: number,
  destination: Uint8Array,
  destinationStart: number,
  byteCount: number,
  itemBytes: number,
): void {
  const memory = memoryOf(source, destination);
  const items = byteCount / itemBytes;
  const fits = sourceStart + byteCount <= source.length && destinationStart + byteCount <= destination.length;
  const kernel = memory && fits ? kernelFor(memory.functions, kind, undo, items, itemBytes) : undefined;
  if (kernel === undefined) twin(source, sourceStart, destination, destinationStart, byteCount, itemBytes);
  else kernel(source.byteOffset + sourceStart, destination.byteOffset + destinationStart, items);
}

/** The kernel for these items; `undefined` where there is none: for rare sizes, and bytes beyond the last item. */
function kernelFor(functions: KernelFunctions, kind: ShuffleKind, undo: boolean, items: number, itemBytes: number) {
  if (!Number.isInteger(items)) return undefined;
  // Bits are moved as fast in JavaScript, eight bytes at a time
  if (kind === "bit") return undefined;
  if (itemBytes === 2) return undo ? functions.unshuffleTwo : functions.shuffleTwo;
  if (itemBytes === 4) return undo ? functions.unshuffleFour : functions.shuffleFour;
  return undefined;
}
