/** Estimates a profile from planes that were read already, by BaSiC or from empty regions. */
import { unreachable } from "../../errors.ts";
import {
  type BasicFitOptions,
  fitBasic,
  fitShape,
  fitWarnings,
  profileOfFit,
  withDarkness,
} from "../../estimate/basic/fit.ts";
import type { FitThreads } from "../../estimate/basic/fit-team.ts";
import { lessOffset } from "../../estimate/basic/less-offset.ts";
import type { BasicParameters } from "../../estimate/basic/parameters.ts";
import { planResize, resizePlane } from "../../estimate/basic/resize.ts";
import { estimateEmpty } from "../../estimate/empty/empty.ts";
import type { RefinementReport } from "../../estimate/refine/refinement-report.ts";
import type { BaselineMeaning, Profile } from "../../profile/profile.ts";
import { checkEstimatedFlatfield } from "../../profile/validate.ts";
import { formatCount } from "../../quantities.ts";
import { MemoryStack, type PlaneStack } from "../../sample/plane-stack.ts";
import { elementCount, isSameShape } from "../../shapes.ts";
import { meanOf, medianOfSorted } from "../../statistics.ts";

/** How a profile is estimated from planes. */
export type EstimateMethod =
  | { readonly kind: "empty"; readonly cameraOffset: number }
  | { readonly kind: "basic"; readonly parameters: BasicParameters; readonly cameraOffset: number }
  /** Even light: a profile of ones, for overlaps to refine. */
  | { readonly kind: "even"; readonly cameraOffset: number };

/** How an estimate from planes is made. */
export interface StackOrder {
  readonly method: EstimateMethod;
  /** Bytes of a band of the planes; empty regions are estimated band by band. */
  readonly bandBytes: number;
}

/** A profile of the shape of the planes that it was estimated from. */
export interface ProfileEstimate {
  readonly profile: Profile;
  readonly baselineMeaning: BaselineMeaning;
  readonly warnings: readonly string[];
  /** The result of its refinement by overlaps, if it was refined. */
  readonly refinement?: RefinementReport;
}

/** Hooks to follow and to stop an estimate. */
export interface FitHooks {
  readonly signal?: AbortSignal;
  readonly threads?: FitThreads;
  readonly onProgress: (share: number) => void;
}

/**
 * Estimates a profile from planes.
 * @param hiddenOffset counts in the planes besides light and the camera offset of the method; both are subtracted first
 * and kept in the dark-field
 */
export async function estimateFromStack(
  stack: PlaneStack,
  { method, bandBytes }: StackOrder,
  hooks: FitHooks,
  hiddenOffset = 0,
): Promise<ProfileEstimate> {
  const cameraOffset = method.cameraOffset + hiddenOffset;
  switch (method.kind) {
    case "empty": {
      const estimate = await estimateEmpty(stack, { cameraOffset, bandBytes, ...hooks });
      return { profile: estimate.profile, baselineMeaning: "offset", warnings: estimate.warnings };
    }
    case "basic": {
      const { profile, warnings } = await fitStack(stack, method.parameters, hooks, cameraOffset);
      checkEstimatedFlatfield(profile.flatfield, profile.shapeYx);
      return { profile, warnings, baselineMeaning: "brightness" };
    }
    case "even":
      return { profile: await evenProfile(stack, cameraOffset), baselineMeaning: "brightness", warnings: [] };
    default:
      return unreachable(method);
  }
}

/** A profile of ones, whose baseline is the median brightness of the planes. */
async function evenProfile(stack: PlaneStack, cameraOffset: number): Promise<Profile> {
  const { planeCount, shapeYx } = stack;
  const length = elementCount(shapeYx);
  const means = new Float64Array(planeCount);
  for (let n = 0; n < planeCount; n++) means[n] = meanOf(await stack.read(n, n + 1, 0, shapeYx[0]));
  const flatfield = new Float32Array(length).fill(1);
  const darkfield = new Float32Array(length).fill(cameraOffset);
  return { shapeYx, flatfield, darkfield, baseline: medianOfSorted(means.sort()) - cameraOffset };
}

/** Fits BaSiC to a stack; with a working size the planes are resized one by one, so that few are held at full size. */
async function fitStack(
  stack: PlaneStack,
  parameters: BasicParameters,
  hooks: FitHooks,
  cameraOffset: number,
): Promise<Pick<ProfileEstimate, "profile" | "warnings">> {
  const { workingSizeYx: _, ...rest } = parameters;
  const { planeCount, shapeYx } = stack;
  const fitYx = fitShape(parameters, shapeYx);
  if (isSameShape(fitYx, shapeYx)) {
    const pixels = stack instanceof MemoryStack ? stack.pixels : await stack.read(0, planeCount, 0, shapeYx[0]);
    const light = lessOffset(pixels, cameraOffset);
    const fit = await fitBasic({ pixels: light, planeCount, shapeYx }, rest, fitOptions(hooks));
    return { profile: withDarkness(profileOfFit(fit), cameraOffset), warnings: fitWarnings(fit) };
  }
  const pixels = new Float32Array(planeCount * elementCount(fitYx));
  const down = planResize(shapeYx, fitYx);
  for (let n = 0; n < planeCount; n++) {
    const plane = await stack.read(n, n + 1, 0, shapeYx[0]);
    resizePlane(down, plane, pixels.subarray(n * elementCount(fitYx), (n + 1) * elementCount(fitYx)));
  }
  const light = lessOffset(pixels, cameraOffset, pixels);
  const fit = await fitBasic({ pixels: light, planeCount, shapeYx: fitYx }, rest, fitOptions(hooks));
  const up = planResize(fitYx, shapeYx);
  const flatfield = new Float32Array(elementCount(shapeYx));
  const darkfield = new Float32Array(elementCount(shapeYx));
  resizePlane(up, fit.flatfield, flatfield);
  resizePlane(up, fit.darkfield, darkfield);
  const profile = { shapeYx, flatfield, darkfield, baseline: fit.baseline };
  return { profile: withDarkness(profile, cameraOffset), warnings: fitWarnings(fit) };
}

function fitOptions({ signal, threads, onProgress }: FitHooks): BasicFitOptions {
  return {
    signal,
    threads,
    onProgress: ({ share }) => onProgress(share),
  };
}

// Which of BaSiC's parameters suit the planes at hand.

/** With fewer planes BaSiC cannot separate light from tissue. */
const fewPlanesForBasic = 20;

/** The warning where the planes are too few for a fit. */
export function fewPlanes(counts: readonly number[]): string[] {
  const fewest = Math.min(...counts);
  if (fewest >= fewPlanesForBasic) return [];
  return [
    `BaSiC has only ${formatCount(fewest, "plane")}: such a profile can be far off. Empty regions or a measured profile are better.`,
  ];
}

/** Whether the method estimates a dark-field, which includes any offset. */
export function hasDarkfield(method: EstimateMethod): boolean {
  return method.kind === "basic" && method.parameters.getDarkfield;
}
