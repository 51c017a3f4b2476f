/** The level at which planes have no contrast: a robust line of their contrasts over their levels. */
import { medianOf } from "../select-median.ts";
import { drift } from "./variance-line.ts";

/** A plane over the common shape. */
export interface PlaneLine {
  readonly level: number;
  readonly contrast: number;
  /** What limits the contrast: about its standard error. */
  readonly error: number;
  /** What the line leaves, relative to the level: robust standard deviation. */
  readonly deviation: number;
}

/** Where the contrast is 0, in counts. */
export interface ContrastZero {
  readonly offset: number;
  readonly error: number;
  /** The mean level of the dimmer and of the brighter planes. */
  readonly low: number;
  readonly high: number;
}

const rounds = 5;
/** Planes so many robust standard deviations off do not count. */
const farOff = 4;
/** Levels must differ by so many times the drift of the offset. */
const leastSpread = 4;

/** Fits the line. @returns `undefined` where planes are as bright as each other, or brighter ones have less contrast */
export function zeroOfContrast(lines: readonly PlaneLine[]): ContrastZero | undefined {
  let weights = lines.map(({ error }) => 1 / error ** 2);
  let zero: ContrastZero | undefined;
  for (let round = 0; round < rounds; round++) {
    const fit = weightedFit(lines, weights);
    if (fit === undefined) return undefined;
    const { offset, error, middle, left } = fit;
    const [low, high] = [levelOf(lines, weights, (at) => at < middle), levelOf(lines, weights, (at) => at >= middle)];
    zero = { offset, error, low, high };
    const scale = 1.4826 * medianOf(Float64Array.from(left, (value, n) => Math.abs(value / lines[n]!.error)));
    weights = lines.map(({ error: own }, n) => {
      const share = left[n]! / own / Math.max(0.1, farOff * scale);
      return Math.abs(share) < 1 ? (1 - share ** 2) ** 2 / own ** 2 : 0;
    });
  }
  return zero;
}

function weightedFit(lines: readonly PlaneLine[], weights: readonly number[]) {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const average = (pick: (line: PlaneLine) => number) =>
    lines.reduce((sum, line, n) => sum + weights[n]! * pick(line), 0) / total;
  const middle = average(({ level }) => level);
  const height = average(({ contrast }) => contrast);
  const spread = average(({ level }) => (level - middle) ** 2);
  const slope = average(({ level, contrast }) => (level - middle) * (contrast - height)) / spread;
  if (!(spread > (leastSpread * drift) ** 2 && slope > 0)) return undefined;
  const left = lines.map(({ level, contrast }) => contrast - height - slope * (level - middle));
  const birge = Math.max(1, left.reduce((sum, value, n) => sum + weights[n]! * value ** 2, 0) / (lines.length - 2));
  const offset = middle - height / slope;
  const error = (Math.sqrt(birge / total) * Math.hypot(1, (middle - offset) / Math.sqrt(spread))) / slope;
  return { offset, error, middle, left };
}

/** The mean level of some planes. */
function levelOf(lines: readonly PlaneLine[], weights: readonly number[], isTaken: (level: number) => boolean): number {
  let [total, sum] = [0, 0];
  for (const [n, { level }] of lines.entries()) {
    if (!isTaken(level)) continue;
    total += weights[n]!;
    sum += weights[n]! * level;
  }
  return sum / total;
}
