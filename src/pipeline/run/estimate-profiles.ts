/** The profiles of a run that are estimated, several at a time, or taken up from an earlier try. */
import { type Acquisition, fullResolution } from "../../acquisition/acquisition.ts";
import { IsoluxError } from "../../errors.ts";
import { unknownOffset, unknownOffsetOf } from "../../estimate/offset/offset-cost.ts";
import type { RefinementReport } from "../../estimate/refine/refinement-report.ts";
import { limits } from "../../limits.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import { decodeProfile, type GivenProfile } from "../../profile/npz-profile.ts";
import type { ProfileAlignment } from "../../profile/profile.ts";
import { formatCount } from "../../quantities.ts";
import type { SamplePlan } from "../../sample/plan-sample.ts";
import { fieldShape } from "../../tiles/tile.ts";
import { type Location, placeOf, type SourceLocation } from "../places/location.ts";
import { type ChannelProfile, encodeChannelProfile, fieldFacts, targetName } from "../profiles/channel-profile.ts";
import type { EstimateTask, TaskHooks } from "../profiles/estimate-channel.ts";
import { estimateFromPieces, type PieceSurveys } from "../profiles/estimate-pieces.ts";
import type { ProfileEstimate } from "../profiles/estimate-stack.ts";
import type { EstimationPlan, PlannedEstimate } from "../profiles/plan-profiles.ts";
import { type MapHooks, map, workplaceOf } from "../threads/executor.ts";
import type { Platform } from "../threads/platform.ts";
import { lostWorker } from "../threads/thread-messages.ts";
import { withOffsets } from "./find-offsets.ts";

/** An estimation of profiles: what is sampled where, and who hears of progress. */
interface Estimation {
  readonly acquisition: Acquisition;
  readonly plan: EstimationPlan;
  readonly places: {
    readonly source: SourceLocation;
    /** Folder of finished profiles, one object each: an interrupted run takes them up again. */
    readonly kept?: Location;
    /** Folder for planes that do not fit into memory. */
    readonly scratch: Location;
  };
  /** Whether all are saved as soon as the last one is found: that one need not be kept. */
  readonly areSavedAtOnce?: boolean;
  /** Profiles that are there already, by the number of their estimate. */
  readonly earlier?: ReadonlyMap<number, GivenProfile>;
  readonly platform: Platform;
  readonly hooks: RunHooks;
}

/** Estimates all profiles of a plan, several at a time where it allows. */
export async function estimateProfiles(estimation: Estimation): Promise<ChannelProfile[]> {
  const { acquisition, plan, earlier, hooks } = estimation;
  const { estimates } = plan;
  for (const text of plan.warnings) hooks.report({ kind: "warning", text });
  if (earlier?.size !== estimates.length) {
    hooks.report({ kind: "stage", text: `Estimating from ${describeSample(acquisition, estimates[0]!.sample)}` });
  }
  const ready = await Promise.all(estimates.map((_, index) => earlier?.get(index) ?? readKept(estimation, index)));
  const isMissing = estimates.some((planned, at) => ready[at] === undefined && !foundEstimate(estimation, planned));
  const planned = isMissing
    ? await withOffsets(estimation, (one, index) =>
        taskOf(estimation, one, `${estimation.places.scratch.key}/${index}`),
      )
    : estimates;
  const shares = estimates.map(() => 0);
  const profiles: ChannelProfile[] = [];
  let [next, missing] = [0, estimates.length];
  const takeEstimates = async () => {
    while (next < estimates.length) {
      const index = next++;
      const onProgress = (share: number) => {
        shares[index] = share;
        const done = shares.reduce((sum, value) => sum + value, 0);
        hooks.report({ kind: "progress", stage: "Estimating", done, total: estimates.length });
      };
      profiles[index] = await obtainEstimate(
        estimation,
        planned[index]!,
        index,
        ready[index],
        () => missing === 1,
        onProgress,
      );
      missing--;
      // What the threads shared is not seen by the engine, which collects when memory of its own is asked for.
      if (missing > 0 || !estimation.areSavedAtOnce) estimation.platform.collectGarbage?.();
    }
  };
  await Promise.all(Array.from({ length: plan.atOnce }, takeEstimates));
  return profiles;
}

async function obtainEstimate(
  estimation: Estimation,
  planned: PlannedEstimate,
  index: number,
  earlier: GivenProfile | undefined,
  isLast: () => boolean,
  onProgress: (share: number) => void,
): Promise<ChannelProfile> {
  const { acquisition, plan, hooks } = estimation;
  const { kept, scratch } = estimation.places;
  if (earlier !== undefined) {
    const { refinement, ...rest } = earlier;
    // The record of a profile that Isolux kept is as Isolux wrote it.
    const again = refinement === undefined ? rest : { ...rest, refinement: refinement as RefinementReport };
    return describeEstimate(acquisition, planned, plan, again);
  }
  const onLost = (found: string) => hooks.report({ kind: "warning", text: lostWorker(found) });
  const running = runEstimate(estimation, planned, `${scratch.key}/${index}`, {
    signal: hooks.signal,
    onProgress: (done, total) => onProgress(done / total),
    onLost,
  });
  const name = targetName(planned.target);
  const estimate = await running.catch((error: unknown) => {
    throw inChannel(error, name);
  });
  for (const text of estimate.warnings) hooks.report({ kind: "warning", text: `Channel ${name}: ${text}` });
  const note = estimate.refinement
    ? describeRefinement(estimate.refinement)
    : plan.isOffsetUnknown && unknownOffsetOf(estimate.profile);
  if (note) hooks.report({ kind: "note", text: `Channel ${name}: ${note}` });
  const profile = describeEstimate(acquisition, planned, plan, estimate);
  if (!(estimation.areSavedAtOnce && isLast()))
    await kept?.store.keep(keptKey(kept, index), encodeChannelProfile(profile, {}));
  return profile;
}

/** A profile that an earlier try has kept; one that cannot be read is estimated again. */
async function readKept({ places: { kept }, hooks }: Estimation, index: number): Promise<GivenProfile | undefined> {
  if (kept === undefined) return undefined;
  const key = keptKey(kept, index);
  const bytes = await kept.store.get(key, { mostBytes: limits.object });
  if (bytes === undefined) return undefined;
  try {
    return decodeProfile(bytes, key, "note");
  } catch {
    hooks.report({ kind: "note", text: `What was kept of a profile is damaged (${key}): estimated again.` });
    return undefined;
  }
}

function keptKey({ key }: Location, index: number): string {
  return `${key}/${index}.npz`;
}

function foundEstimate({ plan: { method }, platform }: Estimation, { target, sample, refine }: PlannedEstimate) {
  return platform.found?.get({ target, method, sample, isRefined: refine !== undefined });
}

/** An estimate as a task. @param scratchKey of the file for planes that do not fit into memory */
function taskOf(
  { plan, places }: Pick<Estimation, "plan" | "places">,
  { target, sample, way, refine }: PlannedEstimate,
  scratchKey: string,
): EstimateTask {
  if (way.kind === "pieces") throw new Error("only empty regions are surveyed in pieces");
  return {
    channel: target.channel.index,
    method: plan.method,
    plan: sample,
    scratch: placeOf({ ...places.scratch, key: scratchKey }),
    memory: way.memory,
    threads: plan.threads,
    refine,
  };
}

async function runEstimate(
  estimation: Estimation,
  planned: PlannedEstimate,
  scratchKey: string,
  hooks: TaskHooks,
): Promise<ProfileEstimate> {
  const { acquisition, plan, places, platform } = estimation;
  const { target, sample, way } = planned;
  const { method } = plan;
  const found = foundEstimate(estimation, planned);
  if (found !== undefined) return found;
  const job = { source: placeOf(places.source) };
  const here = workplaceOf(acquisition, places.scratch.store, platform);
  const { signal, onLost, onProgress } = hooks;
  if (way.kind === "pieces" && method.kind === "empty") {
    const threads = way.plan.workers > 1 ? way.plan.workers : 0;
    const surveys: PieceSurveys = {
      areThreaded: threads > 0 && platform.threads !== undefined,
      survey: (orders, onRead) =>
        map(platform, "survey", job, [orders], { threads, here, signal, onLost, onProgress: onRead }),
    };
    const order = { channel: target.channel.index, plan: sample, cameraOffset: method.cameraOffset };
    return estimateFromPieces(acquisition, surveys, order, way.plan, hooks);
  }
  const task = taskOf(estimation, planned, scratchKey);
  const mapHooks: MapHooks<"estimate"> = {
    // Several estimates at a time have a thread each, which ends with its estimate and so gives back its memory.
    threads: plan.atOnce > 1 ? 1 : 0,
    here,
    signal,
    onLost,
    onProgress: (share) => onProgress?.(share, 1),
  };
  const [estimate] = await map(platform, "estimate", job, [[task]], mapHooks);
  return estimate!;
}

/** An error of an estimation, with the channel it belongs to. */
function inChannel(error: unknown, name: string): unknown {
  if (!(error instanceof IsoluxError) || error.kind !== "estimation") return error;
  const where = error.where === undefined ? `channel ${name}` : `channel ${name}, ${error.where}`;
  return new IsoluxError({ ...error, kind: error.kind, what: error.what, where, cause: error });
}

function describeEstimate(
  acquisition: Acquisition,
  { target, sample }: PlannedEstimate,
  { method }: EstimationPlan,
  estimate: Pick<ChannelProfile, "profile" | "baselineMeaning" | "refinement" | "savedGains">,
): ChannelProfile {
  const { profile, baselineMeaning, refinement, savedGains } = estimate;
  const factorZ = acquisition.levels[sample.level]!.factorsZyx[0];
  return {
    refinement,
    savedGains,
    target,
    source: method.kind,
    profile,
    baselineMeaning,
    alignment: levelAlignment(acquisition, sample.level),
    field: fieldFacts(acquisition, fieldShape(target.tiles[0]!)),
    level: sample.level,
    planes: sample.planes.map(({ tileNumber, plane }) => ({ tile: tileNumber, plane: plane * factorZ })),
  };
}

function describeSample(acquisition: Acquisition, { planes, level, fieldYx }: SamplePlan): string {
  const tiles = new Set(planes.map((plane) => plane.tileNumber)).size;
  const counts = `${formatCount(planes.length, "plane")} of ${formatCount(tiles, "tile")}`;
  const where = level === 0 ? "at full resolution" : `at level ${level}`;
  const depth = fullResolution(acquisition).shapeZyx[0];
  return `${counts} (${fieldYx.join(" x ")} px ${where}; a tile has ${formatCount(depth, "plane")})`;
}

/** What a refinement did, as a sentence for the user. */
function describeRefinement(report: RefinementReport): string {
  const { changed, pairCount, before, heldOut, cameraOffset, offsetOfChannel, strength, gainSpread } = report;
  if (pairCount === 0) return "not refined, as the overlaps show no light.";
  const percent = (figure: number) => `${(100 * figure).toPrecision(3)} %`;
  const gains = gainSpread === undefined ? "" : `tiles differ in brightness by ${percent(gainSpread)}, less which `;
  const apart = `${gains}neighbours are ${percent(before)} apart in ${formatCount(pairCount, "overlap")}`;
  const unknown = report.isOffsetUnknown ? ` ${unknownOffset(report.costOf100Counts ?? 0)}` : "";
  const where = offsetOfChannel === undefined ? "was found" : `is taken off, which channel ${offsetOfChannel} shows`;
  const found = cameraOffset === undefined ? [] : [`a camera offset of ${cameraOffset.toFixed(0)} counts ${where}`];
  const beside = found.map((text) => `; ${text}`).join("");
  if (!changed)
    return `not refined: ${apart}, and no change makes held-out ones agree clearly better${beside}.${unknown}`;
  const smooth = strength === undefined ? [] : ["the profile was corrected smoothly"];
  return `refined: ${apart}; ${[...found, ...smooth].join(", ")}: ${percent(heldOut)} in held-out overlaps.${unknown}`;
}

/** How a profile that was estimated at a level lies over the full resolution. */
function levelAlignment({ levels }: Acquisition, level: number): ProfileAlignment {
  const [, y, x] = levels[level]!.factorsZyx;
  return { kind: "centres", factorYx: [y, x] };
}
