/** Why a verdict on overlaps is as it is, in one sentence. */
import type { ErrorEstimate } from "./image-errors.ts";
import type { PairVotes, VerdictKind } from "./quality-report.ts";
import { type Evidence, limits } from "./verdict-evidence.ts";

/** The sentence: what neighbours say, and what speaks against relying on it. */
export function verdictReason(kind: VerdictKind, evidence: Evidence, votes: PairVotes, errors: ErrorEstimate): string {
  const { arithmetic } = votes;
  const size = `${Math.round(100 * Math.abs(arithmetic.mean))} %`;
  const seams =
    Math.abs(arithmetic.mean) < limits.change
      ? `about as much as before (${arithmetic.mean < 0 ? "-" : "+"}${size})`
      : `by ${size} ${arithmetic.mean < 0 ? "less" : "more"}`;
  const counts = `better in ${arithmetic.betterCount}, worse in ${arithmetic.worseCount} of ${arithmetic.count} comparisons`;
  const but = objection(kind, evidence, votes, errors);
  return `Where neighbouring tiles show the same tissue, shading makes them differ ${seams}: ${counts}${but === undefined ? "" : `; but ${but}`}.`;
}

function objection(
  kind: VerdictKind,
  { defects, gains }: Evidence,
  { arithmetic, directions, depths }: PairVotes,
  { chanceBetter }: ErrorEstimate,
): string | undefined {
  const share = (value: number) => `${(100 * value).toPrecision(2)} %`;
  if (defects.wrapped > limits.wrapped) return `${share(defects.wrapped)} of the pixels jumped to the largest values`;
  if (defects.uncorrected > 0) return `${share(defects.uncorrected)} of the planes were left as they are`;
  if (defects.notNumbers > limits.notNumbers) return `${share(defects.notNumbers)} of the pixels are no number`;
  if (gains !== undefined && gains.chanceReal < 0.5 && kind !== "improved") {
    return "gains of tiles make them agree where a tilt of the profile is as likely";
  }
  if (kind === "improved") return undefined;
  const worse = directions.find(({ mean }) => mean > limits.worsePart);
  if (worse !== undefined && arithmetic.mean < 0) return `seams between ${worse.direction} became worse`;
  if (arithmetic.mean < 0 && depths.some(({ mean }) => mean > limits.worsePart))
    return "in a part of the planes it became worse";
  if (arithmetic.mean < -limits.change && chanceBetter < limits.likely) {
    return "what overlaps do not show, inside the field or as a constant, may outweigh that";
  }
  return arithmetic.mean > limits.change && kind === "no-gain" ? "the image as a whole may not be worse" : undefined;
}
