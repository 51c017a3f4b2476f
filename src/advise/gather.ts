/** Reads what candidates are made from and judged by, once. */
import type { Acquisition } from "../acquisition/acquisition.ts";
import { pixelsInOne } from "../acquisition/level.ts";
import type { FitThreads } from "../estimate/basic/fit-team.ts";
import { offsetEvidence } from "../estimate/offset/offset-evidence.ts";
import { findOffset } from "../estimate/refine/find-offset.ts";
import { prepareOverlaps } from "../estimate/refine/overlap-data.ts";
import type { ChannelProfile } from "../pipeline/channel-profile.ts";
import { processBytes } from "../pipeline/plan.ts";
import { type ProfilePlanRequest, planesPerPair, planProfiles } from "../pipeline/plan-profiles.ts";
import { profileAtField } from "../pipeline/profile-at-field.ts";
import { coarsestLevelForBasic } from "../sample/default-level.ts";
import { MemoryStack } from "../sample/memory-stack.ts";
import { overlapBytes, planOverlaps } from "../sample/plan-overlaps.ts";
import type { SamplePlan } from "../sample/plan-sample.ts";
import { readOverlaps } from "../sample/read-overlaps.ts";
import { type ReadHooks, readPlanes } from "../sample/read-planes.ts";
import { bytesPerPixel, elementCount } from "../shapes.ts";
import type { Subject } from "./subject.ts";

/** What is read: the plan of a run by BaSiC, and where there are such, by empty regions. */
export interface GatherRequest extends Omit<ProfilePlanRequest, "source" | "refine" | "workers"> {
  readonly basic: Extract<ProfilePlanRequest["source"], { kind: "basic" }>;
  readonly empty?: Extract<ProfilePlanRequest["source"], { kind: "empty" }>;
  readonly threads?: FitThreads;
  /** Profiles that were given, in the order of the targets. */
  readonly given?: readonly ChannelProfile[];
}

/** What was read. */
export interface Gathered {
  readonly subjects: readonly Subject[];
  readonly level: number;
  /** Planes of each channel that are looked at: as asked for, or as many as the memory holds. */
  readonly nZplanes: number;
}

/** Planes of all channels together take no more than this share of the memory. */
const memoryShare = 0.5;
/** A refinement holds so many images of the field, in double precision. */
const fieldImages = 14;

/** Reads planes and overlaps of all targets. @throws IsoluxError as planning and reading do */
export async function gatherSubjects(
  acquisition: Acquisition,
  request: GatherRequest,
  hooks: ReadHooks & { readonly onTarget: (index: number) => void },
): Promise<Gathered> {
  const level = request.resolutionLevel ?? coarsestLevelForBasic(acquisition);
  const wanted = { ...request, resolutionLevel: level };
  const nZplanes = Math.min(request.nZplanes, affordablePlanes(acquisition, wanted));
  const basic = samplesOf(acquisition, { ...wanted, nZplanes, source: request.basic });
  const empty = request.empty && samplesOf(acquisition, { ...wanted, nZplanes, source: request.empty });
  const subjects: Subject[] = [];
  for (const [index, target] of request.targets.entries()) {
    hooks.onTarget(index);
    const read = (plan: SamplePlan) => readStack(acquisition, target.channel.index, plan, hooks);
    const sample = basic[index]!;
    const { fieldYx } = sample;
    const overlaps = planOverlaps(acquisition, { level, planesPerPair, seed: request.seed, among: target.tiles });
    const patches = await readOverlaps(acquisition, target.channel.index, overlaps, hooks);
    const given = request.given?.[index];
    const planes = await read(sample);
    const data = prepareOverlaps(fieldYx, patches);
    const ofPlanes = () => offsetEvidence(planes, pixelsInOne(acquisition, level));
    subjects.push({
      target,
      fieldYx,
      planes,
      sample,
      ...(empty && { emptyPlanes: await read(empty[index]!), emptySample: empty[index]! }),
      ...(given && { given: profileAtField(given, fieldYx), givenMeaning: given.baselineMeaning }),
      overlaps: data,
      offset: request.cameraOffset === undefined ? findOffset(data, ofPlanes()) : { kind: "given" },
      ...(request.threads && { threads: request.threads }),
    });
  }
  return { subjects, level, nZplanes };
}

function affordablePlanes(
  acquisition: Acquisition,
  { targets, memoryBytes, empty, ...request }: GatherRequest,
): number {
  const asked = samplesOf(acquisition, {
    ...request,
    targets,
    memoryBytes: Number.MAX_SAFE_INTEGER,
    source: request.basic,
  });
  const planeBytes = elementCount(asked[0]!.fieldYx) * bytesPerPixel(acquisition.type);
  const stacks = targets.length * (empty === undefined ? 1 : 2);
  const available = Math.max(0, memoryBytes - processBytes);
  const overlaps = planOverlaps(acquisition, { level: asked[0]!.level, planesPerPair, seed: request.seed });
  const beside = 1.5 * overlapBytes(overlaps) + fieldImages * 8 * elementCount(asked[0]!.fieldYx);
  const bytes = Math.max(0, Math.min(memoryShare * available, available - beside));
  return Math.max(1, Math.floor(bytes / planeBytes / stacks));
}

function samplesOf(
  acquisition: Acquisition,
  request: Omit<ProfilePlanRequest, "refine" | "workers">,
): readonly SamplePlan[] {
  const plan = planProfiles(acquisition, { ...request, refine: "off", workers: 1 });
  return plan.kind === "estimated" ? plan.estimates.map(({ sample }) => sample) : [];
}

async function readStack(acquisition: Acquisition, channel: number, plan: SamplePlan, hooks: ReadHooks) {
  const stack = new MemoryStack(acquisition.type, plan.planes.length, plan.fieldYx);
  await readPlanes(acquisition, channel, plan, stack, hooks);
  return stack;
}
