/**
 * The thread of the engine: opens an image and reads planes. All else has code of its own, which comes once there is a
 * picture.
 */
import { IsoluxError, loadKernels, type MosaicImage } from "isolux";
import type { FromEngine, ImageFacts, PlaneBox, Progress, ServedEngine, Source, ToEngine, Work } from "./messages.ts";
import { openSource } from "./open-source.ts";
import { readInStrips } from "./read-strips.ts";

const stops = new Map<number, AbortController>();
let image: MosaicImage | undefined;
/** How many images were asked for: only the last one is opened. */
let asked = 0;
// While the user still looks for an image
void loadKernels().catch(() => undefined);
/** The image that the page's address names, which is opened while the page itself is still loaded. */
let early = openEarly();
/** What is done for the open image, once its code was needed. */
let work: Promise<Pick<ServedEngine, Work>> | undefined;

const shown: Pick<ServedEngine, "open" | "readPlane"> = {
  async open({ signal }, source) {
    const own = ++asked;
    const isEarly = source.kind === "address" && source.address === early?.address;
    const { opening, notes } = isEarly ? early! : begin(source);
    early = undefined;
    const [opened] = await Promise.race([opening, untilAborted(signal)]);
    if (own !== asked) throw stopped();
    image = opened;
    work = undefined;
    return factsOf(opened, notes, source.kind === "address" ? source.address : undefined);
  },

  async readPlane(_, { channel, level, z, startYx, stopYx }: PlaneBox) {
    const box = { start: [z, ...startYx], stop: [z + 1, ...stopYx] } as const;
    return new Float32Array(await readInStrips(current().levels[level]!, channel, box));
  },
};

/** Begins to open a source. */
function begin(source: Source) {
  const notes: string[] = [];
  return { opening: Promise.all([openSource(source, (text) => notes.push(text)), loadKernels()]), notes };
}

function openEarly() {
  const address = new URLSearchParams(self.name.slice(1)).get("image");
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

/** How a call is served. */
async function servedBy(name: keyof ServedEngine): Promise<ServedEngine[keyof ServedEngine]> {
  if (name === "open" || name === "readPlane") return shown[name];
  const opened = current();
  work ??= import("./work.ts").then(({ workOn }) =>
    workOn(opened, (signal) => {
      if (image !== opened || signal.aborted) throw stopped();
    }),
  );
  // Where its code did not come, the next call asks again
  work.catch(() => {
    work = undefined;
  });
  return (await work)[name];
}

/** So long nothing is asked for before the code of all else is loaded: what is read for the picture goes first. */
const quietMs = 500;
let quiet: ReturnType<typeof setTimeout> | undefined;

/** Loads the code of all else when there is nothing to do, for where there is no network later. */
function loadWhenQuiet(): void {
  clearTimeout(quiet);
  if (stops.size > 0 || early !== undefined) return;
  // Where it fails now, the call that needs it says so
  quiet = setTimeout(() => void import("./work.ts").catch(() => undefined), quietMs);
}

addEventListener("message", async ({ data }: MessageEvent<ToEngine>) => {
  const { id } = data;
  if (data.kind === "stop") return stops.get(id)?.abort();
  const stop = new AbortController();
  stops.set(id, stop);
  clearTimeout(quiet);
  const answer = (message: FromEngine, moved: Transferable[] = []) => postMessage(message, { transfer: moved });
  const tell = (progress: Progress) => answer({ id, kind: "progress", progress });
  try {
    const serve = (await servedBy(data.name)) as (call: object, ...args: readonly unknown[]) => Promise<unknown>;
    const value = await serve({ signal: stop.signal, tell }, ...data.arguments);
    answer({ id, kind: "result", value }, value instanceof Float32Array ? [value.buffer as ArrayBuffer] : []);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    answer({ id, kind: "failed", message, fault: error instanceof IsoluxError ? error.kind : "internal" });
  } finally {
    stops.delete(id);
    loadWhenQuiet();
  }
});

loadWhenQuiet();
