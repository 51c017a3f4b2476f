/** A server from its parameters to the address that it listens at. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Advised } from "../advise/take-advice-node.ts";
import { IsoluxError } from "../errors.ts";
import { omeAttributes } from "../ngff/group.ts";
import { chooseProfileSource } from "../parameters/profile-source.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import type { CorrectParameters } from "../parameters/schema.ts";
import type { ServeParameters, ServeSummary } from "../parameters/serve-schema.ts";
import { locateFolder, locateImage, locateModels } from "../pipeline/places/find-places-node.ts";
import { readSettings } from "../pipeline/places/locate-request-node.ts";
import { defaultOutputName } from "../pipeline/places/output-places-node.ts";
import type { CorrectRequest } from "../pipeline/places/request.ts";
import { summariseProfile } from "../pipeline/profiles/channel-profile.ts";
import { collectWarnings } from "../pipeline/run/collect-warnings.ts";
import { threadsAhead } from "../pipeline/threads/platform.ts";
import { reportingPlatform } from "../report/report-file-node.ts";
import { readJson } from "../zarr/json.ts";
import { MemoryStore } from "../zarr/memory-store.ts";
import { keyName } from "../zarr/store.ts";
import type { MountedImage } from "./answer-node.ts";
import type { CorrectedStore } from "./corrected-store.ts";
import { isLoopback, publicViewers, type SharedWith } from "./http-rules.ts";
import { openServed, type ServedStores } from "./serve-image.ts";
import { checkFree, type ListeningServer, listen } from "./server-node.ts";
import { readerHints, type ShownImage, serverPage, viewerLinks } from "./viewers.ts";

/** A server that was started. */
export interface RunningServer {
  readonly summary: ServeSummary;
  /** The corrected image, to be read without the server. */
  readonly store: CorrectedStore;
  /** Ends connections and workers. */
  close(): Promise<void>;
}

/** Refuses what can be refused before an image is opened. @throws IsoluxError `usage` */
export async function checkServer({
  host,
  port,
  token,
}: Pick<ServeParameters, "host" | "port" | "token">): Promise<void> {
  if (isLoopback(host) || token !== undefined) return await checkFree({ host, port });
  throw new IsoluxError({
    kind: "usage",
    what: "Other machines may read only what has a token",
    found: `--host ${host}`,
    advice: "Add --token with a secret of your own, which becomes a part of the address",
  });
}

/** Opens an image and serves it. @throws IsoluxError for everything that prevents that */
export async function runServer(
  server: ServeParameters,
  { parameters, advice, found }: Advised<CorrectParameters>,
  hooks: RunHooks,
): Promise<RunningServer> {
  const startedMs = Date.now();
  const { collecting, warnings } = collectWarnings(hooks);
  const platform = reportingPlatform(found);
  const correction = { ...(await locate(parameters)), advice };
  const scratch = await mkdtemp(join(tmpdir(), "isolux-serve-"));
  await using _waiting = await threadsAhead({ ...correction, source: correction.places.source }, platform);
  const request = { correction, codec: server.codec, pyramid: server.pyramid, scratch: locateFolder(scratch) };
  const served = await openServed(request, platform, collecting).finally(() =>
    rm(scratch, { recursive: true, force: true }),
  );
  try {
    const images = mounted(served, keyName(correction.places.output.key), server.raw);
    let summary: ServeSummary | undefined;
    const pages = async (address: string) => {
      const shown = await Promise.all(images.map((image) => shownImage(image, address, served)));
      summary = {
        page: `${address}/`,
        corrected: shown[0]!.address,
        ...(shown[1] === undefined ? {} : { raw: shown[1].address }),
        source: served.acquisition.location,
        profiles: served.profiles.map(summariseProfile),
        readers: readerHints(shown[0]!, address),
        workers: served.workers,
        seconds: (Date.now() - startedMs) / 1000,
        warnings,
        ...(advice === undefined ? {} : { advice }),
      };
      return { root: serverPage(summary), links: viewerLinks(shown) };
    };
    const { host, port, token } = server;
    const listening: ListeningServer = await listen({ images, host, port, token, shared: sharedWith(server), pages });
    const close = async () => {
      await listening.close();
      await served.close();
    };
    return { summary: summary!, store: served.corrected, close };
  } catch (error) {
    await served.close();
    throw error;
  }
}

/** The correction with its places: its output has a name, but is nowhere. */
async function locate(parameters: CorrectParameters): Promise<CorrectRequest> {
  const profileSource = chooseProfileSource(parameters, "key");
  const source = await locateImage(parameters);
  const key = defaultOutputName(keyName(source.key), false, parameters.rotation);
  const models = profileSource.kind === "given" ? { models: locateModels(profileSource.modelsFolder) } : {};
  const places = { source, output: { kind: "folder", store: new MemoryStore(), key }, ...models } as const;
  return { places, parameters, profileSource, ...(await readSettings(parameters)) };
}

/** The images of a server: a new profile has a new address, so that no viewer mixes what it knows of two. */
function mounted({ corrected, raw, identity }: ServedStores, output: string, withRaw: boolean): MountedImage[] {
  const name = `${output.replace(/(\.ome)?\.zarr$/i, "").replaceAll(/[^A-Za-z0-9_.-]/g, "_")}.zarr`;
  const folder = identity.slice(0, 12);
  const own = { folder, name, store: corrected };
  return withRaw ? [own, { folder, name: name.replace("_flatfield_corr", ""), store: raw }] : [own];
}

async function shownImage(
  { folder, name, store }: MountedImage,
  address: string,
  { acquisition }: ServedStores,
): Promise<ShownImage> {
  const attributes = (await readJson(store, ".zattrs")) ?? (await readJson(store, "zarr.json"))?.attributes ?? {};
  return {
    name: name.replace(/\.zarr$/, ""),
    address: `${address}/${folder}/${name}`,
    ome: omeAttributes(attributes as Parameters<typeof omeAttributes>[0]),
    shapeZyx: store.levels[0]!.shapeZyx,
    pixelSizeUmZyx: acquisition.pixelSizeUmZyx,
    source: acquisition.location,
  };
}

function sharedWith({ cors }: ServeParameters): SharedWith {
  if (cors?.includes("*")) return { kind: "everybody" };
  return { kind: "origins", origins: cors ?? publicViewers };
}
