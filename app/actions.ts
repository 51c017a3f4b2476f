/** What the user does, from a button to the engine and back to the signals. */
import { batch } from "@preact/signals";
import { callsOf, EngineError } from "./engine/client.ts";
import type { ChannelResult, ImageFacts, Progress, Source } from "./engine/messages.ts";
import { commandLines, savedFiles } from "./panels/commands.ts";
import { askForFolder } from "./panels/folders.ts";
import * as state from "./state.ts";

export const callEngine = callsOf((globalThis as unknown as { readonly isoluxThread: Worker }).isoluxThread);

/** What work is given beside its task. */
interface Work {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

/** The work that is shown: only its progress and its end are. */
let shown: AbortController | undefined;

/** Does work with a line that says what is going on, and that can stop it; says what went wrong. Ends the work before it. */
async function work(text: string, task: (call: Work) => Promise<void>) {
  shown?.abort();
  const own = new AbortController();
  shown = own;
  const show = (progress: Progress) => {
    if (shown !== own) return;
    state.busy.value = own.signal.aborted ? { text: "Stopping" } : { ...progress, stop };
  };
  const stop = () => {
    own.abort();
    show({ text });
  };
  batch(() => {
    state.trouble.value = undefined;
    show({ text });
  });
  try {
    await task({ signal: own.signal, onProgress: show });
  } catch (error) {
    if (!own.signal.aborted) state.trouble.value = sentenceOf(error);
  } finally {
    if (shown === own) {
      shown = undefined;
      state.busy.value = undefined;
    }
  }
}

function sentenceOf(error: unknown): string {
  if (error instanceof EngineError && error.fault === "no-gain") {
    return "No correction is better than the image as it is. To correct it all the same, take empty tiles or BaSiC.";
  }
  return error instanceof Error ? error.message : String(error);
}

/** What is shown of an image at first; else its middle plane, and no tile is marked. */
interface FirstLook {
  /** Where it lies, for commands, if that is not its address. */
  readonly place?: string | undefined;
  readonly channel?: number | undefined;
  readonly z?: number | undefined;
  readonly tiles?: readonly number[];
}

/** Opens an image. The one that was asked for last is shown, whichever comes first. */
export function openImage(source: Source, look: FirstLook = {}): Promise<void> {
  const name = source.kind === "address" ? source.address : source.kind === "example" ? "an example" : "the folder";
  return work(`Opening ${name}`, async (call) => {
    const image = await callEngine("open", [source], call);
    const [depth] = image.levels[0]!.shapeZyx;
    const known = new Set(image.tiles.map(({ number }) => number));
    batch(() => {
      state.image.value = image;
      state.source.value = look.place;
      state.written.value = undefined;
      state.channel.value = Math.min(look.channel ?? state.channel.value, image.channels.length - 1);
      state.z.value = Math.min(look.z ?? Math.floor(depth / 2), depth - 1);
      state.isGreySet.value = false;
      state.emptyTiles.value = new Set(look.tiles?.filter((number) => known.has(number)));
      state.emptyPlanes.value = undefined;
      state.found.value = undefined;
      state.results.value = new Map();
    });
  });
}

/**
 * Looks for tiles and planes without sample in the channel that is shown. What is proposed is marked, unless the user
 * marked something meanwhile.
 */
export function findEmpty(): Promise<void> {
  const before = [state.image.value, state.emptyTiles.value, state.emptyPlanes.value];
  return work("Looking at every tile", async (call) => {
    const found = await callEngine("findEmpty", [[state.label.value]], call);
    const now = [state.image.value, state.emptyTiles.value, state.emptyPlanes.value];
    if (call.signal.aborted || now[0] !== before[0]) return;
    batch(() => {
      state.found.value = found;
      if (found.proposal.kind === "none")
        state.trouble.value = `${found.proposal.reason} BaSiC, or the choice of Isolux, may help.`;
      else if (now.every((one, at) => one === before[at])) markProposed();
    });
  });
}

/** Marks what was found as empty. */
export function markProposed(): void {
  const proposal = state.found.value?.proposal;
  if (proposal === undefined || proposal.kind === "none") return;
  batch(() => {
    state.emptyTiles.value = new Set(proposal.fovList);
    state.emptyPlanes.value = proposal.kind === "planes" ? [...proposal.zLevels] : undefined;
  });
}

/** The parameters of an estimate from what is marked as empty. */
function emptyRegions() {
  return {
    ...(state.emptyTiles.value.size > 0 && { fovList: [...state.emptyTiles.value].sort((a, b) => a - b) }),
    ...(state.emptyPlanes.value && { zLevels: [...state.emptyPlanes.value] }),
  };
}

/** The parameters of an estimate by each way. */
const parametersOf = {
  choose: () => ({}),
  empty: emptyRegions,
  basic: () => ({ refine: "off", basic: { getDarkfield: false } }),
} as const;

/** Estimates a profile of the channel that is shown. */
export async function estimate(way: Exclude<state.Way, "file">): Promise<void> {
  if (way === "empty" && !state.hasEmpty.value) {
    state.trouble.value = "No tile or plane is marked as empty: find them in step 2, or click tiles in the picture.";
    return;
  }
  const { value: image } = state.image;
  const label = state.label.value;
  const offset = state.offset.value.trim();
  const given = { ...parametersOf[way](), ...(offset !== "" && { cameraOffset: Number(offset) }) };
  return await work("Reading planes", async (call) => {
    keep(image, label, way, await callEngine("estimate", [label, given], call));
  });
}

/** Takes a profile from a file: `profiles.npz` of Isolux, the reference task or BaSiCPy. */
export function useFile(file: File): Promise<void> {
  const [image, label] = [state.image.value, state.label.value];
  return work(`Reading ${file.name}`, async (call) => {
    keep(image, label, "file", await callEngine("useFile", [label, new Uint8Array(await file.arrayBuffer())], call));
  });
}

/** Shows a result, unless another image was opened meanwhile. */
function keep(image: ImageFacts | undefined, label: string, way: state.Way, result: ChannelResult): void {
  if (image !== state.image.value) return;
  state.written.value = undefined;
  state.results.value = new Map(state.results.value).set(label, { ...result, way });
}

/** Saves profiles and the parameter file into a folder, with the paths that commands expect. */
export function saveFiles(): Promise<void> {
  return work("Saving", async (call) => {
    const folder = await askForFolder("readwrite");
    if (folder === undefined) return;
    await callEngine("save", [folder, savedFiles()], call);
    state.written.value = `Saved in ${folder.name}: in it, isolux run flatfield.yaml corrects the image.`;
  });
}

/** Saves the report on the correction. */
export function saveReport(): Promise<void> {
  return work("Comparing before and after", async (call) => {
    const html = await callEngine("report", [commandLines()], call);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([html], { type: "text/html" }));
    link.download = "isolux-report.html";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    state.written.value = "The report was saved as isolux-report.html.";
  });
}

/** Writes the corrected image into a folder of the user's. */
export function writeCorrected(): Promise<void> {
  return work("Writing the corrected image", async (call) => {
    const folder = await askForFolder("readwrite");
    if (folder === undefined) return;
    const own = state.image.value!.name.split("/").filter(Boolean).at(-1) ?? "image";
    const name = own.replace(/((\.ome)?\.zarr)?$/i, "_flatfield_corr$1");
    await callEngine("write", [folder, name], call);
    state.written.value = `Written: ${folder.name}/${name}`;
  });
}

/** Takes a tile for empty, or no longer. */
export function toggleTile(number: number): void {
  const tiles = new Set(state.emptyTiles.value);
  if (!tiles.delete(number)) tiles.add(number);
  state.emptyTiles.value = tiles;
}
