/** The camera's offset, from all that tells of it. */
import { combineOffsets } from "../offset/combine-offsets.ts";
import type { PlaneEvidence } from "../offset/offset-evidence.ts";
import { disagreement, type OverlapData } from "./overlap-data.ts";
import { evenLight, limitsOf, offsetOfOverlaps } from "./overlap-offset.ts";

/** What is known of the counts that planes hold beside light. */
export type OffsetFinding =
  /** The estimate takes off what there is: it was told, or has a dark-field of its own. */
  | { readonly kind: "given" }
  /** Counts with their standard error. */
  | { readonly kind: "found"; readonly offset: number; readonly standardError: number }
  | { readonly kind: "unknown" };

/** An offset is taken off when it is larger than so many of its standard errors: the profile is then nearer to the truth. */
const certainty = 1;

/** What planes and overlaps tell. @param planes what planes tell; overlaps alone do where it is not given */
export function findOffset(data: OverlapData, planes?: PlaneEvidence): OffsetFinding {
  const limits = planes ?? limitsOf(data);
  // Planes that never saw a camera tell nothing.
  if (!Number.isFinite(limits.bound)) return { kind: "unknown" };
  const figures = disagreement(data, evenLight(data));
  const pairs = [...figures.keys()].filter((pair) => Number.isFinite(figures[pair]!));
  const overlaps = offsetOfOverlaps(data, limits.bound, pairs);
  const evidence = [...(planes?.evidence ?? []), ...(overlaps === undefined ? [] : [overlaps])];
  const found = combineOffsets(evidence, limits);
  return found === undefined
    ? { kind: "unknown" }
    : { kind: "found", offset: found.offset, standardError: found.standardError };
}

/** Counts to take off; 0 where none are surely there. */
export function offsetToTakeOff(finding: OffsetFinding): number {
  return finding.kind === "found" && finding.offset > certainty * finding.standardError ? finding.offset : 0;
}
