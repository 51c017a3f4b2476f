/** Opens a corrected image that is computed when it is read: from profiles, in this thread or by workers. */
import type { Acquisition, MosaicImage } from "../acquisition/acquisition.ts";
import { Level } from "../acquisition/level.ts";
import { storedLevel } from "../acquisition/sampled-level.ts";
import { type BackgroundChoice, backgroundToSubtract } from "../correct/field.ts";
import { IsoluxError } from "../errors.ts";
import { loadKernels } from "../kernels/load-kernels.ts";
import { correctedAttributes } from "../ngff/corrected-attributes.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import { ChunkMaker, type LevelWay } from "../pipeline/blocks/chunk-maker.ts";
import { mirrorOf } from "../pipeline/output/new-output.ts";
import { type ChannelProfile, checksums, profileFields, profileTargets } from "../pipeline/profiles/channel-profile.ts";
import { readGivenProfiles } from "../pipeline/profiles/given-profiles.ts";
import { checkGivenProfiles } from "../pipeline/run/check-given.ts";
import { keepBrightBackgrounds } from "../pipeline/run/losses.ts";
import { type CorrectedChannel, channelRecords } from "../pipeline/run/provenance.ts";
import type { GivenProfile } from "../profile/npz-profile.ts";
import type { Profile } from "../profile/profile.ts";
import { isSameShape, type Yx } from "../shapes.ts";
import { fieldShape } from "../tiles/tile.ts";
import { version } from "../version.ts";
import { sha256 } from "../zarr/codecs/sha256.ts";
import type { MemoryStore } from "../zarr/memory-store.ts";
import { keyName } from "../zarr/store.ts";
import { ChunkService, type ChunkWorkers } from "./chunk-service.ts";
import { addAttributes, CorrectedStore } from "./corrected-store.ts";
import { type ServedCodec, type ServedImage, servedImage } from "./served-image.ts";
import { largestChunk, type Pyramid, waysOf } from "./serving-plan.ts";

/** How an image is corrected when it is read. */
export interface CorrectedStoreOptions {
  /** How chunks are encoded: `lz4` by default, `same` as the source, `raw` without compression. */
  readonly codec?: ServedCodec;
  /** How coarse levels are made: `quick` by default. */
  readonly pyramid?: Pyramid;
  /** Whether a profile's baseline is taken off; by default where it is an offset. */
  readonly background?: BackgroundChoice;
  /** Whether profiles are taken as they are where the image contradicts them: most of what is found is then a warning. */
  readonly trustProfiles?: boolean;
  /** Called with each sentence about what is doubtful in the profiles. */
  readonly onWarning?: (text: string) => void;
  /** Bytes of encoded chunks that are kept for the next reader; 256 MB by default. */
  readonly cacheBytes?: number;
}

/** A profile as it was fitted, or as it was read from a file, which says how it lies over a tile. */
type UsableProfile = Profile | Pick<GivenProfile, "profile" | "baselineMeaning" | "alignment">;

/** A profile for each channel, by its label; channels that are not named stay as they are. */
export type ChannelProfiles = Readonly<Record<string, UsableProfile>>;

/** What is done to a channel of an image whose clipped pixels are not counted. */
export function uncounted(profile: ChannelProfile, choice: BackgroundChoice): CorrectedChannel {
  const background = backgroundToSubtract(profile.profile, profile.baselineMeaning, choice);
  return { profile, background, clippedLow: 0, clippedHigh: 0 };
}

/** Profiles as files: a models folder in memory. */
export interface StoredModels {
  readonly store: MemoryStore;
  readonly key: string;
  /** Labels of the channels that are corrected. */
  readonly channels: readonly string[];
}

/**
 * A corrected image that is computed when it is read: an OME-Zarr that any reader of a store takes for a written one.
 * Nothing is written. Some MB are read to hold the profiles against the image, as a correction does; then no more than
 * what is asked for. Chunks are made in this thread, one after the other.
 *
 * @example
 * const image = await openImage("https://host/sample.zarr/raw_image");
 * const store = await correctedStore(image, { MBP: profile });
 * const corrected = await openMosaic(store, "");
 *
 * @param profiles by the labels of the channels, each of the shape of a tile or to be fitted to it; or as files
 * @throws IsoluxError `not-found` for a label that no channel has, `invalid` where a profile cannot correct its tiles or
 * the image contradicts it
 */
export async function correctedStore(
  image: MosaicImage,
  profiles: ChannelProfiles | StoredModels,
  options: CorrectedStoreOptions = {},
): Promise<CorrectedStore> {
  const { codec = "lz4", pyramid = "quick", background = "auto", cacheBytes = 256e6, trustProfiles = false } = options;
  await loadKernels();
  const report: RunHooks["report"] = (event) => void (event.kind === "warning" && options.onWarning?.(event.text));
  const hooks = { report, signal: new AbortController().signal };
  const found = isStored(profiles) ? await readModels(image, profiles, hooks) : matched(image, profiles);
  await checkGivenProfiles(image, found, { background, seed: 0, trustProfiles }, hooks);
  const given = await keepBrightBackgrounds(image, found, { background, seed: 0 }, hooks);
  const output = mirrorOf(image);
  const served = await servedImage(output, codec, image, () => undefined);
  const ways = waysOf(image, served.levels, profileFields(image, given, background), pyramid);
  const bufferBytes = largestChunk(served.levels);
  // One that is made, and one that is read meanwhile
  const memory = new ArrayBuffer(bufferBytes * Math.max(2, Math.floor(cacheBytes / bufferBytes)));
  const buffers = { memory, bufferBytes };
  const maker = new ChunkMaker(image, { source: { key: "" }, levels: served.levels, ways, cacheBytes: 0, buffers });
  const workers: ChunkWorkers = { size: 1, work: (order) => maker.make(order) };
  const chunks = new ChunkService(workers, buffers, Number.POSITIVE_INFINITY);
  const store = new CorrectedStore({
    location: `${image.location} (corrected)`,
    image: served,
    chunks,
    isRaw: false,
    identity: identityOf([...checksums(given), background, codec, pyramid, image.location]),
    sources: sourcesOf(image, served, ways),
    close: async () => undefined,
  });
  await addAttributes(store, output, (windows) =>
    correctedAttributes(output.attributes, {
      writer: { name: "isolux", version },
      levelFactorsZyx: store.levels.map(({ factorsZyx }) => factorsZyx),
      planeCount: store.levels[0]!.shapeCzyx[1],
      windows,
      provenance: {
        version,
        task: "correct",
        source: keyName(image.location),
        parameters: { background },
        channels: channelRecords(given.map((profile) => uncounted(profile, background))),
      },
    }),
  );
  return store;
}

function isStored(profiles: ChannelProfiles | StoredModels): profiles is StoredModels {
  return Array.isArray(profiles.channels);
}

function readModels(image: MosaicImage, { channels, ...models }: StoredModels, hooks: RunHooks) {
  const chosen = channels.map((label) => channelOf(image, label));
  return readGivenProfiles(image, profileTargets(image, chosen, "separate"), models, hooks);
}

function matched(image: MosaicImage, profiles: ChannelProfiles): ChannelProfile[] {
  return Object.entries(profiles).map(([label, profile]) => {
    const channel = channelOf(image, label);
    const [target] = profileTargets(image, [channel], "joint");
    const given = "profile" in profile ? profile : fitted(profile, fieldShape(target!.tiles[0]!));
    return { ...given, target: target!, source: "given", planes: [] };
  });
}

/** A fitted profile: of a level, where it has fewer pixels than a tile; its baseline is a brightness. */
function fitted(profile: Profile, fieldYx: Yx): Exclude<UsableProfile, Profile> {
  const [y, x] = profile.shapeYx.map((extent, axis) => Math.max(1, Math.round(fieldYx[axis]! / extent)));
  return { profile, baselineMeaning: "brightness", alignment: { kind: "centres", factorYx: [y!, x!] } };
}

function channelOf({ location, channels }: Acquisition, label: string) {
  const channel = channels.find((one) => one.label === label);
  if (channel !== undefined) return channel;
  throw new IsoluxError({
    kind: "not-found",
    what: "The image does not have the channel of a profile",
    where: location,
    found: label,
    expected: channels.map((channel) => channel.label).join(", "),
  });
}

/** A digest of all that an image is made of, by which its address and its tags differ from those of others. */
export function identityOf(parts: readonly string[]): string {
  return sha256(new TextEncoder().encode([version, ...parts].join("\n")));
}

/** For each level the level of the source that it is corrected from chunk by chunk. */
export function sourcesOf(
  { levels }: Acquisition,
  served: ServedImage,
  ways: readonly LevelWay[],
): (Level | undefined)[] {
  return served.levels.map(({ metadata }, index) => {
    const way = ways[index]!;
    const source = way.kind === "corrected" ? storedLevel(levels[way.level]!) : undefined;
    const isOwn = source instanceof Level && isSameShape(source.array.metadata.chunkShape, metadata.chunkShape);
    return isOwn ? source : undefined;
  });
}
