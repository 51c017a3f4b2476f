/** What the user does, from a button to the engine and back to the signals. */
import { batch } from "@preact/signals";
import { EngineError, startEngine } from "./engine/client.ts";
import type { ChannelResult, Source } from "./engine/messages.ts";
import { commandLines, savedFiles } from "./panels/commands.ts";
import { askForFolder } from "./panels/folders.ts";
import * as state from "./state.ts";

export const callEngine = startEngine();

/** Does work with a line that says what is going on, and that can stop it; says what went wrong. */
async function work(
  text: string,
  task: (call: {
    signal: AbortSignal;
    onProgress: (progress: { text: string; share?: number }) => void;
  }) => Promise<void>,
) {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  batch(() => {
    state.trouble.value = undefined;
    state.busy.value = { text, stop };
  });
  try {
    await task({
      signal: stopping.signal,
      onProgress: (progress) => {
        state.busy.value = { ...progress, stop };
      },
    });
  } catch (error) {
    if (!stopping.signal.aborted) state.trouble.value = sentenceOf(error);
  } finally {
    state.busy.value = undefined;
  }
}

function sentenceOf(error: unknown): string {
  if (error instanceof EngineError && error.fault === "no-gain") {
    return "No correction is better than the image as it is. To correct it all the same, take empty tiles or BaSiC.";
  }
  return error instanceof Error ? error.message : String(error);
}

/** Opens an image and shows its middle plane. */
export function openImage(source: Source, place?: string): Promise<void> {
  const name = source.kind === "address" ? source.address : source.kind === "example" ? "an example" : "the folder";
  return work(`Opening ${name}`, async () => {
    const image = await callEngine("open", [source]);
    batch(() => {
      state.image.value = image;
      state.source.value = place;
      state.written.value = undefined;
      state.channel.value = Math.min(state.channel.value, image.channels.length - 1);
      state.z.value = Math.floor(image.levels[0]!.shapeZyx[0] / 2);
      state.isGreySet.value = false;
      state.emptyTiles.value = new Set();
      state.emptyPlanes.value = undefined;
      state.found.value = undefined;
      state.results.value = new Map();
    });
  });
}

/** Looks for tiles and planes without sample in the channel that is shown, and takes what is proposed. */
export function findEmpty(): Promise<void> {
  return work("Looking at every tile", async (call) => {
    const found = await callEngine("findEmpty", [[state.label.value]], call);
    batch(() => {
      state.found.value = found;
      const { proposal } = found;
      state.emptyTiles.value = new Set(proposal.kind === "none" ? [] : proposal.fovList);
      state.emptyPlanes.value = proposal.kind === "planes" ? [...proposal.zLevels] : undefined;
      if (proposal.kind === "none")
        state.trouble.value = `${proposal.reason} BaSiC, or the choice of Isolux, may help.`;
    });
  });
}

/** The parameters of an estimate from what is marked as empty. */
function emptyRegions() {
  return {
    ...(state.emptyTiles.value.size > 0 && { fovList: [...state.emptyTiles.value].sort((a, b) => a - b) }),
    ...(state.emptyPlanes.value && { zLevels: [...state.emptyPlanes.value] }),
  };
}

/** The ways to a profile, with the parameters that name them. */
const ways = {
  choose: () => ({}),
  empty: emptyRegions,
  basic: () => ({ refine: "off", basic: { getDarkfield: false } }),
} as const;

export type Way = keyof typeof ways;

/** Estimates a profile of the channel that is shown. */
export function estimate(way: Way): Promise<void> {
  const label = state.label.value;
  const offset = state.offset.value.trim();
  return work("Reading planes", async (call) => {
    const given = { ...ways[way](), ...(offset !== "" && { cameraOffset: Number(offset) }) };
    keep(label, await callEngine("estimate", [label, given], call));
  });
}

/** Takes a profile from a file: `profiles.npz` of Isolux, the reference task or BaSiCPy. */
export function useFile(file: File): Promise<void> {
  const label = state.label.value;
  return work(`Reading ${file.name}`, async (call) => {
    keep(label, await callEngine("useFile", [label, new Uint8Array(await file.arrayBuffer())], call));
  });
}

function keep(label: string, result: ChannelResult): void {
  state.written.value = undefined;
  state.results.value = new Map(state.results.value).set(label, result);
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
