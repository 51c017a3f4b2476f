/** A rectangle of a plane: where its pixels lie in a chunk and where its part of the profile begins. */
export interface KernelRectangle {
  readonly rows: number;
  readonly columns: number;
  /** Index of the first pixel. */
  readonly start: number;
  /** Pixels from one row to the next. */
  readonly stride: number;
  /** Index of the first element of the profile. */
  readonly profileStart: number;
  /** Profile elements from one row to the next. */
  readonly profileStride: number;
}

/** Clipped pixels, counted by the kernels: `[low, high]`. */
export type ClipCounts = Float64Array;
