import type { KernelFunctions } from "../../kernels/kernel-functions.ts";
import { memoryOf } from "../../kernels/kernel-memory.ts";
import { bitShuffle, bitUnshuffle } from "./bit-shuffle.ts";
import { shuffle, unshuffle } from "./shuffle.ts";

/** What is done to the bytes of items so that they compress better. */
export type ShuffleKind = "byte" | "bit";

/** Moves the bytes of items, as {@link shuffle} says. */
type Move = typeof shuffle;

/** Shuffles the bytes of items as {@link shuffle} or {@link bitShuffle} do; by WebAssembly where both arrays lie in its memory. */
export function shuffleItems(kind: ShuffleKind, ...order: Parameters<Move>): void {
  move(kind, false, kind === "bit" ? bitShuffle : shuffle, order);
}

/** Undoes {@link shuffleItems}. */
export function unshuffleItems(kind: ShuffleKind, ...order: Parameters<Move>): void {
  move(kind, true, kind === "bit" ? bitUnshuffle : unshuffle, order);
}

function move(kind: ShuffleKind, undo: boolean, twin: Move, order: Parameters<Move>): void {
  const [source, sourceStart, destination, destinationStart, byteCount, itemBytes] = order;
  const memory = memoryOf(source, destination);
  const items = byteCount / itemBytes;
  const fits = sourceStart + byteCount <= source.length && destinationStart + byteCount <= destination.length;
  const kernel = memory && fits ? kernelFor(memory.functions, kind, undo, items, itemBytes) : undefined;
  if (kernel === undefined) twin(...order);
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
