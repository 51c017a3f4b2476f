/** A server from its parameters to the address that it listens at. */

import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Advised } from "../advise/take-advice-node.ts";
import { omeAttributes } from "../ngff/group.ts";
import { chooseProfileSource } from "../parameters/profile-source.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import { collectWarnings } from "../parameters/run-events.ts";
import type { CorrectParameters } from "../parameters/schema.ts";
import type { ReaderHint, ServeParameters, ServeSummary } from "../parameters/serve-schema.ts";
import { locateFolder, locateImage, locateModels } from "../pipeline/places/find-places-node.ts";
import { readSettings } from "../pipeline/places/locate-request-node.ts";
import { defaultOutputName } from "../pipeline/places/output-places-node.ts";
import type { CorrectRequest } from "../pipeline/places/request.ts";
import { summariseProfile } from "../pipeline/profiles/channel-profile.ts";
import { threadsAhead } from "../pipeline/threads/platform.ts";
import { inMarkup } from "../plain-text.ts";
import { reportingPlatform } from "../report/report-file-node.ts";
import { secondsSince } from "../wait.ts";
import { removeTree } from "../zarr/disk/places-node.ts";
import { isJsonObject, type JsonObject, readJson } from "../zarr/json.ts";
import { MemoryStore } from "../zarr/memory-store.ts";
import { keyName } from "../zarr/store.ts";
import type { MountedImage } from "./answer-node.ts";
import type { CorrectedStore } from "./corrected-store.ts";
import type { SharedWith } from "./http-rules.ts";
import { openServed, type ServedStores } from "./serve-image.ts";
import { type ListeningServer, listen } from "./server-node.ts";

/** A server that was started. */
export interface RunningServer {
  readonly summary: ServeSummary;
  /** The corrected image, to be read without the server. */
  readonly store: CorrectedStore;
  /** Ends connections and workers. */
  close(): Promise<void>;
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
  const served = await openServed(request, platform, collecting).finally(() => removeTree(scratch));
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
        seconds: secondsSince(startedMs),
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

// Who may ask.

/** Pages that show OME-Zarr images of any address, to which links are printed. */
const publicViewers = [
  "https://neuroglancer-demo.appspot.com",
  "https://hms-dbmi.github.io",
  "https://avivator.gehlenborglab.org",
  "https://ome.github.io",
] as const;

function sharedWith({ cors }: ServeParameters): SharedWith {
  if (cors?.includes("*")) return { kind: "everybody" };
  return { kind: "origins", origins: cors ?? publicViewers };
}

// How other programs read an image that is served: links and commands, and the page that lists them.

/** What links need of an image. */
interface ShownImage {
  readonly name: string;
  readonly address: string;
  /** Its multiscale and display settings. */
  readonly ome: JsonObject;
  /** Extents of the full resolution along planes, rows and columns. */
  readonly shapeZyx: readonly number[];
  readonly pixelSizeUmZyx: readonly number[];
  /** Where its source lies. */
  readonly source: string;
}

/**
 * Links to pages that show images, by short names: the server redirects to the page.
 * @param images one, or two side by side: the first is the corrected one
 */
function viewerLinks(images: readonly ShownImage[]): ReadonlyMap<string, string> {
  const encoded = encodeURIComponent(images[0]!.address);
  return new Map([
    ["neuroglancer", neuroglancerLink(images)],
    ["vizarr", `https://hms-dbmi.github.io/vizarr/?source=${encoded}`],
    ["look", `app/#${new URLSearchParams({ image: images.at(-1)!.address, source: images[0]!.source })}`],
    ["validator", `https://ome.github.io/ome-ngff-validator/?source=${encoded}`],
  ]);
}

/** How programs read an image of a server. @param server its address */
function readerHints({ address }: ShownImage, server: string): ReaderHint[] {
  return [
    { name: "Isolux", kind: "link", text: `${server}/look` },
    { name: "Neuroglancer", kind: "link", text: `${server}/neuroglancer` },
    { name: "vizarr", kind: "link", text: `${server}/vizarr` },
    { name: "validator", kind: "link", text: `${server}/validator` },
    { name: "napari", kind: "command", text: `napari --plugin napari-ome-zarr ${address}` },
    { name: "zarr-python", kind: "command", text: `zarr.open_group("${address}", mode="r")["0"]` },
  ];
}

/** A link that shows every channel within its window, in its colour. */
function neuroglancerLink(images: readonly ShownImage[]): string {
  const [first] = images;
  const axes = ["z", "y", "x"];
  const dimensions = Object.fromEntries(axes.map((axis, at) => [axis, [first!.pixelSizeUmZyx[at]! * 1e-6, "m"]]));
  const state = {
    dimensions: { x: dimensions.x, y: dimensions.y, z: dimensions.z },
    position: [2, 1, 0].map((axis) => first!.shapeZyx[axis]! / 2),
    crossSectionScale: Math.max(1, first!.shapeZyx[1]! / 800),
    layers: images.flatMap((image, index) => layersOf(image, index === 0)),
    layout: "xy",
  };
  return `https://neuroglancer-demo.appspot.com/#!${encodeURIComponent(JSON.stringify(state))}`;
}

function layersOf({ name, address, ome }: ShownImage, isVisible: boolean): JsonObject[] {
  const omero = isJsonObject(ome.omero) ? ome.omero : {};
  const channels = Array.isArray(omero.channels) ? omero.channels.filter(isJsonObject) : [];
  const shown = channels.length === 0 ? [{}] : channels;
  return shown.map((channel: JsonObject, index) => {
    const color = /^[0-9a-f]{6}$/i.test(String(channel.color)) ? `#${channel.color}` : "#ffffff";
    const window = isJsonObject(channel.window) ? channel.window : undefined;
    const range = window === undefined ? {} : { shaderControls: { normalized: { range: [window.start, window.end] } } };
    return {
      type: "image",
      source: `zarr://${address}/`,
      name: `${name} ${channel.label ?? index}`,
      localDimensions: { "c'": [1, ""] },
      localPosition: [index],
      shader: `#uicontrol invlerp normalized\n#uicontrol vec3 color color(default="${color}")\nvoid main() { emitRGB(color * normalized()); }`,
      blend: "additive",
      opacity: 1,
      visible: isVisible,
      ...range,
    };
  });
}

/** The page of a server: what it serves, and how that is read. */
function serverPage({ corrected, raw, source, readers, profiles }: ServeSummary): string {
  const images = [["Corrected", corrected], ...(raw === undefined ? [] : [["As it is", raw]])];
  const rows = [
    ...images.map(([name, address]) => row(name!, link(address!, address!))),
    ...readers.map(({ name, kind, text }) => row(name, kind === "link" ? link(text, `open in ${name}`) : code(text))),
  ];
  const from = profiles.map(({ label, source: kind }) => `${label}: ${kind}`).join(", ");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Isolux</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
:root { color: light-dark(#1b1f24, #e6e9ec); background: light-dark(#fff, #14171a); }
body { margin: 2rem auto; max-width: 46rem; padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; }
a { color: light-dark(#0b6e75, #5cc4cb); }
th { text-align: left; padding: 0.2rem 1.5rem 0.2rem 0; vertical-align: top; font-weight: 500; white-space: nowrap; }
@media (max-width: 560px) { tr, th, td { display: block; } td { margin-bottom: 0.5rem; } }
</style></head><body>
<h1>Corrected when it is read</h1>
<p>${inMarkup(source)} is served as an OME-Zarr. Nothing is written: every chunk is corrected when a program asks for it.
Profiles: ${inMarkup(from)}.</p>
<table>${rows.join("\n")}</table>
</body></html>
`;
}

function row(name: string, content: string): string {
  return `<tr><th>${inMarkup(name)}</th><td>${content}</td></tr>`;
}

function link(address: string, text: string): string {
  return `<a href="${inMarkup(address)}">${inMarkup(text)}</a>`;
}

function code(text: string): string {
  return `<code>${inMarkup(text)}</code>`;
}
