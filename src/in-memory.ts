/** Whole estimations that write to memory only, for pages: what `isolux estimate` does, without a disk or threads. */

import type { Acquisition, MosaicImage } from "./acquisition/acquisition.ts";
import { adviseImage, withAdvice } from "./advise/advise-image.ts";
import { noBetter } from "./advise/tell-advice.ts";
import { IsoluxError } from "./errors.ts";
import type { Advice } from "./parameters/advice.ts";
import { chooseProfileSource, orderOf } from "./parameters/profile-source.ts";
import type { RunHooks } from "./parameters/run-events.ts";
import { type EstimateParameters, estimateSchema } from "./parameters/schema.ts";
import type { EstimateSummary } from "./parameters/summaries.ts";
import { commandLine, type RawParameters, validate } from "./parameters/validate.ts";
import type { VerdictSummary } from "./parameters/verdict-summary.ts";
import { estimateImage } from "./pipeline/estimate-image.ts";
import { type ChannelProfile, profileAtField, profileTargets } from "./pipeline/profiles/channel-profile.ts";
import { FoundEstimates } from "./pipeline/profiles/found-estimates.ts";
import { readGivenProfiles } from "./pipeline/profiles/given-profiles.ts";
import type { Platform } from "./pipeline/threads/platform.ts";
import { shellWord } from "./plain-text.ts";
import { profileKey } from "./profile/formats/find-profile.ts";
import type { Profile } from "./profile/profile.ts";
import { drawReport } from "./report/draw-report.ts";
import { checkLocated } from "./report/quality/check-images.ts";
import { quickCheckBytes } from "./report/quality/plan-check.ts";
import { verdictOfProfiles } from "./report/quality/verdict-of-profiles.ts";
import { correctedStore, type StoredModels } from "./serve/open-corrected.ts";
import { fieldShape } from "./tiles/tile.ts";
import { MemoryStore } from "./zarr/memory-store.ts";
import type { ReadableStore } from "./zarr/store.ts";

const folder = "profiles";
/** A page may use about this much; what is larger is read in parts. */
const memory = "1GB";

/** An image in a store. */
export interface StoredSource {
  readonly store: ReadableStore;
  readonly key: string;
}

/** An estimation: what it did, its profiles as files, and the command that repeats it. */
export interface MemoryEstimation {
  readonly summary: EstimateSummary;
  /** Bytes of `profiles.npz` by their path in a models folder, such as `488/profiles.npz` or `488/Left/profiles.npz`. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** `isolux estimate IMAGE ...` */
  readonly command: string;
  /** What of the command does not depend on where the image and its profiles lie: its options. */
  readonly options: string;
}

/**
 * Estimates the profiles of an image; where nothing names a way to them, the best one is chosen.
 * @param given parameters of `isolux estimate` by their keys, such as `{ zLevels: [50, 600], channels: ["488"] }`
 * @throws IsoluxError `usage`, `no-gain` where no correction is better than the image, and as reading does
 */
export async function estimateInMemory(
  source: StoredSource,
  given: RawParameters,
  hooks: RunHooks,
): Promise<MemoryEstimation> {
  const raw = { memory, workers: 1, ...given, image: source.store.location || source.key, output: folder };
  const order = orderOf(validate(estimateSchema, raw, { spelling: "key" }), raw, "key");
  const found = new FoundEstimates();
  const isChosen = order.parameters.auto || order.isOpen;
  const advice = isChosen
    ? await adviseImage(
        { source, task: { kind: "estimate", parameters: order.parameters }, found, verdicts: platform.verdicts },
        hooks,
      )
    : undefined;
  const parameters = advice === undefined ? order.parameters : decided(order.parameters, advice);
  const output = { store: new MemoryStore(), key: folder };
  const summary = await estimateImage(
    { source, output, parameters, profileSource: estimated(parameters), advice },
    { ...platform, found },
    hooks,
  );
  const command = advice?.command ?? commandFor(parameters);
  const options = optionsOf(command, order.parameters);
  return { summary, files: await filesOf(output.store, summary), command, options };
}

function optionsOf(command: string, { image }: EstimateParameters): string {
  const own = command.slice(`isolux estimate ${shellWord(image)}`.length);
  return own
    .replace(` --output ${folder}`, "")
    .replace(/ --memory \S+/, "")
    .trim();
}

/** The parameters of the chosen way. @throws IsoluxError `no-gain` where that is no correction */
function decided(asked: EstimateParameters, advice: Advice): EstimateParameters {
  if (advice.candidates[advice.chosen]!.source === "none") throw noBetter(advice, asked.image);
  return withAdvice(asked, advice.parameters);
}

/**
 * Assesses profiles that lie in a store as a models folder, on an image.
 * @returns the verdict, and the profiles at the tiles' full resolution by their path in the folder
 * @throws IsoluxError `not-found`, `invalid` and as reading does
 */
export async function assessModels(
  acquisition: Acquisition,
  models: StoredSource & { readonly store: MemoryStore },
  channels: readonly string[],
  hooks: RunHooks,
): Promise<{ readonly verdict: VerdictSummary; readonly profiles: ReadonlyMap<string, Profile> }> {
  const chosen = acquisition.channels.filter(({ label }) => channels.includes(label));
  const targets = profileTargets(acquisition, chosen, "separate");
  const given = await readGivenProfiles(acquisition, targets, models, hooks);
  const verdict = await verdictOfProfiles({ acquisition, profiles: given, background: "keep", seed: 0 }, hooks);
  return { verdict, profiles: new Map(given.map((profile) => [pathOf(profile), atTile(profile)])) };
}

/**
 * The report on a correction that is not written: what is compared is corrected when it is read.
 * @param models the profiles of the channels that are corrected
 * @param command what does the same, as it stands in the report
 * @returns the page, and its figures as JSON
 * @throws IsoluxError as {@link correctedStore} and reading do
 */
export async function reportInMemory(
  image: MosaicImage,
  models: StoredModels,
  command: string,
  hooks: RunHooks,
): Promise<{ readonly html: string; readonly json: string }> {
  const onWarning = (text: string) => hooks.report({ kind: "warning", text });
  // What the image contradicts is seen in the report.
  const store = await correctedStore(image, models, { codec: "raw", trustProfiles: true, onWarning });
  const source = { store: image.store, key: image.key };
  const parameters = { channels: [...models.channels], seed: 0 };
  const check = await checkLocated({ source, corrected: { store, key: "" }, models, parameters }, hooks);
  return await drawReport(check, command);
}

function atTile(profile: ChannelProfile): Profile {
  return profileAtField(profile, fieldShape(profile.target.tiles[0]!));
}

function pathOf({ target: { channel, side } }: ChannelProfile): string {
  return profileKey("", channel.label, side);
}

const platform: Platform = {
  availableWorkers: 1,
  processName: "page",
  isRunning: () => false,
  verdicts: {
    assess: verdictOfProfiles,
    projectedBytes: async ({ acquisition, seed }) => quickCheckBytes(acquisition, seed),
  },
};

function estimated(parameters: EstimateParameters) {
  const source = chooseProfileSource(parameters, "key");
  if (source.kind !== "given") return source;
  throw new IsoluxError({
    kind: "usage",
    what: "An estimate takes no models folder",
    advice: "Drop it, or correct the image with it",
  });
}

async function filesOf(store: MemoryStore, { channels }: EstimateSummary): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const { label, side } of channels) {
    const path = profileKey("", label, side);
    files.set(path, (await store.get(profileKey(folder, label, side), { mostBytes: Number.POSITIVE_INFINITY }))!);
  }
  return files;
}

function commandFor({ memory: _, workers: __, ...parameters }: EstimateParameters): string {
  return commandLine("estimate", estimateSchema, parameters);
}
