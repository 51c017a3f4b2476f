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
  /** How bright its tile is against the others, the corrected pixels are divided by it; 1 where not given. */
  readonly gain?: number;
}

/** By what corrected pixels are multiplied, and what is then taken off them: singles, as the kernels take them. */
export interface Brightness {
  readonly scale: number;
  readonly background: number;
}

/** The scale of a tile of some gain. A background counts before the division by the gain, which is light's. */
export function brightnessOf({ gain = 1 }: KernelRectangle, background: number): Brightness {
  return { scale: Math.fround(1 / gain), background: Math.fround(background / gain) };
}

/** Clipped pixels, counted by the kernels: `[low, high]`. */
export type ClipCounts = Float64Array;
