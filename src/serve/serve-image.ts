/** From the parameters of a correction to its image as a store, computed when it is read by worker threads. */
import { type Acquisition, fullResolution } from "../acquisition/acquisition.ts";
import { storedLevel } from "../acquisition/sampled-level.ts";
import { loadKernels } from "../kernels/load-kernels.ts";
import { attributesDocument } from "../ngff/group.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import type { ChunkJob, MadeChunk, PlacedOrder } from "../pipeline/blocks/chunk-maker.ts";
import type { OutputImage } from "../pipeline/output/template.ts";
import { type Location, placeOf } from "../pipeline/places/location.ts";
import type { CorrectRequest } from "../pipeline/places/request.ts";
import { type ChannelProfile, checksums, profileFields } from "../pipeline/profiles/channel-profile.ts";
import { recordTiles } from "../pipeline/record/tiles-record.ts";
import { obtainProfiles } from "../pipeline/run/begin-run.ts";
import { checkGivenProfiles } from "../pipeline/run/check-given.ts";
import { reportLosses } from "../pipeline/run/losses.ts";
import { openRun, planPixels } from "../pipeline/run/plan-run.ts";
import { hasDisplay, imageAttributes } from "../pipeline/run/write-metadata.ts";
import { openTeam, type Team, workplaceOf } from "../pipeline/threads/executor.ts";
import type { Platform } from "../pipeline/threads/platform.ts";
import { lostWorker } from "../pipeline/threads/thread-messages.ts";
import { formatBytes, formatCount } from "../quantities.ts";
import { arrayBytes } from "../shapes.ts";
import { joinKey } from "../zarr/store.ts";
import { ChunkService, type ChunkWorkers } from "./chunk-service.ts";
import { addAttributes, CorrectedStore } from "./corrected-store.ts";
import { identityOf, sourcesOf, uncounted } from "./open-corrected.ts";
import { type ServedCodec, servedImage } from "./served-image.ts";
import { type Pyramid, planServing, waysOf } from "./serving-plan.ts";
import { objectsToWatch, SourceWatch } from "./source-watch.ts";

/** A correction that is not written. */
interface ServeRequest {
  readonly correction: CorrectRequest;
  readonly codec: ServedCodec;
  readonly pyramid: Pyramid;
  /** A folder for planes of an estimation that do not fit into memory. */
  readonly scratch: Location;
}

/** A corrected image, and its source in the same form. */
export interface ServedStores {
  readonly acquisition: Acquisition;
  readonly corrected: CorrectedStore;
  readonly raw: CorrectedStore;
  readonly profiles: readonly ChannelProfile[];
  /** A digest of the source and of what is done to it. */
  readonly identity: string;
  readonly workers: number;
  /** Ends the workers: nothing can be read any more. */
  close(): Promise<void>;
}

/**
 * Obtains the profiles of a correction, as a run that writes its output, and opens its image.
 * @throws IsoluxError for everything that prevents the correction, `memory` where it does not fit
 */
export async function openServed(request: ServeRequest, platform: Platform, hooks: RunHooks): Promise<ServedStores> {
  const { correction, codec, pyramid } = request;
  await loadKernels();
  const served = await planServed(request, platform, hooks);
  const { acquisition, image, plan, watch } = served;
  const profiles = await obtainServedProfiles(request, served, platform, hooks);
  const fields = profileFields(acquisition, profiles, correction.parameters.background);
  const ways = waysOf(acquisition, image.levels, fields, pyramid);
  const { chunks, close } = await beginWorkers(request, served, ways, platform, hooks);
  const how = [correction.parameters.background, codec, pyramid, ...(correction.parameters.channels ?? [])];
  const identity = identityOf([watch.digest, ...checksums(profiles), ...how]);
  const { location } = acquisition;
  const parts = { location, image, chunks, identity, watch, sources: sourcesOf(acquisition, image, ways), close };
  const corrected = new CorrectedStore({ ...parts, isRaw: false });
  const raw = new CorrectedStore({ ...parts, isRaw: true });
  try {
    await describe({ corrected, raw }, served.output, { acquisition, request: correction }, profiles);
  } catch (error) {
    await close();
    throw error;
  }
  return { acquisition, corrected, raw, profiles, identity, workers: plan.workers, close };
}

type ServedImage = Awaited<ReturnType<typeof planServed>>;

/** Opens the source, and decides all that can be decided before a pixel is read; from here on the source is watched. */
async function planServed({ correction, codec, pyramid }: ServeRequest, platform: Platform, hooks: RunHooks) {
  const run = await openRun(correction, hooks);
  const { acquisition, opened } = run;
  const pixels = await planPixels(run, correction, platform, hooks);
  const output = pixels.template.images[0]!;
  const note = (text: string) => hooks.report({ kind: "note", text });
  const source = opened.kind === "mosaic" ? opened.acquisition : correction.places.source;
  const image = await servedImage(output, codec, source, note);
  const plan = planServing(acquisition, image.levels, pixels.planRequest, run.targets.length, pyramid);
  const watched = await objectsToWatch(opened);
  const watch = await SourceWatch.begin(watched);
  reportPlan(acquisition, plan.workers, correction.parameters.memory, note);
  return { acquisition, pixels, output, image, plan, watched, watch };
}

async function obtainServedProfiles(
  { correction, scratch }: ServeRequest,
  { acquisition, pixels }: ServedImage,
  platform: Platform,
  hooks: RunHooks,
): Promise<readonly ChannelProfile[]> {
  const folder = (name: string) => ({ ...scratch, key: joinKey(scratch.key, name) });
  await checkGivenProfiles(acquisition, pixels.given, correction.parameters, hooks);
  const profiles = await obtainProfiles({ request: correction, acquisition, ...pixels }, { folder }, platform, hooks);
  if (pixels.profilePlan.kind === "estimated") await reportLosses(acquisition, profiles, correction.parameters, hooks);
  return profiles;
}

/** Starts the workers that make chunks, and what gives them work. */
async function beginWorkers(
  { correction, scratch }: ServeRequest,
  { acquisition, image, plan: { workers: wanted, cacheBytes, limits }, watched, watch }: ServedImage,
  ways: ChunkJob["ways"],
  platform: Platform,
  hooks: RunHooks,
) {
  const witness = watched.store === correction.places.source.store ? watch.witness : undefined;
  const source = placeOf({ ...correction.places.source, state: { sinceMs: watch.sinceMs, witness } });
  // Pages that were never written to take no memory
  const buffers = {
    memory: new SharedArrayBuffer(limits.buffers * limits.bufferBytes),
    bufferBytes: limits.bufferBytes,
  };
  const job: ChunkJob = { source, levels: image.levels, ways, cacheBytes, buffers };
  const here = workplaceOf(acquisition, scratch.store, platform);
  const workers = await Workers.begin(wanted, (count) => {
    return openTeam(platform, "chunks", job, count, here, { onLost: (found) => warnOfLost(found, hooks) });
  });
  return { chunks: new ChunkService(workers, buffers, limits.waiting), close: () => workers.close() };
}

/** Gives both images their attributes. */
async function describe(
  { corrected, raw }: Pick<ServedStores, "corrected" | "raw">,
  output: OutputImage,
  asked: Parameters<typeof imageAttributes>[0],
  profiles: readonly ChannelProfile[],
): Promise<void> {
  const { background: choice } = asked.request.parameters;
  const channels = profiles.map((profile) => uncounted(profile, choice));
  const tiles = await recordTiles(asked.acquisition, asked.request.parameters);
  await addAttributes(corrected, output, (windows) => {
    return imageAttributes(asked, output, { channels, tiles }, corrected.levels, hasDisplay(output) ? windows : []);
  });
  const { zarrFormat, attributes } = output;
  raw.describe(attributesDocument({ zarrFormat, attributes }));
}

function reportPlan(acquisition: Acquisition, workers: number, memory: number, note: (text: string) => void): void {
  const { type, shapeCzyx } = storedLevel(fullResolution(acquisition));
  const pixels = formatBytes(arrayBytes(type, shapeCzyx));
  const counts = `${formatCount(acquisition.tiles.length, "tile")}, ${formatCount(workers, "worker")}`;
  note(`${pixels} of pixels in ${counts}; at most ${formatBytes(memory)} of memory. Nothing is written.`);
}

function warnOfLost(found: string, { report }: RunHooks): void {
  report({ kind: "warning", text: lostWorker(found) });
}

/** Worker threads that make chunks, and others in their place where they could not go on. */
class Workers implements ChunkWorkers {
  readonly size: number;
  private readonly open: () => Promise<Team<"chunks">>;
  private team: Promise<Team<"chunks">>;

  private constructor(size: number, open: () => Promise<Team<"chunks">>, team: Team<"chunks">) {
    this.size = size;
    this.open = open;
    this.team = Promise.resolve(team);
  }

  /** @throws IsoluxError where a worker cannot begin */
  static async begin(wanted: number, open: (count: number) => Promise<Team<"chunks">>): Promise<Workers> {
    const team = await open(wanted);
    return new Workers(team.size, () => open(wanted), team);
  }

  async work(order: PlacedOrder): Promise<MadeChunk> {
    const { team } = this;
    try {
      return await (await team).work(order);
    } catch (error) {
      // All of them are new, as the team has lost one for good
      if (this.team === team) {
        await (await team.catch(() => undefined))?.[Symbol.asyncDispose]();
        if (this.team === team) this.team = this.open();
        this.team.catch(() => undefined);
      }
      throw error;
    }
  }

  async close(): Promise<void> {
    await (await this.team.catch(() => undefined))?.[Symbol.asyncDispose]();
  }
}
