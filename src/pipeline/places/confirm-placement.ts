/** Checks by the pixels of overlaps that tiles lie where their metadata say, before anything is computed from them. */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import type { StageAxes } from "../../acquisition/listed/stage-axes.ts";
import type { OpenedAcquisition } from "../../acquisition/open-acquisition.ts";
import { IsoluxError } from "../../errors.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import { formatCount } from "../../quantities.ts";
import { doubtPlacement, type PlacementDoubt } from "../../sample/placement/doubt-placement.ts";
import type { Direction } from "../../sample/placement/placement-plan.ts";

/** What a caller does about tiles whose positions are wrong. */
export type OnMisplaced = "refuse" | "warn";

/**
 * The acquisition, after a check of the tiles' positions against the pixels of their overlaps. Where tiles as a
 * microscope wrote them fail, that is an error, as their mosaic would be wrong; in a mosaic, stage positions are
 * dropped with a warning, so that no overlaps are compared. Depths that do not fit are kept, but not used.
 * @throws IsoluxError `invalid` where tiles lie elsewhere, `interrupted`
 */
export async function confirmPlacement(
  opened: OpenedAcquisition,
  hooks: Pick<RunHooks, "report"> & Partial<Pick<RunHooks, "signal">>,
  onMisplaced: OnMisplaced,
): Promise<OpenedAcquisition> {
  const { acquisition } = opened;
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
