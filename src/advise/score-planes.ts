/**
 * Judges ways to a profile by planes alone, where no tiles overlap: the mean of many planes of different tissue should
 * be even. Profiles are made from one half of the planes and judged by the other. Tissue that prefers a part of the field
 * makes the mean uneven too, so this tells roughly whether a profile is better than none, and never which of two is.
 */

import type { Profile } from "../profile/profile.ts";
import type { MemoryStack } from "../sample/memory-stack.ts";
import { randomStream } from "../sample/random.ts";
import { elementCount } from "../shapes.ts";
import type { Origin } from "./recipe.ts";
import { makeProfile, noShading, pickPlanes, planesFor, type Subject } from "./subject.ts";

/** How candidates are judged by planes. */
export interface PlaneScoreRequest {
  /** The most trusted first; no correction is among them. */
  readonly origins: readonly Origin[];
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly onStep: () => void;
}

/** A candidate, how uneven it leaves the mean of planes that it has not seen, and how often that is less than before. */
export interface PlaneScore {
  readonly origin: Origin;
  readonly figure: number;
  readonly certainty: number;
}

/** Figures of all candidates; the first is that of no correction. */
export interface PlaneScores {
  readonly planeCount: number;
  readonly candidates: readonly PlaneScore[];
  readonly chosen: number;
}

/** From fewer planes a half is too few for a fit, and for a judgement. */
export const fewestPlanes = 8;

/** Less of an improvement than this is none, and so is one that fewer resamplings agree on. */
const least = { gain: 0.05, certainty: 0.9 } as const;

/** Planes alone never make surer than this. */
const mostCertain = 0.8;

const blocksAcross = 16;
const resamplings = 200;

/** Judges candidates, and takes the most trusted of those that are better than none. @throws IsoluxError `interrupted` */
export async function scoreByPlanes(subjects: readonly Subject[], request: PlaneScoreRequest): Promise<PlaneScores> {
  const { origins, seed, signal, onStep } = request;
  const planeCount = subjects.reduce((sum, { planes }) => sum + planes.planeCount, 0);
  const before = new Unevenness();
  const of = (origin: Origin) => ({ origin, after: new Unevenness() });
  const tried = planeCount < fewestPlanes ? [] : origins.map(of);
  const usable = new Set(tried);
  for (const subject of subjects) {
    for (const parity of [0, 1]) {
      const judges = pickPlanes(subject.planes, (n) => n % 2 === parity);
      before.add(subject, judges, undefined);
      for (const candidate of tried) {
        const own = planesFor(subject, candidate.origin);
        const training = candidate.origin.kind === "basic" ? pickPlanes(own!, (n) => n % 2 !== parity) : own;
        const profile = await makeProfile(subject, candidate.origin, signal, 0, training).catch((error: unknown) => {
          if (signal.aborted) throw error;
          return undefined;
        });
        if (profile === undefined) usable.delete(candidate);
        else candidate.after.add(subject, judges, profile);
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
  const isBetter = ({ figure, certainty }: PlaneScore) =>
    figure < (1 - least.gain) * none.figure && certainty >= Math.min(mostCertain, least.certainty);
  return { planeCount, candidates, chosen: Math.max(0, candidates.findIndex(isBetter)) };
}

/** The share of resamplings of the planes in which they are more even after than before. */
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
  /** Relative brightness of the blocks of every plane, and the group that it is of. */
  readonly planes: { readonly group: Subject; readonly blocks: Float64Array }[] = [];

  /** Adds planes as a profile corrects them; in units of their brightness before, which no constant changes. */
  add(group: Subject, { planeCount, pixels, shapeYx }: MemoryStack, profile: Profile | undefined): void {
    const length = elementCount(shapeYx);
    const { flatfield, darkfield } = profile ?? noShading(group);
    let scale = 0;
    for (let i = 0; i < length; i++) scale += 1 / flatfield[i]! / length;
    for (let n = 0; n < planeCount; n++) {
      const [sums, counts] = [new Float64Array(blocksAcross ** 2), new Float64Array(blocksAcross ** 2)];
      let mean = 0;
      for (let i = 0; i < length; i++) {
        const value = pixels[n * length + i]!;
        const row = Math.floor((Math.floor(i / shapeYx[1]) * blocksAcross) / shapeYx[0]);
        const block = row * blocksAcross + Math.floor(((i % shapeYx[1]) * blocksAcross) / shapeYx[1]);
        mean += value / length;
        sums[block]! += (value - darkfield[i]!) / flatfield[i]!;
        counts[block]! += 1;
      }
      if (!(mean > 0)) continue;
      this.planes.push({ group, blocks: sums.map((sum, b) => sum / Math.max(1, counts[b]!) / mean / scale) });
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
      const mean = sum.reduce((total, value) => total + value, 0) / sum.length;
      return Math.sqrt(sum.reduce((total, value) => total + (value - mean) ** 2, 0) / sum.length) / count;
    });
    return spreads.reduce((total, value) => total + value, 0) / spreads.length;
  }
}
