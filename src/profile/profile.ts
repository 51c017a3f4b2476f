import type { Yx } from "../shapes.ts";

/**
 * An illumination profile: how bright each pixel of the field shows the same amount of light.
 * `flatfield` and `darkfield` are C-order images of `shapeYx`.
 */
export interface Profile {
  readonly shapeYx: Yx;
  /** Relative sensitivity, mean 1. */
  readonly flatfield: Float32Array;
  /** What the camera shows without light, in counts. */
  readonly darkfield: Float32Array;
  /** A level to subtract after the division, in counts: an offset or a brightness, see {@link BaselineMeaning}. */
  readonly baseline: number;
}

/** What a baseline stands for: an offset that no light made, or the typical brightness of the background. */
export type BaselineMeaning = "offset" | "brightness";

/**
 * How a profile lies over a tile of another shape: with the centres of its corner pixels on those of the tile
 * (`corners`: a profile from elsewhere), or as a pyramid level lies over level 0 (`centres`), where each of its pixels
 * covers `factorYx` pixels of the tile.
 */
export type ProfileAlignment = { readonly kind: "corners" } | { readonly kind: "centres"; readonly factorYx: Yx };
