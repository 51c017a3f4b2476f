/** Arrays `[length, batch]` of complex numbers, real and imaginary parts apart, and where they lie. */
export interface ComplexRows {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** Gives room for so many doubles: anywhere, or in the memory of the kernels. */
export type Doubles = (length: number) => Float64Array;

/** Room anywhere. */
export const plainDoubles: Doubles = (length) => new Float64Array(length);

/** Room for complex numbers. */
export function complexRows(length: number, doubles: Doubles): ComplexRows {
  return { re: doubles(length), im: doubles(length) };
}

/** A table in the given room. */
export function tableOf(values: Float64Array, doubles: Doubles): Float64Array {
  const table = doubles(values.length);
  table.set(values);
  return table;
}
