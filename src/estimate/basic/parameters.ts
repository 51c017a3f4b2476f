import type { Yx } from "../../shapes.ts";

/**
 * How a fit comes by its result: `faithful` iterates as the reference does; `fast` takes a way to the same profile that
 * costs a fraction, see {@link fitProfileFast}, and takes no more than 128 x 128 pixels of each plane.
 */
export type BasicSolver = "fast" | "faithful";

/** The parameters of a BaSiC fit that users set. Names follow the reference task. */
export interface BasicParameters {
  /** Ignore pixels brighter than the Otsu threshold of the whole stack. */
  readonly autosegment: boolean;
  /** Radius in px by which the mask of background pixels is eroded. */
  readonly autosegmentMargin: number;
  /** How strongly outliers lose weight from one reweighting to the next: smaller is stronger. */
  readonly epsilon: number;
  /** Estimate a dark-field too. */
  readonly getDarkfield: boolean;
  /** Smoothness of the dark-field: larger is smoother. */
  readonly smoothnessDarkfield: number;
  /** Smoothness of the flat-field: larger is smoother. */
  readonly smoothnessFlatfield: number;
  /** Fit on planes resized to this shape; the planes' own shape where it is not given. */
  readonly workingSizeYx?: Yx;
  /** Sort every pixel's values over the planes first: for tissue that covers the same place in most planes. */
  readonly sortIntensity: boolean;
  readonly solver: BasicSolver;
}

/** The defaults of the reference task. */
export const basicDefaults: BasicParameters = {
  autosegment: false,
  autosegmentMargin: 10,
  epsilon: 0.1,
  getDarkfield: true,
  smoothnessDarkfield: 1,
  smoothnessFlatfield: 1,
  sortIntensity: false,
  solver: "fast",
};
