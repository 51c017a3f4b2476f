/**
 * What the WebAssembly module of the kernels exports: the sources are in `assembly/`. Addresses are in bytes from the
 * start of the memory, strides and extents count elements. Only wrappers that check what they are given call these.
 */
export interface KernelFunctions {
  /** Where kernels with more than one result leave them. */
  resultsAddress(): number;
  /** From here on the memory is the caller's. */
  firstFreeAddress(): number;
  /** Leaves the numbers of pixels clipped low and high as two int32. */
  correctUint16: CorrectKernel;
  /** Leaves the numbers of pixels clipped low and high as two int32. */
  correctUint8: CorrectKernel;
  /** Leaves the numbers of pixels clipped low and high as two int32. */
  correctFloat32: CorrectKernel;
}

/** Corrects a rectangle of one plane in place. */
export type CorrectKernel = (
  pixels: number,
  rows: number,
  columns: number,
  stride: number,
  dark: number,
  divisor: number,
  profileStride: number,
  background: number,
) => void;
