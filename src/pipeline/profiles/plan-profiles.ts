/** Decides how a run gets its profiles, before any pixel is read. */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import { IsoluxError, unreachable } from "../../errors.ts";
import { mostFitThreads } from "../../estimate/basic/fit-team.ts";
import { type BasicParameters, checkBasicParameters } from "../../estimate/basic/parameters.ts";
import { type ProfileSource, sampledRegions } from "../../parameters/profile-source.ts";
import { coarsestLevelForBasic } from "../../sample/choose-planes.ts";
import { planSample, type SamplePlan, type SampleRequest } from "../../sample/plan-sample.ts";
import { arrayBytes, formatShape, isSameShape, largestPixel, mapAxes } from "../../shapes.ts";
import { readingBytes } from "../blocks/plan.ts";
import type { Location } from "../places/location.ts";
import type { ProfileTarget } from "./channel-profile.ts";
import type { RefineOrder } from "./estimate-channel.ts";
import { type EstimateMemory, planEstimateMemory } from "./estimate-memory.ts";
import { type PiecePlan, planSurvey } from "./estimate-pieces.ts";
import { type EstimateMethod, fewPlanes } from "./estimate-stack.ts";
import { planRefinements } from "./plan-refinements.ts";

/** Profiles are read, estimated, or not needed. */
export type ProfilePlan =
  | { readonly kind: "given"; readonly models: Location }
  | { readonly kind: "none" }
  | EstimationPlan;

/** What is sampled for each profile, and how it is estimated from that. */
export interface EstimationPlan {
  readonly kind: "estimated";
  readonly method: EstimateMethod;
  /** Whether the estimate neither is given the camera's offset nor looks for it. */
  readonly isOffsetUnknown: boolean;
  readonly estimates: readonly PlannedEstimate[];
  /** Number of estimates that run at the same time. */
  readonly atOnce: number;
  /** Threads of each of them, where it is a fit. */
  readonly threads: number;
  /** An upper bound of the memory of the whole process. */
  readonly projectedBytes: number;
  /** What the user should know beforehand. */
  readonly warnings: readonly string[];
}

/** The estimate of one profile. */
export interface PlannedEstimate {
  readonly target: ProfileTarget;
  readonly sample: SamplePlan;
  /** The overlaps by which it is refined, with a seed; absent where it is not refined. */
  readonly refine?: RefineOrder;
  readonly way: EstimateWay;
}

/** How planes are read: all of them first, or piece by piece of the field. */
type EstimateWay =
  | { readonly kind: "stack"; readonly memory: EstimateMemory }
  | { readonly kind: "pieces"; readonly plan: PiecePlan };

/** The parameters that a profile plan depends on. */
export interface ProfilePlanRequest {
  readonly source: ProfileSource;
  readonly targets: readonly ProfileTarget[];
  readonly models?: Location;
  readonly nZplanes: number;
  readonly resolutionLevel?: number;
  readonly seed: number;
  /** What the camera shows without light, in counts; absent where it was not given. */
  readonly cameraOffset?: number;
  readonly refine: "off" | "auto";
  readonly memoryBytes: number;
  readonly workers: number;
}

/** Measured memory of a thread that helps with a fit: its runtime. */
const helperThreadBytes = 12e6;

/**
 * Decides what is sampled and how. @throws IsoluxError for regions that the image does not have, a
 * camera offset that its pixels cannot hold, or too little memory
 */
export function planProfiles(acquisition: Acquisition, request: ProfilePlanRequest): ProfilePlan {
  const { source, resolutionLevel, cameraOffset = 0 } = request;
  checkCameraOffset(acquisition, cameraOffset);
  const coarseSamples = () =>
    planSamples(acquisition, request, { level: resolutionLevel ?? coarsestLevelForBasic(acquisition) });
  switch (source.kind) {
    case "none":
      return { kind: "none" };
    case "given":
      return { kind: "given", models: request.models! };
    case "empty": {
      const regions = { level: resolutionLevel ?? 0, ...sampledRegions(source) };
      const samples = planSamples(acquisition, request, regions);
      const method: EstimateMethod = { kind: "empty", cameraOffset };
      return planEstimates(acquisition, method, samples, request, []);
    }
    case "basic": {
      const samples = coarseSamples();
      const { parameters, note } = fittingParameters(source.parameters, samples[0]!);
      checkBasicParameters(parameters, samples[0]!.fieldYx);
      const method: EstimateMethod = { kind: "basic", parameters, cameraOffset };
      const threads = Math.min(source.maxWorkers ?? request.workers, request.workers);
      return planEstimates(acquisition, method, samples, { ...request, workers: threads }, [
        ...note,
        ...fewPlanes(samples.map((sample) => sample.planes.length)),
      ]);
    }
    case "even": {
      const samples = coarseSamples();
      return planEstimates(acquisition, { kind: "even", cameraOffset }, samples, request, []);
    }
    default:
      return unreachable(source);
  }
}

/** An offset below 0 tells how much more than the offset was subtracted from the pixels. */
function checkCameraOffset({ type, location }: Acquisition, cameraOffset: number): void {
  const found = `${cameraOffset} counts`;
  const expected = `at most ${largestPixel(type)}, the largest value of ${type}`;
  const what = "The camera offset is beyond what a pixel can hold";
  const advice = "Give the counts of the camera without light as --camera-offset, often about 100";
  if (Math.abs(cameraOffset) > largestPixel(type))
    throw new IsoluxError({ kind: "invalid", what, where: location, found, expected, advice });
}

/** Planes smaller than the working size are fitted at their own size: enlarging them would add nothing. */
function fittingParameters(
  parameters: BasicParameters,
  { fieldYx, level }: SamplePlan,
): { readonly parameters: BasicParameters; readonly note: readonly string[] } {
  const { workingSizeYx, ...rest } = parameters;
  if (workingSizeYx === undefined) return { parameters, note: [] };
  const clipped = mapAxes(workingSizeYx, (extent, axis) => Math.min(extent, fieldYx[axis]!));
  const fitting = isSameShape(clipped, fieldYx) ? rest : { ...rest, workingSizeYx: clipped };
  if (isSameShape(clipped, workingSizeYx)) return { parameters: fitting, note: [] };
  const sizes = `${formatShape(workingSizeYx)} is more than the ${formatShape(fieldYx)} px of a tile at level ${level}`;
  return { parameters: fitting, note: [`The working size ${sizes}: ${formatShape(clipped)} is used.`] };
}

function planSamples(
  acquisition: Acquisition,
  { targets, seed, nZplanes }: ProfilePlanRequest,
  regions: Pick<SampleRequest, "level" | "tileNumbers" | "zLevels">,
): SamplePlan[] {
  return targets.map((target) => {
    const listed = regions.tileNumbers;
    const hasOne = listed === undefined || target.tiles.some((tile) => listed.includes(tile.number));
    // The plan itself refuses numbers that no tile has.
    const allExist = listed?.every((number) => acquisition.tiles.some((tile) => tile.number === number));
    if (!hasOne && allExist) throw noTileOfSide(target, acquisition.location);
    return planSample(acquisition, { ...regions, planeCount: nZplanes, seed, among: target.tiles });
  });
}

function planEstimates(
  acquisition: Acquisition,
  method: EstimateMethod,
  samples: readonly SamplePlan[],
  request: ProfilePlanRequest,
  warnings: readonly string[],
): EstimationPlan {
  const { targets, memoryBytes, workers } = request;
  const { readerBytes = 0 } = acquisition;
  const { refinements, warnings: unrefined } = planRefinements(acquisition, targets, samples, request, method);
  const estimates = samples.map((sample, index): PlannedEstimate => {
    const target = targets[index]!;
    const refine = refinements[index];
    const way = planWay(acquisition, method, sample, memoryBytes, workers, refine);
    return { target, sample, way, refine };
  });
  // Estimates in pieces use all workers themselves.
  const plans = estimates.flatMap(({ way }) => (way.kind === "pieces" ? [way.plan] : []));
  const threads = Math.max(1, ...plans.map((plan) => plan.workers));
  const bytesOf = ({ way }: PlannedEstimate) => (way.kind === "pieces" ? way.plan : way.memory).projectedBytes;
  const largest = Math.max(...estimates.map(bytesOf));
  const needed = (atOnce: number, threadsOfFit: number) =>
    readingBytes(Math.max(atOnce, threads), readerBytes) + atOnce * (largest + (threadsOfFit - 1) * helperThreadBytes);
  const atMost = plans.length > 0 ? 1 : Math.min(workers, targets.length);
  const sharing = shareWorkers(workers, atMost, method, (...share) => needed(...share) <= memoryBytes);
  const short = [...new Set(samples.flatMap((sample) => sample.warnings))];
  return {
    kind: "estimated",
    method,
    isOffsetUnknown: method.kind === "basic" && request.cameraOffset === undefined,
    estimates,
    ...sharing,
    projectedBytes: needed(sharing.atOnce, sharing.threads),
    warnings: [...short, ...warnings, ...unrefined],
  };
}

/** Divides the workers among fits: as many fits at once as possible, then several threads for each. */
function shareWorkers(
  workers: number,
  atMost: number,
  method: EstimateMethod,
  fits: (atOnce: number, threads: number) => boolean,
): Pick<EstimationPlan, "atOnce" | "threads"> {
  for (let atOnce = atMost; atOnce >= 1; atOnce--) {
    const share = method.kind === "basic" ? Math.floor(workers / atOnce) : 1;
    for (let threads = Math.min(share, mostFitThreads); threads >= 1; threads--) {
      if (fits(atOnce, threads)) return { atOnce, threads };
    }
  }
  return { atOnce: 1, threads: 1 };
}

function planWay(
  acquisition: Acquisition,
  method: EstimateMethod,
  sample: SamplePlan,
  memoryBytes: number,
  workers: number,
  refine: RefineOrder | undefined,
): EstimateWay {
  // A refinement may repeat the estimate: its planes are kept.
  const plan =
    method.kind === "empty" && refine === undefined ? planSurvey(acquisition, sample, memoryBytes, workers) : undefined;
  if (plan !== undefined) return { kind: "pieces", plan };
  const { type, levels, readerBytes = 0 } = acquisition;
  const chunkBytes = arrayBytes(type, levels[sample.level]!.chunkShapeCzyx);
  return {
    kind: "stack",
    memory: planEstimateMemory(type, sample, method, chunkBytes, memoryBytes - readerBytes, refine?.overlaps),
  };
}

function noTileOfSide(target: ProfileTarget, where: string): IsoluxError {
  return new IsoluxError({
    kind: "invalid",
    what: `The FOV list has no tile that was lit from the ${target.side}, in channel ${target.channel.label}`,
    where,
    found: `tiles of that side: ${target.tiles.map((tile) => tile.number).join(", ")}`,
    expected: "at least one of each side",
    advice: "Add one, or give --sides joint to use one profile for both",
  });
}
