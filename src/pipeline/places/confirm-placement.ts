/** Checks by the pixels of overlaps that tiles lie where their metadata say, before anything is computed from them. */
import { type Acquisition, fullResolution } from "../../acquisition/acquisition.ts";
import type { StageAxes } from "../../acquisition/listed/stage-axes.ts";
import type { OpenedAcquisition } from "../../acquisition/open-acquisition.ts";
import { IsoluxError } from "../../errors.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import { formatCount, formatShare } from "../../quantities.ts";
import { measureCoverage } from "../../sample/light-in-gaps.ts";
import { doubtPlacement, type PlacementDoubt } from "../../sample/placement/doubt-placement.ts";
import type { Direction } from "../../sample/placement/placement-plan.ts";
import { formatShape, mapAxes, type Yx, type Zyx } from "../../shapes.ts";
import { shownShape, type Tile } from "../../tiles/tile.ts";

/** What a caller does about tiles whose positions are wrong. */
export type OnMisplaced = "refuse" | "warn";

/**
 * The acquisition, after a check of the tiles' positions against the pixels of their overlaps. Where tiles as a
 * microscope wrote them fail, that is an error, as their mosaic would be wrong; in a mosaic, stage positions are
 * dropped with a warning, so that no overlaps are compared. Depths that do not fit are kept, but not used.
 * @throws IsoluxError `invalid` where tiles lie elsewhere, or are too small for their steps, `interrupted`
 */
export async function confirmPlacement(
  opened: OpenedAcquisition,
  hooks: Pick<RunHooks, "report"> & Partial<Pick<RunHooks, "signal">>,
  onMisplaced: OnMisplaced,
): Promise<OpenedAcquisition> {
  const { acquisition } = opened;
  const short = opened.kind === "mosaic" ? await shortTiles(acquisition) : undefined;
  if (short !== undefined && onMisplaced === "refuse") throw short;
  if (short !== undefined) hooks.report({ kind: "warning", text: short.message });
  const doubts = await doubtsOf(acquisition, hooks.signal);
  const misplaced = doubts.filter(({ isOfDepth }) => !isOfDepth);
  if (misplaced.length > 0 && opened.kind === "tiles") {
    const error = elsewhere(acquisition, misplaced);
    if (onMisplaced === "refuse") throw error;
    hooks.report({ kind: "warning", text: error.message });
    return opened;
  }
  if (misplaced.length > 0) {
    const text = `${describe(acquisition, misplaced[0]!)}: the stage positions in the table of tiles are not used, so it is not known which tiles overlap`;
    hooks.report({ kind: "warning", text });
    return withTiles(opened, (tile) => {
      const { stagePositionUmYx: _, ...rest } = tile;
      return rest;
    });
  }
  if (doubts.length === 0) return opened;
  const text = `${describe(acquisition, doubts[0]!)}: overlaps are compared plane by plane`;
  hooks.report({ kind: "warning", text });
  return withTiles(opened, (tile) => ({ ...tile, isDepthDoubted: true }));
}

/** Gaps with more light than this are no gaps. */
const mostLightInGaps = 0.5;

/** What is wrong with tiles that are smaller than their steps, where the image shows light between them. */
async function shortTiles(acquisition: Acquisition): Promise<IsoluxError | undefined> {
  const { tiles, tileSource, location } = acquisition;
  const steps = stepsOfShortTiles(tiles, fullResolution(acquisition).shapeZyx);
  if (steps === undefined || tileSource === undefined) return undefined;
  const { lightInGaps = 0 } = await measureCoverage(acquisition);
  if (lightInGaps <= mostLightInGaps) return undefined;
  const [size, step] = [shownShape(tiles[0]!), mapAxes(steps, Math.round)];
  return new IsoluxError({
    kind: "invalid",
    what: "The tiles of the table are smaller than the steps between them, and what lies between them shows light",
    where: location,
    found: `tiles of ${formatShape(size)} px every ${formatShape(step)} px, and light in ${formatShare(lightInGaps)} of the gaps`,
    expected: `tiles of ${formatShape(step)} px, or gaps without light`,
    advice:
      "If their lengths in the table (len_x_micrometer, len_y_micrometer) are too small or in another unit, correct them; if they are right, " +
      "give --trust-positions to correct only what lies in tiles",
  });
}

/** Ratios that differ by less are equal up to rounding. */
const sameRatio = 0.02;

/**
 * The steps of tiles in a grid that leave a gap of one size behind each of them, the last too: so tiles lie whose lengths are
 * too small. `undefined` for all others.
 */
function stepsOfShortTiles(tiles: readonly Tile[], [, ...extentYx]: Zyx): Yx | undefined {
  const size = shownShape(tiles[0]!);
  const isOneSize = tiles.every((tile) =>
    shownShape(tile).every((extent, axis) => Math.abs(extent - size[axis]!) <= 1),
  );
  const lines = ([0, 1] as const).map((axis) => {
    const starts = [...new Set(tiles.map(({ box }) => box.start[axis + 1]!))].sort((a, b) => a - b);
    const step = extentYx[axis]! / starts.length;
    return { count: starts.length, step, isEven: starts.every((start, line) => Math.abs(start - line * step) <= 1) };
  });
  const ratios = lines.map(({ step }, axis) => step / size[axis]!);
  const [most, least] = [Math.max(...ratios), Math.min(...ratios)];
  const isShort = lines.some(({ step }, axis) => step > size[axis]! + 1);
  // One line of tiles may be all that a table has of several; one tile a part of an image, if not half or a third of it.
  const isAlike =
    most / least - 1 < sameRatio && (tiles.length > 1 || Math.abs(most / Math.round(most) - 1) < sameRatio);
  const isAlongOne = lines.every(({ count, step }, axis) => count > 1 || step <= size[axis]! + 1);
  if (!isOneSize || !isShort || !lines.every(({ isEven }) => isEven) || !(isAlike || isAlongOne)) return undefined;
  return [lines[0]!.step, lines[1]!.step];
}

/** Pixels that cannot be read are not reported here: the run itself will fail on them. */
async function doubtsOf(acquisition: Acquisition, signal: AbortSignal | undefined): Promise<PlacementDoubt[]> {
  try {
    return await doubtPlacement(acquisition, signal);
  } catch (cause) {
    if (cause instanceof IsoluxError && cause.kind !== "interrupted") return [];
    throw cause;
  }
}

function withTiles(
  opened: OpenedAcquisition,
  change: (tile: Acquisition["tiles"][number]) => Acquisition["tiles"][number],
): OpenedAcquisition {
  const tiles = opened.acquisition.tiles.map(change);
  return opened.kind === "mosaic"
    ? { kind: "mosaic", acquisition: { ...opened.acquisition, tiles } }
    : { kind: "tiles", acquisition: { ...opened.acquisition, tiles } };
}

const places = { right: "right of", left: "left of", below: "below", above: "above" };

function describe({ tiles }: Acquisition, doubt: PlacementDoubt): string {
  const name = (tile: number) => `tile ${tile} (${tiles.find(({ number }) => number === tile)!.name})`;
  const { first, second, said, fits, isOfDepth, saidLikeness, fitsLikeness, against, pairs } = doubt;
  const where = isOfDepth ? "at the same planes, not at the depths that are said" : `${places[fits]} it`;
  const figures = `correlation ${fitsLikeness.toFixed(2)} against ${Math.max(0, saidLikeness).toFixed(2)}, so in ${against} of ${formatCount(pairs, "pair")}`;
  return `The metadata place ${name(second)} ${places[said]} ${name(first)}, but what both show fits ${where} (${figures})`;
}

function elsewhere(acquisition: Acquisition, misplaced: readonly PlacementDoubt[]): IsoluxError {
  const isAlongX = (direction: Direction) => direction === "right" || direction === "left";
  const isSwapped = misplaced.some(({ said, fits }) => isAlongX(said) !== isAlongX(fits));
  const axes = misplaced.map(({ said }) => (isAlongX(said) ? "x" : "y")).join(" and ");
  const { stageAxes } = acquisition;
  const mended = stageAxes && ` --stage-axes ${mendedAxes(stageAxes, foundPlaces(misplaced))} to place them so, or`;
  return new IsoluxError({
    kind: "invalid",
    what: describe(acquisition, misplaced[0]!),
    where: acquisition.location,
    advice:
      `The positions of the tiles ${isSwapped ? "have x and y swapped" : `run against the images along ${axes}`}: mend them ` +
      `where they are written, or give${mended ?? ""} --trust-positions to place the tiles as they say`,
  });
}

const opposite = { right: "left", left: "right", below: "above", above: "below" } as const;

/** Where tiles were found that were said to lie below others, and right of them. */
function foundPlaces(misplaced: readonly PlacementDoubt[]): { below?: Direction; right?: Direction } {
  const places: { below?: Direction; right?: Direction } = {};
  for (const { said, fits } of misplaced) {
    if (said === "below" || said === "right") places[said] = fits;
    else places[opposite[said] as "below" | "right"] = opposite[fits];
  }
  return places;
}

/** Where tiles turn out to lie that were said to lie below and right of others. */
interface FoundPlaces {
  readonly below?: "right" | "left" | "below" | "above";
  readonly right?: "right" | "left" | "below" | "above";
}

/** The axes that place tiles where they were found to lie, having been placed by `axes`. */
function mendedAxes(axes: StageAxes, found: FoundPlaces): StageAxes {
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
