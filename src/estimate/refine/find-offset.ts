/** Finds the camera's offset from the estimates by planes and by overlaps. */
import { combineOffsets, type OffsetEvidence, type OffsetLimits } from "../offset/combine-offsets.ts";
import type { PlaneEvidence } from "../offset/offset-evidence.ts";
import { evenLight, offsetOfOverlaps } from "./offset-by-overlaps.ts";
import { disagreement, type OverlapData } from "./overlap-data.ts";

/** What is known of the counts that planes contain beside light. */
export type OffsetFinding =
  /** The user gave it: the estimate subtracts it already. */
  | { readonly kind: "given" }
  /** The estimate has a dark-field of its own, which should hold it. */
  | { readonly kind: "in-darkfield" }
  /** Counts with their standard error. */
  | FoundOffset
  | { readonly kind: "unknown" };

/** An offset with its standard error, in counts. */
interface FoundOffset {
  readonly kind: "found";
  readonly offset: number;
  readonly standardError: number;
  /** Whether other profiles rest on it as well: then it is subtracted even where the light stays as it is. */
  readonly isShared?: boolean;
  /** The channel that shows it, where the profile's own does not. */
  readonly ofChannel?: string;
}

/** What the planes and overlaps of a profile tell of the offset. Plain values. */
export interface OffsetSigns {
  readonly evidence: readonly OffsetEvidence[];
  readonly limits: OffsetLimits;
}

/**
 * An offset is subtracted when it is larger than this many of its standard errors: the profile is then closer to the
 * truth.
 */
const certainty = 1;

/** Combines the estimates by planes and overlaps. @param planes estimates by planes; without, only overlaps are used */
export function findOffset(data: OverlapData, planes?: PlaneEvidence): OffsetFinding {
  return offsetOf(signsOfOffset(data, planes));
}

/** The estimates by planes and overlaps. */
export function signsOfOffset(data: OverlapData, planes?: PlaneEvidence): OffsetSigns {
  const { bound, brightness } = planes ?? limitsOf(data);
  const limits = { bound, brightness };
  // Planes that do not come from a camera give no estimate.
  if (!Number.isFinite(bound)) return { evidence: [], limits };
  const figures = disagreement(data, evenLight(data));
  const pairs = [...figures.keys()].filter((pair) => Number.isFinite(figures[pair]!));
  const overlaps = offsetOfOverlaps(data, bound, pairs);
  return { evidence: [...(planes?.evidence ?? []), ...(overlaps === undefined ? [] : [overlaps])], limits };
}

/** The offset that estimates come to. */
export function offsetOf({ evidence, limits }: OffsetSigns): OffsetFinding {
  const found = combineOffsets(evidence, limits);
  return found === undefined
    ? { kind: "unknown" }
    : { kind: "found", offset: found.offset, standardError: found.standardError };
}

/** Counts to subtract; 0 where the offset is not significant. */
export function offsetToTakeOff(finding: OffsetFinding): number {
  return finding.kind === "found" && finding.offset > certainty * finding.standardError ? finding.offset : 0;
}

/** The darkest fraction of pixels, whose value is at most the offset and a little light. */
const darkestShare = 0.01;

/** The largest possible offset, and the brightness of pixels, by overlaps alone. */
function limitsOf({ patches }: OverlapData): OffsetLimits {
  const values = patches.flatMap(({ first, second }) => [...first, ...second].filter(Number.isFinite));
  const sorted = Float64Array.from(values).sort();
  return {
    bound: sorted[Math.floor(darkestShare * sorted.length)] ?? 0,
    brightness: sorted.reduce((sum, value) => sum + value / sorted.length, 0),
  };
}
