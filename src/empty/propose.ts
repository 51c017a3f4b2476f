/** Proposes which tiles and planes to estimate a profile from, by the scores of all tiles in all channels. */
import type { Finding, PlaneScore } from "./score-tiles.ts";

/** What is proposed, in the terms of the parameters. */
export type EmptyProposal =
  /** These tiles in all their planes. */
  | { readonly kind: "tiles"; readonly fovList: readonly number[]; readonly planeCount: number }
  /** Of these tiles the planes before the first and after the second number. */
  | {
      readonly kind: "planes";
      readonly fovList: readonly number[];
      readonly zLevels: readonly [below: number, above: number];
      readonly planeCount: number;
    }
  /** Nothing is clean enough. */
  | { readonly kind: "none"; readonly reason: string };

/** A tile that may be proposed: its planes in every relevant channel, and as a whole. */
interface Candidate {
  readonly tileNumber: number;
  /** The profile that it would be used for: tiles lit from one side share one. */
  readonly group: string;
  /** The tile as a whole is clean in every channel. */
  readonly isClean: boolean;
  /** The planes that were read, ascending, and whether they are clean in every channel. */
  readonly planes: readonly { readonly planes: readonly [number, number]; readonly isClean: boolean }[];
}

/** A tile in one channel. */
export interface ChannelView {
  readonly tileNumber: number;
  readonly side?: string;
  readonly finding: Finding;
  readonly planes: readonly PlaneScore[];
}

/** Tiles that are clean in all planes are preferred, if they have at least this many planes; else what has more planes. */
const enoughPlanes = 20;

/** With fewer planes no profile is proposed, as it would be too noisy. */
const leastPlanes = 2;

/**
 * Proposes empty regions for channels that share them.
 * @param channels the tiles in each channel
 * @param depth planes at full resolution
 */
export function proposeEmptyRegions(channels: readonly (readonly ChannelView[])[], depth: number): EmptyProposal {
  const candidates = candidatesOf(channels);
  const groups = [...new Set(candidates.map(({ group }) => group))];
  const whole = wholeTiles(candidates);
  const ends = endPlanes(candidates, groups, depth);
  const serves = ({ fovList }: { readonly fovList: readonly number[] }) =>
    unserved(candidates, groups, fovList).length === 0;
  const wholeServes = whole.planeCount >= leastPlanes && serves(whole);
  if (wholeServes && (whole.planeCount >= enoughPlanes || whole.planeCount >= (ends?.planeCount ?? 0))) return whole;
  if (ends !== undefined && ends.planeCount >= leastPlanes) return ends;
  if (wholeServes) return whole;
  return { kind: "none", reason: whyNone(candidates, groups, whole.fovList) };
}

function candidatesOf(channels: readonly (readonly ChannelView[])[]): Candidate[] {
  return (channels[0] ?? []).map((tile, index): Candidate => {
    const views = channels.map((tiles) => tiles[index]!);
    return {
      tileNumber: tile.tileNumber,
      group: views.map(({ side = "" }) => side).join(" "),
      isClean: views.every(({ finding }) => finding.kind === "clean"),
      planes: tile.planes.map(({ planes }, plane) => ({
        planes,
        isClean: views.every((view) => view.planes[plane]!.finding.kind === "clean"),
      })),
    };
  });
}

function wholeTiles(candidates: readonly Candidate[]) {
  const clean = candidates.filter(({ isClean }) => isClean);
  const planeCount = clean.reduce((sum, { planes }) => sum + depthOf(planes), 0);
  return { kind: "tiles", fovList: clean.map(({ tileNumber }) => tileNumber), planeCount } as const;
}

/** Planes that a tile has at full resolution. */
function depthOf(planes: Candidate["planes"]): number {
  return planes.length === 0 ? 0 : planes.at(-1)!.planes[1] - planes[0]!.planes[0];
}

/**
 * Planes at both ends of the stack that are clean in as many tiles as give the most planes. Planes between two clean
 * ones that were not read count as clean.
 */
function endPlanes(candidates: readonly Candidate[], groups: readonly string[], depth: number) {
  const ends = candidates.map(({ tileNumber, planes }) => ({ tileNumber, ...cleanEnds(planes, depth) }));
  let best: (EmptyProposal & { kind: "planes" }) | undefined;
  for (const below of new Set(ends.map((end) => end.below))) {
    for (const above of new Set(ends.map((end) => end.above))) {
      const permitted = below + Math.max(0, depth - 1 - above);
      if (below > above || permitted === 0) continue;
      const fovList = ends
        .filter((end) => end.below >= below && end.above <= above)
        .map(({ tileNumber }) => tileNumber);
      const planeCount = fovList.length * permitted;
      if (planeCount <= (best?.planeCount ?? 0) || unserved(candidates, groups, fovList).length > 0) continue;
      best = { kind: "planes", fovList, zLevels: [below, above], planeCount };
    }
  }
  return best;
}

/** Planes before `below` and after `above` are clean, as `z_levels` takes them: none for 0 and `depth`, else all. */
function cleanEnds(planes: Candidate["planes"], depth: number): { readonly below: number; readonly above: number } {
  const first = planes.findIndex(({ isClean }) => !isClean);
  if (first < 0) return { below: depth, above: -1 };
  const last = planes.findLastIndex(({ isClean }) => !isClean);
  const startsAtTop = planes[0]?.planes[0] === 0;
  const endsAtBottom = planes.at(-1)?.planes[1] === depth;
  return {
    below: first === 0 || !startsAtTop ? 0 : planes[first - 1]!.planes[1],
    above: last === planes.length - 1 || !endsAtBottom ? depth : planes[last + 1]!.planes[0] - 1,
  };
}

/** Groups that have no tile in a list. */
function unserved(candidates: readonly Candidate[], groups: readonly string[], fovList: readonly number[]): string[] {
  const served = new Set(candidates.filter(({ tileNumber }) => fovList.includes(tileNumber)).map(({ group }) => group));
  return groups.filter((group) => !served.has(group));
}

function whyNone(candidates: readonly Candidate[], groups: readonly string[], clean: readonly number[]): string {
  if (clean.length === 0) return "No tile is clean in all its planes, and no planes at the ends of the stack are.";
  const missing = unserved(candidates, groups, clean);
  if (missing.length === 0) return "The clean regions have too few planes.";
  return `Clean tiles (${clean.join(", ")}) were lit from one side only; a profile of the other (${missing.join(", ").trim()}) needs some too.`;
}
