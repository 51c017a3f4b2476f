/**
 * Finds the gains of tiles from overlaps: lasers drift, samples bleach, the two sides of a light sheet are rarely
 * equally strong. Gains are used only where held-out pairs agree better.
 */
import type { OverlapPlan } from "../../sample/plan-overlaps.ts";
import type { OverlapPatch } from "../../sample/read-overlaps.ts";
import {
  explained,
  type GainEquation,
  type GainKind,
  type GainModel,
  type GainTile,
  gainEquations,
  solveGains,
} from "./gain-model.ts";
import { foldsOf, improvement, isBetter, meanOver, mostCareful } from "./held-out.ts";
import { type PairRatio, pairRatios, type TileShading } from "./pair-ratios.ts";

/** The brightness of a tile relative to the others, by its number: corrected pixels are divided by it. */
export interface TileGain {
  readonly tile: number;
  readonly gain: number;
}

/** The result of a search for gains, as JSON-able values. */
export interface GainsReport {
  readonly kind: GainKind;
  /** Whether pixels are divided by them: held-out pairs agree better. */
  readonly used: boolean;
  /** Their origin: measured in these overlaps, or saved with a given profile. */
  readonly source: "measured" | "given";
  /** Pairs of neighbours with enough light to compare, and those without. */
  readonly pairCount: number;
  readonly leftOutCount: number;
  readonly folds: number;
  /** The strength of the regularisation towards gains of 1. */
  readonly strength?: number;
  /** Mean |ln(A / B)| over pairs: without gains, with gains that were found without the pair, and with all. */
  readonly before: number;
  readonly heldOut: number;
  readonly after: number;
  /** Their mean logarithm is 0, weighted by pixels, over tiles that overlaps connect. Empty where they are not used. */
  readonly tiles: readonly TileGain[];
}

/** Strengths of regularisation, the strongest first; each pair counts as at most 1. */
const strengths = [1, 0.3, 0.1, 0.03, 0.01, 0.003];

/** With fewer pairs none can be held out, and there are no gains. */
export const fewestRatios = 4;
const mostFolds = 10;
/** Standard errors by which pairs must agree better: otherwise chance would change single tiles. */
const leastErrors = 2;
/** Strength of the regularisation of tilts alone: nearly none. */
const tiltStrength = 1e-4;

/** Finds gains from uncorrected overlaps. The same input and seed give the same gains. */
export function findGains(
  plan: OverlapPlan,
  patches: readonly OverlapPatch[],
  tiles: readonly GainTile[],
  shadingOf: (tile: number) => TileShading,
  choice: { readonly kind: GainKind; readonly seed: number },
): GainsReport {
  const ratios = pairRatios(plan, patches, shadingOf);
  return gainsOfRatios(ratios, tiles, choice, plan.pairs.length - ratios.length);
}

/** Tilts are less likely than gains by the square of 5 % over 0.5 %, or over 2.5 %. */
const tiltPenalties = { measured: 100, estimated: 4 };

/** @param kind "none" for tilts alone, with which gains are compared */
function gainModel(tiles: readonly GainTile[], kind: GainKind | "none"): GainModel {
  const profiles = tiles.reduce((most, { profile }) => Math.max(most, profile + 1), 0);
  const tiltPenalty = tiltPenalties[tiles.every(({ isMeasured }) => isMeasured) ? "measured" : "estimated"];
  return {
    kind,
    tiles,
    tiltPenalty,
    sidesAt: tiles.length,
    tiltsAt: tiles.length + 2,
    count: tiles.length + 2 + 2 * profiles,
  };
}

/** Finds gains from the brightness ratios of pairs. */
function gainsOfRatios(
  ratios: readonly PairRatio[],
  tiles: readonly GainTile[],
  { kind, seed }: { readonly kind: GainKind; readonly seed: number },
  leftOutCount = 0,
): GainsReport {
  const model = gainModel(tiles, kind);
  const equations = gainEquations(model, ratios);
  // Pairs within one side have no information on the gains of sides.
  const pairs = [...equations.keys()].filter((index) => equations[index]!.gainTerms > 0);
  const before = Float64Array.from(equations, ({ logRatio }) => Math.abs(logRatio));
  const none = { kind, used: false, source: "measured" as const, pairCount: pairs.length, leftOutCount, tiles: [] };
  const figure = pairs.length === 0 ? 0 : meanOver(before, pairs);
  if (pairs.length < 2 || equations.length < fewestRatios) {
    return { ...none, folds: 0, before: figure, heldOut: figure, after: figure };
  }
  const folds = foldsOf([...equations.keys()], Math.min(mostFolds, equations.length), seed);
  // Gains must explain pairs better than a tilt of the flat-field, which makes neighbours differ too.
  const tilted = validate(gainModel(tiles, "none"), ratios, folds, [tiltStrength])[0]!.full;
  const validated = validate(model, ratios, folds, strengths);
  const choice = mostCareful(
    validated.map(({ full }) => full),
    pairs,
  );
  const { full, applied } = validated[choice]!;
  const heldOut = meanOver(applied, pairs);
  const isFound = [improvement(tilted, full, pairs), improvement(before, applied, pairs)].every((gain) =>
    isBetter(gain, leastErrors),
  );
  if (!isFound) return { ...none, folds: folds.length, before: figure, heldOut, after: figure };
  const strength = strengths[choice]!;
  const solution = solveGains(model, equations, strength);
  const after = Float64Array.from(equations, (equation) => unexplained(equation, solution, true));
  return {
    ...none,
    used: true,
    folds: folds.length,
    strength,
    before: figure,
    heldOut,
    after: meanOver(after, pairs),
    tiles: normalisedGains(model, equations, solution),
  };
}

/** The residual of every ratio by unknowns that were found without it: with tilts, and by gains alone. */
interface Validated {
  readonly full: Float64Array;
  readonly applied: Float64Array;
}

function validate(
  model: GainModel,
  ratios: readonly PairRatio[],
  folds: readonly number[][],
  tried: readonly number[],
): readonly Validated[] {
  const equations = gainEquations(model, ratios);
  const validated = tried.map(() => ({
    full: new Float64Array(ratios.length),
    applied: new Float64Array(ratios.length),
  }));
  for (const held of folds) {
    const rest = equations.filter((_, index) => !held.includes(index));
    let solution: Float64Array | undefined;
    for (const [choice, strength] of tried.entries()) {
      solution = solveGains(model, rest, strength, solution);
      for (const index of held) {
        validated[choice]!.full[index] = unexplained(equations[index]!, solution, false);
        validated[choice]!.applied[index] = unexplained(equations[index]!, solution, true);
      }
    }
  }
  return validated;
}

function unexplained(equation: GainEquation, solution: Float64Array, gainsOnly: boolean): number {
  return Math.abs(equation.logRatio - explained(equation, solution, gainsOnly));
}

/** Gains of all tiles; within each connected group their logarithms have mean 0. */
function normalisedGains(
  { tiles, kind, sidesAt }: GainModel,
  equations: readonly GainEquation[],
  solution: Float64Array,
): TileGain[] {
  const sideAt = ({ side }: GainTile) =>
    kind === "tile" || side === undefined ? undefined : sidesAt + (side === "Left" ? 0 : 1);
  const logs = tiles.map((tile, index) => {
    const ofSide = sideAt(tile);
    return (kind === "side" ? 0 : solution[index]!) + (ofSide === undefined ? 0 : solution[ofSide]!);
  });
  const parts = new Components(sidesAt + 2);
  for (const { indices, gainTerms } of equations) {
    for (let term = 1; term < gainTerms; term++) parts.join(indices[0]!, indices[term]!);
  }
  for (const [index, tile] of tiles.entries()) parts.join(index, sideAt(tile) ?? index);
  const sums = new Map<number, { log: number; pixels: number }>();
  for (const [index, { pixels }] of tiles.entries()) {
    const sum = sums.get(parts.of(index)) ?? { log: 0, pixels: 0 };
    sums.set(parts.of(index), { log: sum.log + pixels * logs[index]!, pixels: sum.pixels + pixels });
  }
  return tiles.map(({ number }, index) => {
    const { log, pixels } = sums.get(parts.of(index))!;
    return { tile: number, gain: Math.exp(logs[index]! - log / pixels) };
  });
}

/** Connected components: sets of items that are linked directly or through others. */
class Components {
  private readonly parents: number[];

  constructor(count: number) {
    this.parents = Array.from({ length: count }, (_, index) => index);
  }

  of(index: number): number {
    let root = index;
    while (this.parents[root] !== root) root = this.parents[root]!;
    this.parents[index] = root;
    return root;
  }

  join(a: number, b: number): void {
    this.parents[this.of(a)] = this.of(b);
  }
}
