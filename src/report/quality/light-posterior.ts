/**
 * Draws possible lights of an image from their posterior distribution given the overlaps of the source. Where there are
 * no overlaps, the light is anything between what the profile has there and twice that or nothing.
 */
import { randomStream } from "../../sample/choose-planes.ts";
import type { Yx } from "../../shapes.ts";
import { type LightPartition, lightEquations, type PreparedBlocks } from "./light-equations.ts";
import { drawSizes, fitsOf, type LightFit, type LogGains } from "./light-fit.ts";
import { searchOffsets } from "./offset-grid.ts";
import type { OverlapBlock } from "./overlap-blocks.ts";
import { termCount, writeTerms } from "./shading-terms.ts";

/** The data of the source, and the light that the correction assumed. */
interface LightQuestion {
  readonly blocks: readonly OverlapBlock[];
  /** The first is without variation. */
  readonly partitions: readonly LightPartition[];
  /** The log flat-field that was applied in every part of a partition, as terms. */
  readonly appliedIn: (partition: LightPartition) => Float64Array;
  /** The counts that the correction subtracted, and the darkest in the source. */
  readonly subtracted: number;
  readonly darkest: number;
  /** Counts that the correction subtracted at a place of a tile's field beyond those subtracted everywhere. */
  readonly darkAt?: (tile: number, place: Yx) => number;
  /** Gains of tiles that the correction applied. */
  readonly gains?: LogGains;
  readonly seed: number;
}

/** One possible light. */
export interface LightDraw {
  readonly partition: LightPartition;
  /** Counts without light. */
  readonly offset: number;
  /** Whether these vary over the field as in the correction. */
  readonly hasDark: boolean;
  /** Whether the brightness of tiles differs as in the correction. */
  readonly hasGains: boolean;
  /** Terms of the log light, part after part. */
  readonly sizes: Float64Array;
}

const drawCount = 160;
/** The most blocks that are used, subsampled evenly. */
const mostBlocks = 16_000;
/** By how much the log likelihood of a varying light must exceed that of a constant one to be as probable. */
const variationPrice = 3;
/** Number of the most likely offsets at which variations are tried. */
const offsetsOfVariations = 3;
/** Blocks of one pair are correlated: likelihoods are raised to this power. */
const caution = 0.15;

/** Draws lights. @returns none where there are no overlaps */
export function drawLights(question: LightQuestion): LightDraw[] {
  const { darkAt, seed } = question;
  const blocks = subsampled(question.blocks);
  if (blocks.length === 0) return [];
  const even = candidateCells(question, blocks, false);
  const uneven = darkAt === undefined ? [] : candidateCells(question, withoutDark(blocks, darkAt), true);
  return drawFrom([...even, ...uneven], seed);
}

type Cells = ReturnType<typeof searchOffsets<Candidate>>;

function candidateCells(question: LightQuestion, blocks: readonly OverlapBlock[], hasDark: boolean): Cells {
  const { partitions, darkest, subtracted } = question;
  const [plain, ...varying] = partitions as [LightPartition, ...LightPartition[]];
  const prepared = prepareBlocks(blocks);
  const most = Math.max(0, Math.min(darkest, 0.98 * prepared.typical));
  const at = { ...question, prepared, hasDark };
  const found = searchOffsets(most, subtracted, (offset) => candidatesAt(at, plain, offset));
  const ranked = [...found].sort((a, b) => highest(b.candidates) - highest(a.candidates));
  const varied = varying.flatMap((partition) =>
    ranked.slice(0, offsetsOfVariations).map(({ cell }) => ({
      cell,
      candidates: candidatesAt(at, partition, cell.offset, variationPrice),
    })),
  );
  return [...found, ...varied];
}

/** Prepares {@link lightEquations}. */
function prepareBlocks(blocks: readonly OverlapBlock[]): PreparedBlocks {
  const [termsA, termsB] = [0, 1].map(() => new Float64Array(blocks.length * termCount)) as [
    Float64Array,
    Float64Array,
  ];
  for (const [i, { inA, inB }] of blocks.entries()) {
    writeTerms(inA[0], inA[1], termsA.subarray(i * termCount, (i + 1) * termCount));
    writeTerms(inB[0], inB[1], termsB.subarray(i * termCount, (i + 1) * termCount));
  }
  const brightness = Float64Array.from(blocks, ({ before: [a, b] }) => (a + b) / 2).sort();
  const at = (share: number) => brightness[Math.floor(share * brightness.length)] ?? 0;
  return { blocks, typical: at(0.5), dark: at(0.02), ...placesOf(blocks), termsA, termsB };
}

function placesOf(blocks: readonly OverlapBlock[]): Pick<PreparedBlocks, "placeOf" | "placeCount"> {
  const known = new Map<string, number>();
  const placeOf = Int32Array.from(blocks, ({ pair, inA, inB }) => {
    const name = `${pair} ${inA} ${inB}`;
    const place = known.get(name) ?? known.size;
    known.set(name, place);
    return place;
  });
  return { placeOf, placeCount: known.size };
}

function withoutDark(blocks: readonly OverlapBlock[], darkAt: NonNullable<LightQuestion["darkAt"]>): OverlapBlock[] {
  return blocks.map((block) => {
    const { tiles, inA, inB, before } = block;
    return { ...block, before: [before[0] - darkAt(tiles[0], inA), before[1] - darkAt(tiles[1], inB)] };
  });
}

function highest(candidates: readonly Candidate[]): number {
  return Math.max(...candidates.map(({ evidence }) => evidence));
}

function subsampled(blocks: readonly OverlapBlock[]): readonly OverlapBlock[] {
  const step = Math.ceil(blocks.length / mostBlocks);
  // A step without a common factor with the rows of blocks does not stay in single columns.
  const odd = step > 1 && step % 2 === 0 ? step + 1 : step;
  return odd <= 1 ? blocks : blocks.filter((_, index) => index % odd === 0);
}

/** A partition and an offset, with whether gains are real, and its fit. */
interface Candidate extends Omit<LightDraw, "sizes"> {
  readonly fit: LightFit;
  /** Logarithm of its likelihood. */
  readonly evidence: number;
}

interface CandidateQuestion extends Pick<LightQuestion, "appliedIn" | "gains"> {
  readonly prepared: PreparedBlocks;
  readonly hasDark: boolean;
}

function candidatesAt(
  { prepared, hasDark, appliedIn, gains }: CandidateQuestion,
  partition: LightPartition,
  offset: number,
  price = 0,
): Candidate[] {
  const applied = appliedIn(partition);
  const equations = lightEquations(prepared, offset, partition);
  // Gains were measured in these overlaps: each of them explains some of it by chance.
  const priceOfGains = 0.5 * Math.max(0, (gains?.size ?? 1) - 1) * Math.log(Math.max(2, equations.pairs.length));
  const made = (hasGains: boolean, cost: number) =>
    fitsOf(equations, applied, hasGains ? gains : undefined).map((fit) => {
      return { partition, offset, hasDark, hasGains, fit, evidence: fit.evidence - cost };
    });
  return [...made(false, price), ...(gains === undefined ? [] : made(true, price + priceOfGains))];
}

/** Draws candidates in proportion to their likelihood, and for each a light and a nearby offset. */
function drawFrom(found: Cells, seed: number): LightDraw[] {
  const all = found.flatMap(({ cell, candidates }) =>
    candidates.map((candidate) => ({
      cell,
      candidate,
      chance: caution * candidate.evidence + Math.log(cell.probability),
    })),
  );
  const most = Math.max(...all.map(({ chance }) => chance));
  const weights = all.map(({ chance }) => Math.exp(chance - most));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const random = randomStream(seed, 0x11647);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const draws: LightDraw[] = [];
  let [index, passed] = [0, weights[0]!];
  for (let i = 0; i < drawCount; i++) {
    while (passed < ((i + 0.5) / drawCount) * total && index + 1 < all.length) passed += weights[++index]!;
    const { cell, candidate } = all[index]!;
    const offset = cell.low + random() * (cell.high - cell.low);
    const { partition, hasDark, hasGains, fit } = candidate;
    draws.push({ partition, offset, hasDark, hasGains, sizes: drawSizes(fit, normal) });
  }
  return draws;
}
