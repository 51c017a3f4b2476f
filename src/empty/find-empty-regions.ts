/** Finds empty regions: reads planes of all tiles, scores them, and proposes what to estimate a profile from. */
import { type Acquisition, fullResolution } from "../acquisition/acquisition.ts";
import { estimateOffset, type OffsetEstimate } from "../estimate/offset/estimate-offset.ts";
import { coarsestLevelForBasic, randomStream } from "../sample/choose-planes.ts";
import type { PlannedPlane } from "../sample/plan-sample.ts";
import type { ReadHooks } from "../sample/read-planes.ts";
import type { Yx } from "../shapes.ts";
import { medianOf } from "../statistics.ts";
import { withoutParts } from "../tiles/cropped-tiles.ts";
import { fieldShapeAtLevel, tileBoxAtLevel } from "../tiles/levels.ts";
import { type DimTiles, tolerance } from "./common-shape.ts";
import type { StatisticsPlan, StatisticsRequest } from "./plane-statistics.ts";
import { type PlaneStatistics, readStatistics } from "./plane-statistics.ts";
import { type ChannelView, type EmptyProposal, proposeEmptyRegions } from "./propose.ts";
import { type DarkStatistics, scoreTiles, type TileScore } from "./score-tiles.ts";

/** Parameters of the search; all but the seed have defaults. */
export interface EmptySearch extends StatisticsRequest {
  /** What the camera shows without light, in counts, where known: 0 by default. */
  readonly cameraOffset?: number;
  /** Indices of the channels that are searched; all by default. */
  readonly channels?: readonly number[];
}

/** The result of the search. JSON-able; tiles by number, planes of the full resolution. */
export interface EmptyRegions {
  /** The resolution level, and the number of its pixels along either axis that were averaged into one. */
  readonly level: number;
  readonly binPx: number;
  /** For all channels together. */
  readonly proposal: EmptyProposal;
  readonly channels: readonly EmptyRegionsOfChannel[];
  /** Warnings for the user. */
  readonly warnings: readonly string[];
}

/** The result of the search in one channel. */
export interface EmptyRegionsOfChannel {
  readonly label: string;
  /** For this channel alone. */
  readonly proposal: EmptyProposal;
  readonly tiles: readonly TileEmptiness[];
  /** Estimates of the camera's offset by the proposed planes; for every side of the light sheet. */
  readonly offsets: readonly (OffsetEstimate & { readonly side?: string })[];
}

/** A tile's scores, and the side from which it was lit, where known. */
export interface TileEmptiness extends TileScore {
  readonly side?: string;
}

/** About the number of pixels of an averaged plane along its shorter side. */
const lookPx = 128;

const planesByDefault = 24;
const leastPlanes = 4;

/** The most bytes of all averaged planes of a channel together, and of the chunks in memory at a time. */
const mostBytes = 96e6;

/** Decides which planes are read: the first and the last one, and one from each stratum between them. */
function planStatistics(acquisition: Acquisition, request: StatisticsRequest): StatisticsPlan {
  const index = request.level ?? coarsestLevelForBasic(acquisition);
  const { factorsZyx, shapeZyx, timePoints = 1 } = acquisition.levels[index]!;
  // Every tile is read: of cropped ones, the part of the field that they show.
  const fieldYx = fieldShapeAtLevel(withoutParts(acquisition.tiles), factorsZyx);
  const binPx = Math.max(1, Math.round(Math.min(...fieldYx) / lookPx));
  const lookYx: Yx = [Math.floor(fieldYx[0] / binPx), Math.floor(fieldYx[1] / binPx)];
  const affordable = Math.floor(mostBytes / (4 * lookYx[0] * lookYx[1] * acquisition.tiles.length));
  const count = Math.min(request.planesPerTile ?? planesByDefault, Math.max(leastPlanes, affordable));
  // Of a time lapse the first time point is read: regions apply to all of them
  const depth = fullResolution(acquisition).shapeZyx[0] / timePoints;
  const boxes = acquisition.tiles.map((tile) => tileBoxAtLevel(tile, factorsZyx, fieldYx, shapeZyx));
  const first = Math.min(...boxes.map(({ start }) => start[0]));
  const stop = Math.min(shapeZyx[0] / timePoints, Math.max(...boxes.map(({ stop: end }) => end[0])));
  const drawn = drawPlanes(first, stop, count, request.seed);
  const planes = acquisition.tiles.flatMap(({ number }, at): PlannedPlane[] => {
    const { start, stop: end } = boxes[at]!;
    const own = drawn.filter((plane) => plane >= start[0] && plane < end[0]);
    return own.map((plane) => ({
      tileNumber: number,
      plane,
      box: { start: [plane, start[1], start[2]], stop: [plane + 1, end[1], end[2]] },
    }));
  });
  return { level: index, fieldYx, planes, warnings: [], binPx, lookYx, factorZ: factorsZyx[0], depth };
}

function drawPlanes(first: number, stop: number, count: number, seed: number): number[] {
  const depth = Math.max(0, stop - first);
  const random = randomStream(seed, 0xe3b7a5);
  const strata = Math.min(count, depth);
  return Array.from({ length: strata }, (_, stratum) => {
    const [from, to] = [Math.floor((stratum * depth) / strata), Math.floor(((stratum + 1) * depth) / strata)];
    const drawn = first + from + Math.floor(random() * (to - from));
    return stratum === 0 ? first : stratum === strata - 1 ? stop - 1 : drawn;
  });
}

/**
 * Finds empty regions. Reads a few planes of every tile at a coarse level, the same planes in all.
 * @throws IsoluxError `corrupt`, `storage`, `interrupted`
 */
export async function findEmptyRegions(
  acquisition: Acquisition,
  { cameraOffset = 0, channels, ...request }: EmptySearch,
  hooks: ReadHooks = {},
): Promise<EmptyRegions> {
  const plan = planStatistics(acquisition, request);
  const { depth } = plan;
  const seen =
    channels === undefined
      ? acquisition.channels
      : acquisition.channels.filter(({ index }) => channels.includes(index));
  const looked: { readonly label: string; readonly sides: SideOfChannel[] }[] = [];
  for (const { index, label } of seen) {
    const looks = await readStatistics(acquisition, index, plan, {
      ...hooks,
      onChunk: (done, total) => hooks.onChunk?.(looked.length * total + done, seen.length * total),
    });
    looked.push({ label, sides: scoreSides(acquisition, index, looks, cameraOffset) });
  }
  const views = looked.map(({ sides }) => tilesOf(sides));
  const proposal = proposeEmptyRegions(views, depth);
  const ofChannels = looked.map(({ label, sides }, at): EmptyRegionsOfChannel => {
    const own = proposeEmptyRegions([views[at]!], depth);
    const used = proposal.kind === "none" ? own : proposal;
    return { label, proposal: own, tiles: views[at]!, offsets: offsetsOf(sides, used, cameraOffset) };
  });
  return {
    level: plan.level,
    binPx: plan.binPx,
    proposal,
    channels: ofChannels,
    warnings: [
      ...looked.flatMap(({ label, sides }) => dimWarnings(label, sides)),
      ...looked.flatMap(({ label, sides }) => darkWarnings(label, sides, cameraOffset)),
      ...ofChannels.flatMap((channel) => offsetWarnings(channel, cameraOffset)),
    ],
  };
}

/** The tiles of a channel that were lit from one side. */
interface SideOfChannel {
  readonly side?: string;
  readonly looks: readonly PlaneStatistics[];
  readonly tiles: readonly TileScore[];
  readonly dimmest?: DimTiles;
  readonly dark?: DarkStatistics;
}

function scoreSides(
  { tiles }: Acquisition,
  channel: number,
  looks: readonly PlaneStatistics[],
  cameraOffset: number,
): SideOfChannel[] {
  const sides = [...new Set(tiles.map((tile) => tile.sides?.[channel]))];
  return sides.map((side) => {
    const numbers = new Set(tiles.filter((tile) => tile.sides?.[channel] === side).map(({ number }) => number));
    const own = looks.filter(({ tileNumber }) => numbers.has(tileNumber));
    const { tiles: scores, dimmest, dark } = scoreTiles(own, cameraOffset);
    const found = { dimmest, dark };
    return { side, looks: own, tiles: scores, ...found };
  });
}

function tilesOf(sides: readonly SideOfChannel[]): (TileEmptiness & ChannelView)[] {
  return sides
    .flatMap(({ side, tiles }) => tiles.map((tile) => ({ ...tile, side })))
    .sort((a, b) => a.tileNumber - b.tileNumber);
}

/** Whether a proposal includes a plane. */
export function takes(
  proposal: EmptyProposal,
  { tileNumber, planes }: Pick<PlaneStatistics, "tileNumber" | "planes">,
): boolean {
  if (proposal.kind === "none" || !proposal.fovList.includes(tileNumber)) return false;
  return proposal.kind === "tiles" || planes[1] <= proposal.zLevels[0] || planes[0] > proposal.zLevels[1];
}

/** The offsets by the planes of a proposal, for each side. */
function offsetsOf(sides: readonly SideOfChannel[], proposal: EmptyProposal, cameraOffset: number) {
  return sides.flatMap(({ side, looks }) => {
    const empty = looks.filter((look) => takes(proposal, look));
    const blocks = empty[0]?.blocks ?? new Float64Array(0);
    const series = [...blocks.keys()].map((at) => empty.map((look) => look.blocks[at]! - cameraOffset));
    const noise = medianOf(Float64Array.from(empty, ({ blockNoise }) => blockNoise));
    const offset = estimateOffset(series, empty.length === 0 ? 0 : noise);
    return offset === undefined ? [] : [{ ...offset, side }];
  });
}

function offsetWarnings({ label, offsets }: EmptyRegionsOfChannel, cameraOffset: number): string[] {
  return offsets
    .filter(({ isCertain }) => isCertain)
    .map(({ offset, standardError, brightness, side }) => {
      const [total, of] = [Math.round(cameraOffset + offset), Math.round(cameraOffset + brightness)];
      const left = Math.max(0, Math.round(100 * (1 - offset / brightness)));
      return (
        `${nameOf(label, side)}: of the ${of} counts of the empty planes about ${total} (± ${Math.ceil(2 * standardError)}) ` +
        `are a camera offset. A profile made without taking it off keeps ${left} % of its contrast: give --camera-offset, ` +
        "best as measured without light."
      );
    });
}

/** Why the dimmest tiles are not proposed, and what they can be used for. */
function darkWarnings(label: string, sides: readonly SideOfChannel[], cameraOffset: number): string[] {
  return sides.flatMap(({ side, dark }) => {
    if (dark === undefined) return [];
    const advice =
      cameraOffset > 0 ? "" : ` They show the camera's offset: give --camera-offset ${Math.round(dark.level)}.`;
    return [
      `${nameOf(label, side)}: planes of ${tilesOfList(dark.tiles)} show no light (about ${Math.round(dark.level)} counts, alike ` +
        `over the whole field), so they do not show how it is spread, and are not proposed.${advice}`,
    ];
  });
}

function tilesOfList(numbers: readonly number[]): string {
  return numbers.length === 1 ? `tile ${numbers[0]}` : `tiles ${numbers.join(", ")}`;
}

/** Why tiles that look empty are not proposed. */
function dimWarnings(label: string, sides: readonly SideOfChannel[]): string[] {
  return sides.flatMap(({ side, dimmest }) => {
    if (dimmest === undefined) return [];
    const { tiles, deviation } = dimmest;
    const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
    return [
      `${nameOf(label, side)}: the dimmest tiles (${tiles.join(", ")}) may look empty, but their light differs by ` +
        `${percent(deviation)} (median) from what they have in common, where empty background agrees within ` +
        `${percent(tolerance.unevenness)}: it is not the light of the sheet alone, such as a glow of the sample beside them.`,
    ];
  });
}

function nameOf(label: string, side: string | undefined): string {
  return side === undefined ? label : `${label}, ${side}`;
}
