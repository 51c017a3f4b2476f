/** Compares other readings of a given profile with the profile as it is, by how tiles differ where they overlap. */
import { meanOver } from "../../estimate/refine/held-out.ts";
import { disagreement, type OverlapData } from "../../estimate/refine/overlap-data.ts";
import type { Profile } from "../../profile/profile.ts";

/** Another way to read a flat-field, and how much better the overlaps agree with it. */
export interface BetterReading {
  /** What it seems to be or to hold. */
  readonly name: string;
  readonly numpy: string;
  /** What to do with the dark-field. */
  readonly dark: string;
  readonly before: number;
  readonly after: number;
  readonly better: number;
  readonly pairs: number;
}

/** How tiles differ with a profile: in each pair, and on average. */
interface Differences {
  readonly figures: Float64Array;
  readonly mean: number;
}

/** Fewer pairs prove nothing. */
const fewestPairs = 3;
/** A reading is right where it leaves less than this share of the difference between tiles, in this share of the pairs. */
const [clearlyLess, ofPairs] = [0.6, 0.75];

/** A profile as it is and other readings of it, compared in the same pairs of tiles. */
export class ReadingComparison {
  readonly asItIs: Differences;
  readonly #data: OverlapData;
  readonly #pairs: readonly number[];

  /** @param own the profile at the resolution of the overlaps */
  constructor(data: OverlapData, own: Profile) {
    const figures = disagreement(data, own);
    this.#data = data;
    this.#pairs = [...figures.keys()].filter((pair) => Number.isFinite(figures[pair]!));
    this.asItIs = { figures, mean: meanOver(figures, this.#pairs) };
  }

  /** Whether pairs are so few that they prove nothing. */
  get isOfFew(): boolean {
    return this.#pairs.length < fewestPairs;
  }

  /** How tiles differ with another reading. */
  differencesWith(reading: Omit<Profile, "baseline">): Differences {
    const figures = disagreement(this.#data, reading);
    return { figures, mean: meanOver(figures, this.#pairs) };
  }

  /** Whether tiles differ far more with another reading than with the profile as it is. */
  isClearlyWrong({ mean }: Differences): boolean {
    return this.asItIs.mean < clearlyLess * mean;
  }

  /** Whether tiles differ far less with a reading than with the profile as it is, and than with other readings. */
  isClearlyRight(reading: Differences, ...others: readonly Differences[]): boolean {
    const otherwise = Math.min(...[this.asItIs, ...others].map(({ mean }) => mean));
    return reading.mean <= clearlyLess * otherwise && this.#betterIn(reading) >= ofPairs * this.#pairs.length;
  }

  /** The figures of a better reading. */
  figuresOf(reading: Differences): Pick<BetterReading, "before" | "after" | "better" | "pairs"> {
    const [before, after] = [this.asItIs.mean, reading.mean];
    return { before, after, better: this.#betterIn(reading), pairs: this.#pairs.length };
  }

  #betterIn({ figures }: Differences): number {
    return this.#pairs.filter((pair) => figures[pair]! < this.asItIs.figures[pair]!).length;
  }
}
