/** Profiles from planes that were read already. */
import { unreachable } from "../errors.ts";
import { type BasicFitOptions, fitBasic, fitShape } from "../estimate/basic/fit.ts";
import type { FitThreads } from "../estimate/basic/fit-team.ts";
import { fitWarnings } from "../estimate/basic/fit-warnings.ts";
import type { BasicParameters } from "../estimate/basic/parameters.ts";
import { profileOfFit } from "../estimate/basic/profile-of-fit.ts";
import { planResize, resizePlane } from "../estimate/basic/resize.ts";
import { estimateEmpty } from "../estimate/empty.ts";
import type { BaselineMeaning, Profile } from "../profile/profile.ts";
import { MemoryStack } from "../sample/memory-stack.ts";
import type { PlaneStack } from "../sample/plane-stack.ts";
import { elementCount, isSameShape } from "../shapes.ts";

/** How a profile is estimated from planes. */
export type EstimateMethod =
  | { readonly kind: "empty"; readonly cameraOffset: number }
  | { readonly kind: "basic"; readonly parameters: BasicParameters };

/** What an estimate from planes is to be. */
export interface StackOrder {
  readonly method: EstimateMethod;
  /** Bytes of planes that empty regions are gone through at a time. */
  readonly bandBytes: number;
}

/** A profile of the shape of the planes that it was estimated from. */
export interface StackEstimate {
  readonly profile: Profile;
  readonly baselineMeaning: BaselineMeaning;
  readonly warnings: readonly string[];
}

/** Ways to follow and to stop an estimate. */
export interface FitHooks {
  readonly signal?: AbortSignal;
  readonly threads?: FitThreads;
  readonly onProgress: (share: number) => void;
}

/**
 * Estimates a profile from planes.
 * @param hiddenOffset counts that the planes hold beside light, to be taken off first and kept in the dark-field
 */
export async function estimateFromStack(
  stack: PlaneStack,
  { method, bandBytes }: StackOrder,
  hooks: FitHooks,
  hiddenOffset = 0,
): Promise<StackEstimate> {
  switch (method.kind) {
    case "empty": {
      const cameraOffset = method.cameraOffset + hiddenOffset;
      const estimate = await estimateEmpty(stack, { cameraOffset, bandBytes, ...hooks });
      return { profile: estimate.profile, baselineMeaning: "offset", warnings: estimate.warnings };
    }
    case "basic":
      return { ...(await fitStack(stack, method.parameters, hooks, hiddenOffset)), baselineMeaning: "brightness" };
    default:
      return unreachable(method);
  }
}

/** Fits BaSiC to a stack; with a working size the planes are resized one by one, so that few are held at full size. */
async function fitStack(
  stack: PlaneStack,
  parameters: BasicParameters,
  hooks: FitHooks,
  hiddenOffset: number,
): Promise<Pick<StackEstimate, "profile" | "warnings">> {
  const { workingSizeYx: _, ...rest } = parameters;
  const { planeCount, shapeYx } = stack;
  const fitYx = fitShape(parameters, shapeYx);
  if (isSameShape(fitYx, shapeYx)) {
    const pixels = stack instanceof MemoryStack ? stack.pixels : await stack.read(0, planeCount, 0, shapeYx[0]);
    const light = hiddenOffset === 0 ? pixels : Float32Array.from(pixels, (value) => value - hiddenOffset);
    const fit = await fitBasic({ pixels: light, planeCount, shapeYx }, rest, fitOptions(hooks));
    return { profile: withDarkness(profileOfFit(fit), hiddenOffset), warnings: fitWarnings(fit) };
  }
  const pixels = new Float32Array(planeCount * elementCount(fitYx));
  const down = planResize(shapeYx, fitYx);
  for (let n = 0; n < planeCount; n++) {
    const plane = await stack.read(n, n + 1, 0, shapeYx[0]);
    resizePlane(down, plane, pixels.subarray(n * elementCount(fitYx), (n + 1) * elementCount(fitYx)));
  }
  for (let i = 0; i < pixels.length; i++) pixels[i]! -= hiddenOffset;
  const fit = await fitBasic({ pixels, planeCount, shapeYx: fitYx }, rest, fitOptions(hooks));
  const up = planResize(fitYx, shapeYx);
  const flatfield = new Float32Array(elementCount(shapeYx));
  const darkfield = new Float32Array(elementCount(shapeYx));
  resizePlane(up, fit.flatfield, flatfield);
  resizePlane(up, fit.darkfield, darkfield);
  const profile = { shapeYx, flatfield, darkfield, baseline: fit.baseline };
  return { profile: withDarkness(profile, hiddenOffset), warnings: fitWarnings(fit) };
}

/** A profile of planes from which an offset was taken off, for the planes as they are. */
function withDarkness(profile: Profile, offset: number): Profile {
  return { ...profile, darkfield: profile.darkfield.map((dark) => dark + offset) };
}

function fitOptions({ signal, threads, onProgress }: FitHooks): BasicFitOptions {
  return {
    ...(signal && { signal }),
    ...(threads && { threads }),
    onProgress: ({ share }) => onProgress(share),
  };
}
