/** What a user asks of an image that is shown. Its code is loaded after the first picture, which does not wait for it. */
import {
  assessModels,
  correctedStore,
  correctPlane,
  estimateInMemory,
  findEmptyRegions,
  MemoryStore,
  type MosaicImage,
  type Profile,
  reportInMemory,
} from "isolux";
import { writeNewFile } from "./handle-files.ts";
import type { ChannelResult, DrawnProfile, Progress, ServedEngine, Work } from "./messages.ts";
import { writeImage } from "./write-image.ts";

/**
 * All that the engine does for an image beside showing it.
 * @param checkWanted throws where a call was taken back or another image opened since: its result is of no use then
 */
export function workOn(image: MosaicImage, checkWanted: (signal: AbortSignal) => void): Pick<ServedEngine, Work> {
  /** By the labels of channels: the profiles that are shown, and their files. */
  const applied = new Map<string, ReadonlyMap<string, Profile>>();
  const files = new Map<string, ReadonlyMap<string, Uint8Array>>();

  /** Assesses profiles, and makes them ready to be drawn and saved. */
  async function resultOf(
    channel: string,
    own: ReadonlyMap<string, Uint8Array>,
    hooks: Parameters<typeof assessModels>[3],
    rest: Pick<ChannelResult, "options" | "warnings">,
  ): Promise<ChannelResult> {
    const { verdict, profiles } = await assessModels(image, { store: await storeOf([own]), key: "" }, [channel], hooks);
    checkWanted(hooks.signal);
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

  /** The profiles of all channels that have one, as a models folder. */
  const models = async () => ({ store: await storeOf(files.values()), key: "", channels: [...files.keys()] });

  return {
    async findEmpty({ signal, tell }, labels) {
      const chosen = image.channels.filter(({ label }) => labels.includes(label)).map(({ index }) => index);
      const onChunk = (done: number, total: number) => tell({ text: "Looking at every tile", share: done / total });
      return await findEmptyRegions(image, { seed: 0, channels: chosen }, { signal, onChunk });
    },

    async estimate({ signal, tell }, channel, given) {
      const { store, key } = image;
      const warnings: string[] = [];
      const hooks = { signal, report: reporter(tell, warnings) };
      const found = await estimateInMemory({ store, key }, { ...given, channels: [channel] }, hooks);
      return await resultOf(channel, found.files, hooks, { options: found.options, warnings });
    },

    async useFile({ signal, tell }, channel, bytes) {
      const warnings: string[] = [];
      const hooks = { signal, report: reporter(tell, warnings) };
      return await resultOf(channel, new Map([[`${channel}/profiles.npz`, bytes]]), hooks, { warnings });
    },

    async write(call, folder, name) {
      const store = await correctedStore(image, await models(), { codec: "same", pyramid: "exact" });
      await writeImage(store, folder, name, call);
      return name;
    },

    async save(_, folder, some) {
      for (const [path, content] of some) await writeNewFile(folder, path, content);
    },

    async report({ signal, tell }, command) {
      const hooks = { signal, report: reporter(tell, []) };
      return (await reportInMemory(image, await models(), command, hooks)).html;
    },

    async correctedTile(_, channel, number, z) {
      const { index } = image.channels.find(({ label }) => label === channel)!;
      const { box } = image.tiles.find((tile) => tile.number === number)!;
      const [, y, x] = box.start;
      const pixels = await image.levels[0]!.readBox(index, {
        start: [z, y, x],
        stop: [z + 1, box.stop[1], box.stop[2]],
      });
      const [profile] = applied.get(channel)!.values();
      correctPlane(pixels, profile!);
      return new Float32Array(pixels);
    },
  };
}

async function storeOf(all: Iterable<ReadonlyMap<string, Uint8Array>>): Promise<MemoryStore> {
  const store = new MemoryStore();
  for (const some of all) for (const [path, bytes] of some) await store.set(path, bytes);
  return store;
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
