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

/** Where tiles turn out to lie that were said to lie below and right of others. */
interface FoundPlaces {
  readonly below?: "right" | "left" | "below" | "above";
  readonly right?: "right" | "left" | "below" | "above";
}

/** The axes that place tiles where they were found to lie, having been placed by `axes`. */
export function mendedAxes(axes: StageAxes, found: FoundPlaces): StageAxes {
  const [down, right] = axes.split(",") as [string, string];
  const isTurned = isAlongX(found.below ?? "below") || !isAlongX(found.right ?? "right");
  const placeOfDown = found.below ?? (isTurned ? "right" : "below");
  const placeOfRight = found.right ?? (isTurned ? "below" : "right");
  const signed = (axis: string, place: string) => (place === "left" || place === "above" ? negated(axis) : axis);
  const places = [signed(down, placeOfDown), signed(right, placeOfRight)];
  return (isTurned ? places.reverse() : places).join(",") as StageAxes;
}

function isAlongX(place: string): boolean {
  return place === "right" || place === "left";
}

function negated(axis: string): string {
  return axis.startsWith("-") ? axis.slice(1) : `-${axis}`;
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
