/** What a user says of stacks and planes that their files do not, such as which axes positions have. */
import type { Yx, Zyx } from "../../shapes.ts";

const spellings = ["y,x", "-y,x", "y,-x", "-y,-x", "x,y", "-x,y", "x,-y", "-x,-y"] as const;

/**
 * The axis that runs down the images, then the one that runs to the right. `-y,x`: a tile with a larger y lies higher.
 * The default is `y,x`.
 */
export type StageAxes = (typeof spellings)[number];

/** All that there are. */
export const allStageAxes: readonly StageAxes[] = spellings;

/** How far down and to the right a tile lies, by a position with these axes. */
export function downAndRight([y, x]: Yx, axes: StageAxes): Yx {
  const [down, right] = axes.split(",").map((name) => (name.startsWith("-") ? -1 : 1) * (name.endsWith("x") ? x : y));
  return [down! + 0, right! + 0];
}

/** What a user says of stacks and planes that their files do not. */
export interface TileHints {
  /** How names of files are made: `[{row} x {col}]_C{channel}_z{plane}.tif`. */
  readonly pattern?: string;
  /** Which part of a tile its neighbours show, too, along y and x. */
  readonly overlapYx?: Yx;
  readonly pixelSizeUmZyx?: Zyx;
  readonly stageAxes?: StageAxes;
}

/** One of the things that a user may say. */
export type HintName = keyof TileHints;
