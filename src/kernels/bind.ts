/**
 * Runs kernels on arrays, by turning arrays into addresses. The extent of each array is checked when it is declared.
 * Arrays in one kernel memory are passed as they are; others are copied into it, and back where they are written: the
 * same kernel runs wherever an array lies.
 *
 * @example
 * const total = runKernel("sumOf", reading(values), values.length);
 */
import { pixelsAt, pixelTypeOf } from "../shapes.ts";
import { Derived, type EndOf, type In, type Out, Span, type Table, type Working } from "./addresses.ts";
import type { KernelFunctions } from "./kernel-functions.ts";
import { alignedBytes, KernelMemory, memoryHolding, type NumberArray } from "./kernel-memory.ts";

type KernelName = keyof KernelFunctions;

/** The argument for one parameter of a kernel. */
type Argument<Parameter> =
  Parameter extends Out<infer Numbers>
    ? Span<Numbers, true>
    : Parameter extends In<infer Numbers>
      ? Span<Numbers>
      : Parameter extends Table<infer Numbers>
        ? readonly Span<Numbers>[]
        : Parameter extends EndOf
          ? Derived<"end">
          : Parameter extends Working
            ? Derived<"working">
            : number | Derived<"stride">;

type ArgumentsFor<Given extends readonly unknown[]> = { readonly [Place in keyof Given]: Argument<Given[Place]> };

/** The arguments of a kernel: arrays in place of addresses. */
type Arguments<Name extends KernelName> = ArgumentsFor<Parameters<KernelFunctions[Name]>>;

type AnyArgument = number | Span<NumberArray> | readonly Span<NumberArray>[] | Derived<"stride" | "end" | "working">;
type AnyKernel = (...given: readonly number[]) => number;

/**
 * Runs a kernel.
 *
 * @throws IsoluxError `memory` where arrays have to be copied and there is no memory for that
 */
export function runKernel<Name extends KernelName>(
  name: Name,
  ...given: Arguments<Name>
): ReturnType<KernelFunctions[Name]> {
  return runAny(name, given as readonly AnyArgument[]) as ReturnType<KernelFunctions[Name]>;
}

function runAny(name: KernelName, given: readonly AnyArgument[]): number {
  const first = given.find((argument) => argument instanceof Span);
  const memoryOfArrays = first && memoryHolding(first.numbers);
  const places = memoryOfArrays && placesIn(memoryOfArrays, given);
  if (places !== undefined) {
    lastMemory = memoryOfArrays;
    return (memoryOfArrays!.functions[name] as unknown as AnyKernel)(...places);
  }
  const memory = memoryFor(given);
  const mark = memory.mark();
  const copies: Copies = new Map();
  const result = (memory.functions[name] as unknown as AnyKernel)(
    ...given.map((argument) => placed(argument, memory, copies)),
  );
  for (const [span, copy] of copies) if (span.isWritten) copyBack(span, copy);
  memory.release(mark);
  lastMemory = memory;
  return result;
}

/** The arguments as numbers where all arrays lie in one memory and no working memory is needed: the usual case. */
function placesIn(memory: KernelMemory, given: readonly AnyArgument[]): readonly number[] | undefined {
  const places: number[] = [];
  for (const argument of given) {
    if (typeof argument === "number") {
      places.push(argument);
    } else if (argument instanceof Span) {
      if (!memory.holds(argument.numbers)) return undefined;
      places.push(argument.address);
    } else {
      if (!(argument instanceof Derived) || typeof argument.of === "number") return undefined;
      const { kind, of } = argument;
      places.push(kind === "end" ? of.address + of.bytes : of.stride);
    }
  }
  return places;
}

let lastMemory: KernelMemory | undefined;

/** Result `index`, as int32, of the kernel that ran last. */
export function resultOfKernel(index: number): number {
  return lastMemory!.result(index);
}

/**
 * A kernel to be run repeatedly on the same arrays, whose addresses are computed once.
 *
 * @throws RangeError where they do not lie in one kernel memory: copies would be out of date by the next run
 */
export function bindKernel<Name extends KernelName>(name: Name, ...given: Arguments<Name>): () => void {
  const { memory, places } = inPlace(given as readonly AnyArgument[]);
  const kernel = memory.functions[name] as unknown as AnyKernel;
  return () => void kernel(...places);
}

/**
 * The addresses of arrays that lie in one kernel memory, and that memory.
 *
 * @throws RangeError where they do not
 */
export function inPlace(given: readonly (number | Span<NumberArray>)[] | readonly AnyArgument[]): {
  readonly memory: KernelMemory;
  readonly places: readonly number[];
} {
  const spans = spansOf(given);
  const memory = spans[0] && memoryHolding(spans[0].numbers);
  if (memory === undefined || spans.some(({ numbers }) => !memory.holds(numbers))) {
    throw new RangeError("Arrays that a kernel shares with others, or is bound to, have to lie in one kernel memory");
  }
  const copies: Copies = new Map();
  return { memory, places: given.map((argument) => placed(argument, memory, copies)) };
}

/**
 * Provides `bytes` of working memory beside an array, as long as `work` takes: in the same memory where it has space,
 * so that kernels need no copy of either.
 */
export async function withWorkingBytes<Result>(
  neighbour: NumberArray,
  bytes: number,
  work: (buffer: Uint8Array) => Promise<Result>,
): Promise<Result> {
  const memory = memoryHolding(neighbour);
  const mark = memory?.mark() ?? 0;
  try {
    return await work(memory?.bytes(bytes) ?? new Uint8Array(bytes));
  } finally {
    memory?.release(mark);
  }
}

function spansOf(given: readonly AnyArgument[]): Span<NumberArray>[] {
  const spans: Span<NumberArray>[] = [];
  for (const argument of given) {
    if (argument instanceof Span) spans.push(argument);
    else if (Array.isArray(argument)) spans.push(...(argument as readonly Span<NumberArray>[]));
  }
  return spans;
}

/**
 * The memory that the largest of the arrays lies in, if it has space for the others; else one to copy all of them to.
 */
function memoryFor(given: readonly AnyArgument[]): KernelMemory {
  const spans = spansOf(given);
  const beside = workingBytes(given);
  let memoryOfArrays: KernelMemory | undefined;
  let largest = -1;
  for (const span of spans) {
    const memory = span.bytes > largest ? memoryHolding(span.numbers) : undefined;
    if (memory !== undefined) [memoryOfArrays, largest] = [memory, span.bytes];
  }
  const bytesOf = (some: readonly Span<NumberArray>[]) =>
    some.reduce((sum, { bytes }) => sum + alignedBytes(bytes), beside);
  const outside = bytesOf(spans.filter(({ numbers }) => !memoryOfArrays?.holds(numbers)));
  return memoryOfArrays !== undefined && outside <= memoryOfArrays.left ? memoryOfArrays : spareMemory(bytesOf(spans));
}

/** The working memory of a kernel, in bytes. */
function workingBytes(given: readonly AnyArgument[]): number {
  let bytes = 0;
  for (const argument of given) {
    if (Array.isArray(argument)) bytes += alignedBytes(4 * argument.length);
    else if (argument instanceof Derived && argument.kind === "working") bytes += alignedBytes(argument.of as number);
  }
  return bytes;
}

/** Larger memories for copies are not kept. */
const mostKept = 2 ** 26;
let spare: KernelMemory | undefined;

/** An empty memory for copies; all of its content is discarded after a call. */
function spareMemory(bytes: number): KernelMemory {
  if (spare !== undefined && spare.left >= bytes) return spare;
  const opened = KernelMemory.need(Math.max(bytes, 2 ** 20));
  if (bytes <= mostKept) spare = opened;
  return opened;
}

/** Copies of arrays that do not lie in the kernel's memory. */
type Copies = Map<Span<NumberArray>, NumberArray>;

/** An argument as a number for the kernel. */
function placed(argument: AnyArgument, memory: KernelMemory, copies: Copies): number {
  if (typeof argument === "number") return argument;
  if (argument instanceof Span) return addressIn(argument, memory, copies);
  if (!(argument instanceof Derived)) {
    const addresses = argument.map((span) => addressIn(span, memory, copies));
    const table = memory.bytes(4 * argument.length)!;
    new Uint32Array(table.buffer, table.byteOffset, argument.length).set(addresses);
    return table.byteOffset;
  }
  const { kind, of } = argument;
  if (typeof of === "number") return memory.bytes(of)!.byteOffset;
  if (kind === "end") return addressIn(of, memory, copies) + of.bytes;
  return memory.holds(of.numbers) ? of.stride : of.length;
}

function addressIn(span: Span<NumberArray>, memory: KernelMemory, copies: Copies): number {
  if (memory.holds(span.numbers)) return span.address;
  let copy = copies.get(span);
  if (copy === undefined) {
    const { numbers, start, rows, length, stride } = span;
    const { buffer, byteOffset } = memory.bytes(span.bytes)!;
    copy = pixelsAt(pixelTypeOf(numbers), buffer, byteOffset, rows * length);
    for (let row = 0; row < rows; row++) {
      const from = start + row * stride;
      copy.set(numbers.subarray(from, from + length), row * length);
    }
    copies.set(span, copy);
  }
  return copy.byteOffset;
}

function copyBack({ numbers, start, rows, length, stride }: Span<NumberArray>, copy: NumberArray): void {
  for (let row = 0; row < rows; row++) {
    numbers.set(copy.subarray(row * length, (row + 1) * length), start + row * stride);
  }
}
