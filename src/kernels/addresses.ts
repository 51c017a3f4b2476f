/**
 * Typed addresses, which kernels take in place of arrays: the type says what is stored there. The binder in `bind.ts`
 * makes them from the array parts that are declared here, so that a kernel cannot get the wrong ones.
 */
import type { PixelArray as NumberArray } from "../shapes.ts";

declare const kind: unique symbol;
type Address<Kind, Numbers> = number & { readonly [kind]: readonly [Kind, Numbers] };

/** The address of an array that a kernel reads. */
export type In<Numbers extends NumberArray> = Address<"in", Numbers>;

/** The address of an array that a kernel writes to. */
export type Out<Numbers extends NumberArray> = Address<"out", Numbers>;

/** The address of the end of an array. */
export type EndOf = Address<"end", never>;

/** The address of working memory, of undefined content. */
export type Working = Address<"working", never>;

/** The address of a table of addresses of arrays that a kernel reads. */
export type Table<Numbers extends NumberArray> = Address<"table", Numbers>;

/** The part of an array that a kernel reads or writes: rows of `length` numbers, one for most kernels. */
export class Span<Numbers extends NumberArray, Written extends boolean = boolean> {
  readonly numbers: Numbers;
  readonly start: number;
  readonly rows: number;
  readonly length: number;
  readonly stride: number;
  readonly isWritten: Written;

  /** @throws RangeError where it reaches beyond the array, which the kernel itself does not check */
  constructor(numbers: Numbers, start: number, rows: number, length: number, stride: number, isWritten: Written) {
    this.numbers = numbers;
    this.start = start;
    this.rows = rows;
    this.length = length;
    this.stride = stride;
    this.isWritten = isWritten;
    // Without rows nothing is read or written, so the start does not matter
    const end = rows === 0 ? 0 : start + (rows - 1) * stride + length;
    if (start >= 0 && rows >= 0 && length >= 0 && end <= numbers.length) return;
    const shape = rows === 1 ? `${length} numbers` : `${rows} rows of ${length} numbers, ${stride} apart,`;
    throw new RangeError(`A kernel is to take ${shape} from ${start} on, of an array of ${numbers.length}`);
  }

  /** Its address in the memory that it lies in. */
  get address(): number {
    return this.numbers.byteOffset + this.start * this.numbers.BYTES_PER_ELEMENT;
  }

  /** The size of a contiguous copy in bytes. */
  get bytes(): number {
    return this.rows * this.length * this.numbers.BYTES_PER_ELEMENT;
  }
}

/** Declares numbers that a kernel reads. */
export function reading<Numbers extends NumberArray>(
  numbers: Numbers,
  start = 0,
  length = numbers.length - start,
): Span<Numbers, false> {
  return new Span(numbers, start, 1, length, 0, false);
}

/** Declares numbers that a kernel writes; those that it does not write keep their values. */
export function writing<Numbers extends NumberArray>(
  numbers: Numbers,
  start = 0,
  length = numbers.length - start,
): Span<Numbers, true> {
  return new Span(numbers, start, 1, length, 0, true);
}

/**
 * Declares rows of `length` numbers that a kernel reads, `stride` apart; its stride argument is {@link strideOf} them.
 */
export function readingRows<Numbers extends NumberArray>(
  numbers: Numbers,
  start: number,
  [rows, length, stride]: readonly [rows: number, length: number, stride: number],
): Span<Numbers, false> {
  return new Span(numbers, start, rows, length, stride, false);
}

/** Declares rows that a kernel writes, as {@link readingRows}. */
export function writingRows<Numbers extends NumberArray>(
  numbers: Numbers,
  start: number,
  [rows, length, stride]: readonly [rows: number, length: number, stride: number],
): Span<Numbers, true> {
  return new Span(numbers, start, rows, length, stride, true);
}

/**
 * An argument that is derived from the addresses of other arguments: {@link strideOf}, {@link endOf} or {@link
 * working}.
 */
export class Derived<Kind extends "stride" | "end" | "working"> {
  readonly kind: Kind;
  readonly of: Span<NumberArray> | number;

  constructor(kind: Kind, of: Span<NumberArray> | number) {
    this.kind = kind;
    this.of = of;
  }
}

/** The stride of rows as the kernel gets them, which may be copies. */
export function strideOf(rows: Span<NumberArray>): Derived<"stride"> {
  return new Derived("stride", rows);
}

/** The address behind the numbers of another argument. */
export function endOf(span: Span<NumberArray>): Derived<"end"> {
  return new Derived("end", span);
}
