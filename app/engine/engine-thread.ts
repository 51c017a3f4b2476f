/** The thread of the engine: opens an image, reads planes, estimates profiles and assesses them. */
import {
  assessModels,
  correctedStore,
  correctPlane,
  estimateInMemory,
  findEmptyRegions,
  IsoluxError,
  loadKernels,
  MemoryStore,
  type MosaicImage,
  type Profile,
  reportInMemory,
} from "isolux";
import { writeNewFile } from "./handle-files.ts";
import type {
  ChannelResult,
  DrawnProfile,
  Engine,
  FromEngine,
  ImageFacts,
  PlaneBox,
  Progress,
  Source,
  ToEngine,
} from "./messages.ts";
import { openSource } from "./open-source.ts";
import { readInStrips } from "./read-strips.ts";
import { writeImage } from "./write-image.ts";

const stops = new Map<number, AbortController>();
let image: MosaicImage | undefined;
/** How many images were asked for: only the last one is opened. */
let asked = 0;
// While the user still looks for an image
void loadKernels().catch(() => undefined);
/** The image that the page's address names, which is opened while the page itself is still loaded. */
let early = openEarly();
/** By the labels of channels: the profiles that are shown, and their files. */
const applied = new Map<string, ReadonlyMap<string, Profile>>();
const files = new Map<string, ReadonlyMap<string, Uint8Array>>();

/** What a call has beside its arguments. */
interface Call {
  readonly signal: AbortSignal;
  readonly tell: (progress: Progress) => void;
}

type Served = {
  readonly [Name in keyof Engine]: (call: Call, ...args: Parameters<Engine[Name]>) => ReturnType<Engine[Name]>;
};

const engine: Served = {
  async open({ signal }, source) {
    const own = ++asked;
    const isEarly = source.kind === "address" && source.address === early?.address;
    const { opening, notes } = isEarly ? early! : begin(source);
    early = undefined;
    const [opened] = await Promise.race([opening, untilAborted(signal)]);
    if (own !== asked) throw stopped();
    image = opened;
    applied.clear();
    files.clear();
    return factsOf(opened, notes, source.kind === "address" ? source.address : undefined);
  },

  async readPlane(_, { channel, level, z, startYx, stopYx }: PlaneBox) {
    const box = { start: [z, ...startYx], stop: [z + 1, ...stopYx] } as const;
    return new Float32Array(await readInStrips(current().levels[level]!, channel, box));
  },

  async findEmpty({ signal, tell }, labels) {
    const { channels } = current();
    const chosen = channels.filter(({ label }) => labels.includes(label)).map(({ index }) => index);
    const onChunk = (done: number, total: number) => tell({ text: "Looking at every tile", share: done / total });
    return await findEmptyRegions(current(), { seed: 0, channels: chosen }, { signal, onChunk });
  },

  async estimate({ signal, tell }, channel, given) {
    const opened = current();
    const { store, key } = opened;
    const warnings: string[] = [];
    const hooks = { signal, report: reporter(tell, warnings) };
    const found = await estimateInMemory({ store, key }, { ...given, channels: [channel] }, hooks);
    return await resultOf(opened, channel, found.files, hooks, { options: found.options, warnings });
  },

  async useFile({ signal, tell }, channel, bytes) {
    const warnings: string[] = [];
    const hooks = { signal, report: reporter(tell, warnings) };
    const own = new Map([[`${channel}/profiles.npz`, bytes]]);
    return await resultOf(current(), channel, own, hooks, { warnings });
  },

  async write(call, folder, name) {
    const store = await correctedStore(current(), await models(), { codec: "same", pyramid: "exact" });
    await writeImage(store, folder, name, call);
    return name;
  },

  async save(_, folder, some) {
    for (const [path, content] of some) await writeNewFile(folder, path, content);
  },

  async report({ signal, tell }, command) {
    const hooks = { signal, report: reporter(tell, []) };
    return (await reportInMemory(current(), await models(), command, hooks)).html;
  },

  async correctedTile(_, channel, number, z) {
    const { index } = current().channels.find(({ label }) => label === channel)!;
    const { box } = current().tiles.find((tile) => tile.number === number)!;
    const [, y, x] = box.start;
    const pixels = await current().levels[0]!.readBox(index, {
      start: [z, y, x],
      stop: [z + 1, box.stop[1], box.stop[2]],
    });
    const [profile] = applied.get(channel)!.values();
    correctPlane(pixels, profile!);
    return new Float32Array(pixels);
  },
};

/** Begins to open a source. */
function begin(source: Source) {
  const notes: string[] = [];
  return { opening: Promise.all([openSource(source, (text) => notes.push(text)), loadKernels()]), notes };
}

function openEarly() {
  const address = new URLSearchParams(location.hash.slice(1)).get("image");
  if (address === null) return undefined;
  const begun = begin({ kind: "address", address });
  // Said where the page asks for it
  begun.opening.catch(() => undefined);
  return { address, ...begun };
}

function current(): MosaicImage {
  if (image === undefined) throw new IsoluxError({ kind: "usage", what: "No image is open" });
  return image;
}

const stopped = () => new IsoluxError({ kind: "interrupted", what: "Stopped" });

/** Never comes, but throws once a call is taken back: who waits for a server can stop. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(stopped()), { once: true });
  });
}

/** The profiles of all channels that have one, as a models folder. */
async function models() {
  const store = new MemoryStore();
  for (const some of files.values()) for (const [path, bytes] of some) await store.set(path, bytes);
  return { store, key: "", channels: [...files.keys()] };
}

function factsOf(opened: MosaicImage, notes: readonly string[], address: string | undefined): ImageFacts {
  const { key, store, type, channels, levels, tiles, hasTileTable, pixelSizeUmZyx } = opened;
  return {
    name: [store.location, key].filter((part) => part !== "").join("/"),
    ...(address === undefined ? {} : { address }),
    type,
    channels: channels.map(({ label, display }) => ({
      label,
      ...(display?.color === undefined ? {} : { color: display.color }),
    })),
    levels: levels.map(({ shapeZyx, factorsZyx }) => ({ shapeZyx, factorsZyx })),
    tiles: tiles.map(({ number, box, sides = [] }) => ({ number, start: box.start, stop: box.stop, sides })),
    hasTileTable,
    bytes: channels.length * levels[0]!.shapeZyx.reduce((a, b) => a * b, 1) * (Number(/\d+/.exec(type)?.[0] ?? 8) / 8),
    pixelSizeUmZyx,
    notes,
  };
}

/** Events of a run as the page shows them. */
function reporter(tell: (progress: Progress) => void, warnings: string[]) {
  return (event: Parameters<Parameters<typeof estimateInMemory>[2]["report"]>[0]) => {
    if (event.kind === "stage") tell({ text: event.text });
    if (event.kind === "progress")
      tell({ text: event.stage, ...(event.total > 0 && { share: event.done / event.total }) });
    if (event.kind === "warning") warnings.push(event.text);
  };
}

/** Assesses profiles, and makes them ready to be drawn and saved. */
async function resultOf(
  opened: MosaicImage,
  channel: string,
  own: ReadonlyMap<string, Uint8Array>,
  hooks: Parameters<typeof assessModels>[3],
  rest: Pick<ChannelResult, "options" | "warnings">,
): Promise<ChannelResult> {
  const store = new MemoryStore();
  for (const [path, bytes] of own) await store.set(path, bytes);
  const { verdict, profiles } = await assessModels(opened, { store, key: "" }, [channel], hooks);
  if (image !== opened || hooks.signal.aborted) throw stopped();
  applied.set(channel, profiles);
  files.set(channel, own);
  const { kind, confidence, text, channels } = verdict;
  const { seams, profileError } = channels[0]!;
  return {
    profiles: [...profiles].map(([path, profile]) => drawn(path, profile)),
    verdict: { kind, confidence, text, ...(seams && { seams }), ...(profileError && { profileError }) },
    files: [...own].map(([path, bytes]) => [path, new Uint8Array(bytes)] as const),
    ...rest,
  };
}

function drawn(path: string, { shapeYx, flatfield, darkfield }: Profile): DrawnProfile {
  const side = path.split("/").at(-2);
  const isSide = side === "Left" || side === "Right";
  return {
    ...(isSide ? { side } : {}),
    shapeYx,
    flatfield: new Float32Array(flatfield),
    darkfield: new Float32Array(darkfield),
  };
}

addEventListener("message", async ({ data }: MessageEvent<ToEngine>) => {
  const { id } = data;
  if (data.kind === "stop") return stops.get(id)?.abort();
  const stop = new AbortController();
  stops.set(id, stop);
  const answer = (message: FromEngine, moved: Transferable[] = []) => postMessage(message, { transfer: moved });
  const tell = (progress: Progress) => answer({ id, kind: "progress", progress });
  try {
    const serve = engine[data.name] as (call: Call, ...args: readonly unknown[]) => Promise<unknown>;
    const value = await serve({ signal: stop.signal, tell }, ...data.arguments);
    answer({ id, kind: "result", value }, value instanceof Float32Array ? [value.buffer as ArrayBuffer] : []);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    answer({ id, kind: "failed", message, fault: error instanceof IsoluxError ? error.kind : "internal" });
  } finally {
    stops.delete(id);
  }
});
