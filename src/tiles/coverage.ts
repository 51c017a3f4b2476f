/** Computes which part of an image lies in its tiles, exactly from their boxes. Pixels in no tile are not corrected. */

import { formatCount, formatShare } from "../quantities.ts";
import { boxShape, elementCount, type Zyx } from "../shapes.ts";
import { leftOut } from "./axis-readings.ts";
import { type Remark, shownShape, type Tile } from "./tile.ts";

/** Planes from the first to the last, counted from 0. */
type PlaneRange = readonly [first: number, last: number];

/**
 * The part of an image, in each of its channels, that lies in tiles. Plain values, used in summaries and attributes.
 */
export interface Coverage {
  /** Fraction of all pixels that lie in tiles. */
  readonly share: number;
  readonly planes: number;
  /** Planes without any tile. */
  readonly planesWithoutTiles: readonly PlaneRange[];
  /** Planes that some tiles do not cover though they cover planes above or below. */
  readonly planesInPart: readonly PlaneRange[];
  /** Fraction of a plane that no tile covers in any plane. */
  readonly gapShare: number;
  /** Places of the grid without a tile, where these are all the gaps: the grid is ragged. */
  readonly placesWithoutTile?: number;
  /** Fraction of the gaps that has content, in the channel with most, where it was looked at. */
  readonly lightInGaps?: number;
}

/** Chunks of a source that are not stored although there is light all around them. Plain values, as above. */
export interface MissingChunks {
  /** Chunks that are not stored, and how many of those that were looked at have light all around them. */
  readonly chunks: number;
  readonly lookedAt: number;
  readonly withLightAround: number;
  /** The first of them, and the value that it reads as. */
  readonly first: string;
  readonly value: number;
  /** Fraction of the image that they are, estimated from those that were read. */
  readonly share: number;
}

/** The coverage of an image by its tiles. @param tiles that do not overlap */
export function coverageOf(tiles: readonly Tile[], shapeZyx: Zyx): Coverage {
  const [planes, rows, columns] = shapeZyx;
  const pixels = tiles.reduce((sum, { box }) => sum + elementCount(boxShape(box)), 0);
  const places = emptyPlaces(tiles, shapeZyx);
  return {
    share: pixels / elementCount(shapeZyx),
    planes,
    ...planesLeftOut(tiles, planes),
    gapShare: 1 - footprint(tiles) / (rows * columns),
    ...(places !== undefined && places > 0 && { placesWithoutTile: places }),
  };
}

/** Number of planes that are not covered, wholly or in part. */
export function uncoveredPlanes({ planesWithoutTiles, planesInPart }: Coverage): number {
  return [...planesWithoutTiles, ...planesInPart].reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

/** A smaller fraction of an image is rounding. */
const leastShare = 1e-9;
/** A smaller fraction of the gaps is the edge of what tiles show. */
const leastLight = 1e-3;

/**
 * The fraction of uncovered pixels among those above, below and in tiles. Of gaps between tiles only the part with
 * content counts, as nothing else needs correction.
 * @param lightInGaps the fraction of the gaps that has content
 */
export function shareLeftOut({ share, gapShare }: Coverage, lightInGaps = 0): number {
  const shown = 1 - gapShare * (1 - lightInGaps);
  const without = shown > 0 ? 1 - share / shown : 0;
  return without > leastShare ? without : 0;
}

/** Planes without tiles, and those that not all tiles cover. */
function planesLeftOut(tiles: readonly Tile[], planes: number) {
  const starts = tiles.map(({ box }) => box.start[0]);
  const stops = tiles.map(({ box }) => box.stop[0]);
  const without = leftOut({ starts, stops }, planes);
  const whole = footprint(tiles);
  const edges = [...new Set([0, planes, ...starts, ...stops])].sort((a, b) => a - b);
  const inPart = edges.slice(0, -1).flatMap((start, index): [number, number][] => {
    const here = tiles.filter(({ box }) => box.start[0] <= start && start < box.stop[0]);
    const area = here.reduce((sum, tile) => sum + elementCount(shownShape(tile)), 0);
    return area > 0 && area < whole ? [[start, edges[index + 1]!]] : [];
  });
  return { planesWithoutTiles: toRanges(without), planesInPart: toRanges(inPart) };
}

/** Half-open ranges as first and last, with adjacent ones merged. */
function toRanges(ranges: readonly (readonly [start: number, stop: number])[]): PlaneRange[] {
  const joined: [number, number][] = [];
  for (const [start, stop] of ranges) {
    const before = joined.at(-1);
    if (before !== undefined && before[1] === start - 1) before[1] = stop - 1;
    else joined.push([start, stop - 1]);
  }
  return joined;
}

/** The area that is covered in some plane: tiles of the same planes lie side by side, others may lie above. */
function footprint(tiles: readonly Tile[]): number {
  const [first, ...rest] = tiles;
  const isOneDepth = rest.every(
    ({ box }) => box.start[0] === first!.box.start[0] && box.stop[0] === first!.box.stop[0],
  );
  if (isOneDepth) return tiles.reduce((sum, tile) => sum + elementCount(shownShape(tile)), 0);
  const edges = [...new Set(tiles.flatMap(({ box }) => [box.start[1], box.stop[1]]))].sort((a, b) => a - b);
  return edges.slice(0, -1).reduce((area, start, index) => {
    const here = tiles.filter(({ box }) => box.start[1] <= start && start < box.stop[1]).map(({ box }) => box);
    const end = here.reduce((most, { stop }) => Math.max(most, stop[2]), 0);
    const gaps = leftOut({ starts: here.map((box) => box.start[2]), stops: here.map((box) => box.stop[2]) }, end);
    const columns = gaps.reduce((sum, [from, to]) => sum - (to - from), end);
    return area + columns * (edges[index + 1]! - start);
  }, 0);
}

/** Places of a grid without a tile; `undefined` where tiles are not in a grid that fills the image. */
function emptyPlaces(tiles: readonly Tile[], [, rows, columns]: Zyx): number | undefined {
  const lines = ([1, 2] as const).map((axis) => linesAlong(tiles, axis, axis === 1 ? rows : columns));
  if (lines.includes(undefined)) return undefined;
  const taken = new Set(tiles.map(({ box }) => `${box.start[1]},${box.start[2]}`));
  return lines[0]! * lines[1]! - taken.size;
}

/** The number of rows (columns), where they fill the image without a gap. */
function linesAlong(tiles: readonly Tile[], axis: 1 | 2, extent: number): number | undefined {
  const stopOf = new Map(tiles.map(({ box }) => [box.start[axis], box.stop[axis]]));
  const isOneLength = tiles.every(({ box }) => stopOf.get(box.start[axis]) === box.stop[axis]);
  let [at, count] = [0, 0];
  for (let stop = stopOf.get(at); stop !== undefined; stop = stopOf.get(at)) [at, count] = [stop, count + 1];
  return isOneLength && at === extent && count === stopOf.size ? count : undefined;
}

// Describes coverage in sentences: which part of an image lies in tiles, and what happens to the rest.

/**
 * What happens to pixels in no tile: they are copied from the image, or have no source and are 0; `none` without such.
 */
export type Rest = "none" | "copied" | "zero";

/** A sentence about pixels in no tile; nothing where there are none. */
export function describeCoverage(coverage: Coverage, rest: Rest): Remark[] {
  const { gapShare, placesWithoutTile } = coverage;
  const remarks: Remark[] = uncoveredPlanes(coverage) === 0 || rest === "none" ? [] : [describePlanes(coverage, rest)];
  if (!(gapShare > 0) || rest === "none") return remarks;
  const gaps =
    placesWithoutTile === undefined
      ? `${formatShare(gapShare)} of each plane lies between or beside tiles`
      : `${formatCount(placesWithoutTile, "place")} of the grid (${formatShare(gapShare)} of each plane) ${placesWithoutTile === 1 ? "has" : "have"} no tile`;
  if (rest === "zero") return [...remarks, { kind: "note", text: `${gaps}: 0 is written there.` }];
  const fate = "pixels there are copied as they are, not corrected";
  const { lightInGaps } = coverage;
  if (lightInGaps !== undefined && lightInGaps > leastLight) {
    const byTable = placesWithoutTile === undefined ? ", by the table of tiles," : " in the table of tiles,";
    const lit = `${gaps}${byTable} and ${formatShare(lightInGaps)} of that shows light`;
    return [...remarks, { kind: "warning", text: `NOT ALL PIXELS ARE CORRECTED: ${lit}: ${fate}.` }];
  }
  const isDark = placesWithoutTile !== undefined || lightInGaps !== undefined;
  return [...remarks, { kind: isDark ? "note" : "warning", text: `${gaps}: ${fate}.` }];
}

/** A sentence about chunks of the source that are missing. */
export function describeMissing(
  { chunks, lookedAt, withLightAround, first, value, share }: MissingChunks,
  image = "source",
): string {
  const [are, read] = chunks === 1 ? ["is", "reads"] : ["are", "read"];
  return (
    `THE ${image.toUpperCase()} MAY NOT BE COMPLETE: ${formatCount(chunks, "chunk")} (${formatShare(share)} of the image) ${are} not stored ` +
    `and ${read} as ${value}, though there is light all around ${withLightAround} of ${lookedAt} examined (${first} ...).`
  );
}

function describePlanes(coverage: Coverage, rest: Rest): Remark {
  const { planes, planesWithoutTiles, planesInPart } = coverage;
  const without = countOf(planesWithoutTiles);
  const parts = [
    ...(without === 0 ? [] : [`${without} of ${planes} planes (${listOf(planesWithoutTiles)}) lie in no tile`]),
    ...(planesInPart.length === 0
      ? []
      : [`${countOf(planesInPart)} of ${planes} planes (${listOf(planesInPart)}) are not in all tiles`]),
  ];
  if (rest === "zero") return { kind: "note", text: `${parts.join(", and ")}: 0 is written there.` };
  const text = `NOT ALL PLANES ARE CORRECTED: ${parts.join(", and ")}, as the table of tiles has it. ${formatShare(shareLeftOut(coverage))} of the pixels where tiles lie are copied as they are.`;
  return { kind: "warning", text };
}

function countOf(ranges: readonly PlaneRange[]): number {
  return ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

function listOf(ranges: readonly PlaneRange[]): string {
  return ranges.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(", ");
}
