/** Reads the planes and overlaps that candidates are made from and evaluated with, once for all of them. */
import type { Acquisition } from "../acquisition/acquisition.ts";
import { pixelsInOne } from "../acquisition/level.ts";
import type { FitThreads } from "../estimate/basic/fit-team.ts";
import type { BasicParameters } from "../estimate/basic/parameters.ts";
import { offsetEvidence } from "../estimate/offset/offset-evidence.ts";
import { blockPlanes } from "../estimate/refine/dim-light.ts";
import { signsOfOffset } from "../estimate/refine/find-offset.ts";
import { meanOver } from "../estimate/refine/held-out.ts";
import { disagreement, prepareOverlaps } from "../estimate/refine/overlap-data.ts";
import { shareOffsets } from "../estimate/refine/share-offsets.ts";
import { chooseParameters, rememberFigures } from "../estimate/refine/tune-basic.ts";
import { processBytes } from "../pipeline/blocks/plan.ts";
import { type ChannelProfile, type ProfileTarget, profileAtField } from "../pipeline/profiles/channel-profile.ts";
import { type ProfilePlanRequest, planProfiles } from "../pipeline/profiles/plan-profiles.ts";
import { planesPerPair } from "../pipeline/profiles/plan-refinements.ts";
import { coarsestLevelForBasic } from "../sample/choose-planes.ts";
import { overlapBytes, planOverlaps } from "../sample/plan-overlaps.ts";
import type { SamplePlan } from "../sample/plan-sample.ts";
import { MemoryStack, withoutAbsent } from "../sample/plane-stack.ts";
import { readNoise } from "../sample/read-noise.ts";
import { readOverlaps } from "../sample/read-overlaps.ts";
import { type ReadHooks, readPlanes } from "../sample/read-planes.ts";
import { bytesPerPixel, elementCount } from "../shapes.ts";
import type { Choices, Origin, Recipe } from "./recipe.ts";
import { makeProfile, type Subject } from "./subject.ts";

/** What is read: the plan of a run by BaSiC and, if there are any, by empty regions. */
interface GatherRequest extends Omit<ProfilePlanRequest, "source" | "refine" | "workers"> {
  readonly basic: Extract<ProfilePlanRequest["source"], { kind: "basic" }>;
  readonly empty?: Extract<ProfilePlanRequest["source"], { kind: "empty" }>;
  readonly threads?: FitThreads;
  /** Profiles that were given, in the order of the targets. */
  readonly given?: readonly ChannelProfile[];
}

/** The pixels that were read. */
export interface Gathered {
  readonly subjects: readonly Subject[];
  readonly level: number;
  /** Number of planes of each channel: as asked for, or as many as fit into memory. */
  readonly nZplanes: number;
}

/** The largest fraction of the memory for the planes of all channels together. */
const memoryShare = 0.5;
/** Images of the field, in double precision, that a refinement needs. */
const fieldImages = 14;

/** Reads planes and overlaps of all targets. @throws IsoluxError as planning and reading do */
export async function gatherSubjects(
  acquisition: Acquisition,
  request: GatherRequest,
  { signal, onProgress }: Pick<ReadHooks, "signal"> & { readonly onProgress: (share: number) => void },
): Promise<Gathered> {
  const level = request.resolutionLevel ?? coarsestLevelForBasic(acquisition);
  const wanted = { ...request, resolutionLevel: level };
  const nZplanes = Math.min(request.nZplanes, affordablePlanes(acquisition, wanted));
  const basic = samplesOf(acquisition, { ...wanted, nZplanes, source: request.basic });
  const empty = request.empty && samplesOf(acquisition, { ...wanted, nZplanes, source: request.empty });
  const isGiven = request.cameraOffset !== undefined;
  const subjects: Omit<Subject, "offset">[] = [];
  const signs: Parameters<typeof shareOffsets>[0][number][] = [];
  for (const [index, target] of request.targets.entries()) {
    const hooksOf = (half: number): ReadHooks => {
      const onChunk = (done: number, total: number) =>
        onProgress((index + (half + done / total) / 2) / request.targets.length);
      return { signal, onChunk };
    };
    const read = (plan: SamplePlan) => readStack(acquisition, target.channel.index, plan, hooksOf(1));
    const sample = basic[index]!;
    const { fieldYx } = sample;
    const overlaps = planOverlaps(acquisition, { level, planesPerPair, seed: request.seed, among: target.tiles });
    const patches = await readOverlaps(acquisition, target.channel.index, overlaps, hooksOf(0));
    const given = request.given?.[index];
    const { stack: planes, planned } = withoutAbsent(await read(sample), sample.planes);
    const data = prepareOverlaps(fieldYx, patches, request.cameraOffset);
    if (!isGiven) {
      const noise = await readNoise(acquisition, target.channel.index, sample, { signal });
      const ofPlanes = offsetEvidence(planes, pixelsInOne(acquisition, level), noise);
      signs.push({ channel: target.channel.label, signs: signsOfOffset(data, ofPlanes) });
    }
    subjects.push({
      target,
      fieldYx,
      planes,
      sample,
      blocked: await blockPlanes(planes, planned),
      ...(empty && {
        emptyPlanes: withoutAbsent(await read(empty[index]!), empty[index]!.planes).stack,
        emptySample: empty[index]!,
      }),
      ...(given && { given: profileAtField(given, fieldYx), givenMeaning: given.baselineMeaning }),
      overlaps: data,
      threads: request.threads,
    });
  }
  const offsets = shareOffsets(signs);
  const withOffset = subjects.map((subject, index) => ({
    ...subject,
    offset: offsets[index] ?? ({ kind: "given" } as const),
  }));
  return { subjects: withOffset, level, nZplanes };
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

// How different the planes are from each other.

/**
 * How many different parts of the sample the planes show. Structures of a quarter of the field look like shading;
 * sample is assumed as thick as it is wide, so at a depth that far away they are others.
 */
export function independentViewsOf({ levels, pixelSizeUmZyx }: Acquisition, targets: readonly ProfileTarget[]): number {
  const [sizeZ, sizeY, sizeX] = pixelSizeUmZyx;
  const views = targets.map(({ tiles }) => {
    const { start, stop } = tiles[0]!.box;
    const fieldUm = Math.min((stop[1] - start[1]) * sizeY, (stop[2] - start[2]) * sizeX);
    const depthUm = (stop[0] - start[0]) * sizeZ;
    return tiles.length * Math.max(1, Math.floor((4 * depthUm) / fieldUm));
  });
  return Math.min(...views, Math.max(1, levels[0]!.shapeZyx[0] * targets[0]!.tiles.length));
}

// BaSiC with parameters chosen by overlaps, if there is time.

/** One candidate, or none where no change of the given parameters is clearly better. */
export async function tunedCandidates(
  subjects: readonly Subject[],
  { basic, cameraOffset }: Choices,
  signal: AbortSignal,
): Promise<Recipe[]> {
  const originOf = (parameters: BasicParameters): Origin => ({ kind: "basic", parameters, cameraOffset });
  const figuresOf = rememberFigures(new Map(), (parameters) => figuresOfFits(subjects, originOf(parameters), signal));
  const first = await figuresOf(basic);
  if (first === undefined) return [];
  const pairs = [...first.keys()].filter((pair) => Number.isFinite(first[pair]!));
  if (!Number.isFinite(meanOver(first, pairs))) return [];
  const { parameters } = await chooseParameters(basic, pairs, figuresOf);
  const isNew = ["smoothnessFlatfield", "smoothnessDarkfield"] as const;
  if (isNew.every((key) => parameters[key] === basic[key])) return [];
  return [{ origin: originOf(parameters), refined: true }];
}

/** Figures of all pairs by fits without refinement; `undefined` where one cannot be made. */
async function figuresOfFits(
  subjects: readonly Subject[],
  origin: Origin,
  signal: AbortSignal,
): Promise<Float64Array | undefined> {
  const figures: number[] = [];
  for (const subject of subjects) {
    const profile = await makeProfile(subject, origin, signal).catch((error: unknown) => {
      if (signal.aborted) throw error;
      return undefined;
    });
    if (profile === undefined) return undefined;
    figures.push(...disagreement(subject.overlaps, profile));
  }
  return Float64Array.from(figures);
}
