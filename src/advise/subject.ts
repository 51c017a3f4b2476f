/** The planes and overlaps of the tiles that share one profile, which candidates are made from and scored by. */

import type { FitThreads } from "../estimate/basic/fit-team.ts";
import type { BasicParameters } from "../estimate/basic/parameters.ts";
import type { BlockedPlanes } from "../estimate/refine/dim-light.ts";
import type { OffsetFinding } from "../estimate/refine/find-offset.ts";
import type { OverlapData, Shading } from "../estimate/refine/overlap-data.ts";
import type { ProfileTarget } from "../pipeline/profiles/channel-profile.ts";
import { type EstimateMethod, estimateFromStack, type ProfileEstimate } from "../pipeline/profiles/estimate-stack.ts";
import type { BaselineMeaning, Profile } from "../profile/profile.ts";
import type { SamplePlan } from "../sample/plan-sample.ts";
import { type MemoryStack, pickPlanes } from "../sample/plane-stack.ts";
import { elementCount, type Yx } from "../shapes.ts";
import type { Origin } from "./recipe.ts";

/** The tiles of a channel, or of one side of it, with all pixels that were read of them. */
export interface Subject {
  readonly target: ProfileTarget;
  readonly fieldYx: Yx;
  /** Planes of all tiles, with their plan. */
  readonly planes: MemoryStack;
  readonly sample: SamplePlan;
  /** The planes as means over blocks. */
  readonly blocked?: BlockedPlanes;
  /** Planes without sample, where there are any. */
  readonly emptyPlanes?: MemoryStack;
  readonly emptySample?: SamplePlan;
  /** A profile that was given, in the shape of the field. */
  readonly given?: Profile;
  /** The meaning of its baseline. */
  readonly givenMeaning?: BaselineMeaning;
  readonly overlaps: OverlapData;
  /** What is known of the counts that the planes contain beside light. */
  readonly offset: OffsetFinding;
  /** The largest size of fits, in pixels along either axis; by default as their parameters say. */
  readonly mostFitPx?: number;
  /** The threads of fits; by default only the calling one. */
  readonly threads?: FitThreads;
}

/** The shading of no correction: the unit in which all candidates are compared. */
export function noShading({ fieldYx }: Pick<Subject, "fieldYx">): Shading {
  const pixels = elementCount(fieldYx);
  return { shapeYx: fieldYx, flatfield: new Float32Array(pixels).fill(1), darkfield: new Float32Array(pixels) };
}

/** The planes that an origin estimates from; `undefined` where it estimates from none. */
export function planesFor({ planes, emptyPlanes }: Subject, { kind }: Origin): MemoryStack | undefined {
  return kind === "basic" || kind === "even" ? planes : kind === "empty" ? emptyPlanes : undefined;
}

/** About the number of bytes of a band in estimates. */
const bandBytes = 32e6;

/**
 * Makes a profile from an origin.
 * @param hiddenOffset counts that the planes contain beside light
 * @param planes in place of all planes of the origin
 * @returns `undefined` where there is nothing to make it from
 * @throws IsoluxError as the estimate does
 */
export async function makeProfile(
  subject: Subject,
  origin: Origin,
  signal: AbortSignal,
  hiddenOffset = 0,
  planes = planesFor(subject, origin),
): Promise<Profile | undefined> {
  if (origin.kind === "given") return subject.given;
  return (await makeEstimate(subject, origin, signal, hiddenOffset, planes))?.profile;
}

/** The same with its details; `undefined` where an origin estimates from no planes. */
export async function makeEstimate(
  subject: Subject,
  origin: Origin,
  signal: AbortSignal,
  hiddenOffset = 0,
  planes = planesFor(subject, origin),
): Promise<ProfileEstimate | undefined> {
  if (origin.kind === "given" || origin.kind === "none" || planes === undefined) return undefined;
  const method: EstimateMethod = origin.kind === "basic" ? smallFit(origin, subject) : origin;
  const { threads } = subject;
  const hooks = { signal, onProgress: () => {}, threads };
  return estimateFromStack(planes, { method, bandBytes }, hooks, hiddenOffset);
}

function smallFit<Origin extends { readonly parameters: BasicParameters }>(
  origin: Origin,
  { mostFitPx, fieldYx }: Subject,
): Origin {
  const [rows, columns] = origin.parameters.workingSizeYx ?? fieldYx;
  if (mostFitPx === undefined || Math.max(rows, columns) <= mostFitPx) return origin;
  const workingSizeYx = [Math.min(rows, mostFitPx), Math.min(columns, mostFitPx)] as const;
  return { ...origin, parameters: { ...origin.parameters, workingSizeYx } };
}

/** About the number of planes that are measured. */
const measuredPlanes = 24;

/** Some of the planes of a subject, for figures that a few planes show. */
export function measured({ planes }: Subject): MemoryStack {
  return subsampled(planes, Math.max(1, Math.floor(planes.planeCount / measuredPlanes)));
}

/** Every `step`-th plane. */
export function subsampled(stack: MemoryStack, step: number): MemoryStack {
  return pickPlanes(stack, (n) => n % step === 0);
}
