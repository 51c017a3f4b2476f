/** Other readings of a given profile, compared with the profile as it is by how tiles differ where they overlap. */
import { meanOver } from "../../estimate/refine/held-out.ts";
import { disagreement, type OverlapData } from "../../estimate/refine/overlap-data.ts";
import type { Profile } from "../../profile/profile.ts";
import { meanOf } from "../../statistics.ts";

/** Another way to read a flat-field, and how much better the overlaps agree with it. */
export interface BetterReading {
  /** What is doubted, where it is not the flat-field. */
  readonly part?: "dark-field";
  /** What it seems to be or to hold. */
  readonly name: string;
  readonly numpy: string;
  /** What to do with the dark-field; empty where it is what is doubted. */
  readonly dark: string;
  readonly before: number;
  readonly after: number;
  readonly better: number;
  readonly pairs: number;
}

/** What is doubted of a flat-field. */
export interface Doubt {
  readonly found?: Pick<BetterReading, "part" | "name" | "numpy" | "dark"> & {
    readonly differs: string;
    readonly expected: string;
  };
  /** A sentence about an offset that is left in the image. */
  readonly left?: string;
  readonly isRefused?: boolean;
  /** Whether tiles agree far better with the flat-field as it is than without it. */
  readonly isProven?: boolean;
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
/** A pair tells of a reading where it changes it by this share of the difference: those above each other tell little of left and right. */
const leastTold = 0.1;

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
    const told = this.#pairs.filter((pair) => {
      return Math.abs(reading.figures[pair]! - this.asItIs.figures[pair]!) > leastTold * this.asItIs.mean;
    });
    const isInMost = told.length >= fewestPairs && this.#betterIn(reading, told) >= ofPairs * told.length;
    return reading.mean <= clearlyLess * otherwise && isInMost;
  }

  /** The figures of a better reading. */
  figuresOf(reading: Differences): Pick<BetterReading, "before" | "after" | "better" | "pairs"> {
    const [before, after] = [this.asItIs.mean, reading.mean];
    return { before, after, better: this.#betterIn(reading), pairs: this.#pairs.length };
  }

  #betterIn({ figures }: Differences, pairs = this.#pairs): number {
    return pairs.filter((pair) => figures[pair]! < this.asItIs.figures[pair]!).length;
  }
}

// Ways to read a flat-field.

/** A mirror image whose mean difference from the flat-field is smaller is the same light. */
const leastDifference = 0.02;

/** How a flat-field may have been turned: the value that belongs at (y, x) lies at `from` in a field of rows x columns. */
interface Orientation {
  readonly name: string;
  /** The way back, in NumPy. */
  readonly numpy: string;
  readonly isSquare: boolean;
  readonly from: (y: number, x: number, rows: number, columns: number) => readonly [number, number];
}

const orientations: readonly Orientation[] = [
  {
    name: "mirrored left to right",
    numpy: "flatfield[:, ::-1]",
    isSquare: false,
    from: (y, x, _, n) => [y, n - 1 - x],
  },
  { name: "mirrored top to bottom", numpy: "flatfield[::-1]", isSquare: false, from: (y, x, m) => [m - 1 - y, x] },
  {
    ...{ name: "turned upside down", numpy: "flatfield[::-1, ::-1]", isSquare: false },
    from: (y, x, m, n) => [m - 1 - y, n - 1 - x],
  },
  { name: "transposed", numpy: "flatfield.T", isSquare: true, from: (y, x) => [x, y] },
  { name: "turned by 90°", numpy: "flatfield[::-1].T", isSquare: true, from: (y, x, n) => [n - 1 - x, y] },
  { name: "turned by 90°", numpy: "flatfield.T[::-1]", isSquare: true, from: (y, x, _, n) => [x, n - 1 - y] },
  {
    ...{ name: "transposed", numpy: "flatfield[::-1, ::-1].T", isSquare: true },
    from: (y, x, m, n) => [m - 1 - x, n - 1 - y],
  },
];
/** A factor for each pixel in place of the light that it got. */
const gainMap = { name: "the inverse of the light", numpy: "1 / flatfield" };

/** The other ways to read a flat-field in which it is another one: turned, or as the inverse. */
export function turnedOf({ shapeYx, flatfield }: Profile) {
  const [rows, columns] = shapeYx;
  const turned = orientations.flatMap((reading) => {
    if (reading.isSquare && rows !== columns) return [];
    const image = flatfield.map((_, at) => {
      const [fromY, fromX] = reading.from(Math.floor(at / columns), at % columns, rows, columns);
      return flatfield[fromY * columns + fromX]!;
    });
    return [{ reading, image }];
  });
  const factors = flatfield.map((value) => 1 / value);
  const mean = meanOf(factors);
  const all = [...turned, { reading: gainMap, image: factors.map((value) => value / mean) }];
  return all.flatMap(({ reading, image }) => {
    const apart = meanOf(image.map((value, at) => Math.abs(value - flatfield[at]!)));
    return apart > leastDifference ? [{ reading, image }] : [];
  });
}
