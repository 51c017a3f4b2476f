/**
 * Scores ways to a profile by planes alone, where no tiles overlap: the mean of many planes of different tissue should
 * be even. Profiles are made from one half of the planes and evaluated on the other. Tissue that is mostly in one part
 * of the field makes the mean uneven too, so this shows roughly whether a profile is better than none, but not which of
 * two is.
 */

import type { Profile } from "../profile/profile.ts";
import { randomStream } from "../sample/choose-planes.ts";
import { type MemoryStack, pickPlanes } from "../sample/plane-stack.ts";
import { elementCount } from "../shapes.ts";
import { meanOf } from "../statistics.ts";
import { blocksOfPlane } from "./field-blocks.ts";
import type { Origin } from "./recipe.ts";
import { makeProfile, noShading, planesFor, type Subject } from "./subject.ts";

/** How candidates are scored by planes. */
interface PlaneScoreRequest {
  /** In order of trust; no correction is not among them. */
  readonly origins: readonly Origin[];
  /** Number of parts of the sample that the planes of a tile show, one behind the other. */
  readonly viewsPerTile: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly onStep: () => void;
}

/** A candidate, the unevenness of the mean of held-out planes after it, and how often that is smaller than before. */
interface PlaneScore {
  readonly origin: Origin;
  readonly figure: number;
  readonly certainty: number;
}

/** Figures of all candidates; the first is that of no correction. */
export interface PlaneScores {
  readonly planeCount: number;
  readonly candidates: readonly PlaneScore[];
  readonly chosen: number;
  /** How uneven the mean of the planes is because of the sample. */
  readonly sampleSpread: number;
}

/** With fewer planes a half is too few for a fit, and for a score. */
export const fewestPlanes = 8;

/** A smaller improvement is none, and so is one that fewer resamplings confirm. */
const least = { gain: 0.05, certainty: 0.9 } as const;

/**
 * A fit takes for shading what the sample leaves in the mean of the planes: one is better than none only where the mean
 * is more uneven than that by this factor.
 */
export const timesSample = 2;

/** The upper limit of certainty by planes alone. */
const mostCertain = 0.8;

const resamplings = 200;

/**
 * Scores candidates, and chooses the most trusted of those that are better than none. @throws IsoluxError `interrupted`
 */
export async function scoreByPlanes(subjects: readonly Subject[], request: PlaneScoreRequest): Promise<PlaneScores> {
  const { origins, seed, signal, onStep } = request;
  const planeCount = subjects.reduce((sum, { planes }) => sum + planes.planeCount, 0);
  const before = new Unevenness();
  const of = (origin: Origin) => ({ origin, after: new Unevenness() });
  const tried = planeCount < fewestPlanes ? [] : origins.map(of);
  const usable = new Set(tried);
  for (const subject of subjects) {
    for (const parity of [0, 1]) {
      const scoring = pickPlanes(subject.planes, (n) => n % 2 === parity);
      before.add(subject, scoring, undefined);
      for (const candidate of tried) {
        const own = planesFor(subject, candidate.origin);
        const training = candidate.origin.kind === "basic" ? pickPlanes(own!, (n) => n % 2 !== parity) : own;
        const profile = await makeProfile(subject, candidate.origin, signal, 0, training).catch((error: unknown) => {
          if (signal.aborted) throw error;
          return undefined;
        });
        if (profile === undefined) usable.delete(candidate);
        else candidate.after.add(subject, scoring, profile);
        onStep();
      }
    }
  }
  const none = { origin: { kind: "none" } as const, figure: before.ofAll(), certainty: 0.5 };
  const candidates = [
    none,
    ...[...usable].map(({ origin, after }) => ({
      origin,
      figure: after.ofAll(),
      certainty: Math.min(mostCertain, agreement(before, after, seed)),
    })),
  ];
  const ofSample = sampleSpread(subjects, request.viewsPerTile);
  const isBetter = ({ origin, figure, certainty }: PlaneScore) =>
    figure < (1 - least.gain) * none.figure &&
    certainty >= Math.min(mostCertain, least.certainty) &&
    (origin.kind !== "basic" || none.figure > timesSample * ofSample);
  const chosen = Math.max(0, candidates.findIndex(isBetter));
  return { planeCount, candidates, chosen, sampleSpread: ofSample };
}

/** The fraction of resamplings of the planes in which they are more even after than before. */
function agreement(before: Unevenness, after: Unevenness, seed: number): number {
  const random = randomStream(seed, 0xf1a7);
  let better = 0;
  for (let n = 0; n < resamplings; n++) {
    const drawn = before.planes.map((_, plane, { length }) => (n === 0 ? plane : Math.floor(random() * length)));
    better += after.of(drawn) < before.of(drawn) ? 1 : 0;
  }
  return better / resamplings;
}

/** Planes in blocks of the field, each plane of equal weight, group by group of tiles that share a profile. */
class Unevenness {
  /** Relative brightness of the blocks of every plane, and the group of tiles that it belongs to. */
  readonly planes: { readonly group: Subject; readonly blocks: Float64Array }[] = [];

  /** Adds planes corrected by a profile; in units of their brightness before, which no constant changes. */
  add(group: Subject, stack: MemoryStack, profile: Profile | undefined): void {
    const length = elementCount(stack.shapeYx);
    const shading = profile ?? noShading(group);
    let scale = 0;
    for (let i = 0; i < length; i++) scale += 1 / shading.flatfield[i]! / length;
    for (let n = 0; n < stack.planeCount; n++) {
      const mean = meanOf(stack.pixels.subarray(n * length, (n + 1) * length));
      if (!(mean > 0)) continue;
      this.planes.push({ group, blocks: blocksOfPlane(stack, n, shading).map((block) => block / mean / scale) });
    }
  }

  ofAll(): number {
    return this.of(this.planes.map((_, plane) => plane));
  }

  /** The standard deviation over the field of the mean of some planes; the mean over groups. */
  of(drawn: readonly number[]): number {
    const groups = new Map<Subject, { sum: Float64Array; count: number }>();
    for (const index of drawn) {
      const { group, blocks } = this.planes[index]!;
      const entry = groups.get(group) ?? { sum: new Float64Array(blocks.length), count: 0 };
      for (let b = 0; b < blocks.length; b++) entry.sum[b]! += blocks[b]!;
      entry.count++;
      groups.set(group, entry);
    }
    const spreads = [...groups.values()].map(({ sum, count }) => {
      const mean = meanOf(sum);
      return Math.sqrt(sum.reduce((total, value) => total + (value - mean) ** 2, 0) / sum.length) / count;
    });
    return meanOf(spreads);
  }
}

/** What the spread is measured in. */
type SpreadSubject = Pick<Subject, "planes" | "fieldYx"> & { readonly sample: Pick<Subject["sample"], "planes"> };

/**
 * The unevenness that the mean of the planes has by chance, from how far means of single parts of the sample are apart:
 * a standard deviation over the field, in terms of the brightness. The mean over subjects.
 * @param viewsPerTile number of parts of the sample that the planes of a tile show, one behind the other
 */
export function sampleSpread(subjects: readonly SpreadSubject[], viewsPerTile: number): number {
  return meanOf(subjects.map((subject) => spreadOf(subject, viewsPerTile)));
}

function spreadOf(subject: SpreadSubject, viewsPerTile: number): number {
  const views = viewsOf(subject, viewsPerTile);
  if (views.length < 2) return Number.POSITIVE_INFINITY;
  const blocks = views[0]!.length;
  let variance = 0;
  for (let block = 0; block < blocks; block++) {
    const mean = meanOf(views.map((view) => view[block]!));
    const squares = views.reduce((sum, view) => sum + (view[block]! - mean) ** 2, 0);
    variance += squares / (views.length - 1) / views.length / blocks;
  }
  return Math.sqrt(variance);
}

/** Means over blocks of the field of the planes of each part of the sample, each plane in terms of its brightness. */
function viewsOf(subject: SpreadSubject, viewsPerTile: number): Float64Array[] {
  const { planes, sample } = subject;
  const shading = noShading(subject);
  const depth = 1 + Math.max(...sample.planes.map(({ plane }) => plane));
  const views = new Map<string, { readonly sum: Float64Array; count: number }>();
  for (const [n, { tileNumber, plane }] of sample.planes.entries()) {
    const blocks = blocksOfPlane(planes, n, shading);
    const mean = meanOf(blocks);
    if (!(mean > 0)) continue;
    const name = `${tileNumber}, ${Math.floor((plane * viewsPerTile) / depth)}`;
    const view = views.get(name) ?? { sum: new Float64Array(blocks.length), count: 0 };
    views.set(name, view);
    for (const [block, value] of blocks.entries()) view.sum[block]! += value / mean;
    view.count++;
  }
  return [...views.values()].map(({ sum, count }) => sum.map((value) => value / count));
}
