/** The profile of a channel in a folder that holds those of several, in whatever format. */
import { IsoluxError } from "../../errors.ts";
import { canNameFolder, checkChannelLabel } from "../../ngff/channel-label.ts";
import type { IlluminationSide } from "../../tiles/tile.ts";
import { joinKey, namesIn, type ReadableStore, type StoreEntry } from "../../zarr/store.ts";
import type { GivenProfile } from "../npz-profile.ts";
import type { OneValuePolicy } from "../validate.ts";
import { channelPart, type ProfileFiles, recogniseFolder, settingsFile } from "./profile-files.ts";
import { readProfileFiles } from "./read-profile.ts";

/** The channel whose profile is looked for. */
interface ProfileRequest {
  readonly label: string;
  /** Its place among the channels of the image, from 0, and their number: files may hold a page for each. */
  readonly place?: { readonly index: number; readonly count: number };
  /** Its other name, where it has one: profiles may be named by it too. */
  readonly wavelengthId?: string;
  /** The label that its metadata give it, where that is another than its name here: channels whose labels are equal share one. */
  readonly ownLabel?: string;
  /** The side of the light sheet: a profile of its own is preferred to one for both sides. */
  readonly side?: IlluminationSide;
  /** The largest value of the pixels to be corrected, where they are whole numbers. */
  readonly largestCount?: number;
  /** Profiles of more pixels are refused. */
  readonly mostPixels?: number;
}

/** A profile that was found, and the files that it was read from. */
export interface FoundProfile {
  readonly files: ProfileFiles;
  readonly given: GivenProfile;
}

const archive = "profiles.npz";

/**
 * Finds and reads the profile of a channel in a folder (a key in the store; empty for its root). Of these, the first
 * that is there: for the label, then for the wavelength id, the folder `<name>/<side>` and the folder `<name>`, where
 * `profiles.npz` comes before any other format; then, for the names again, `<name>-flatfield/S.tif` and files called
 * `<name>`; at last a single file of ASHLAR with as many pages as there are channels. Several at one place are refused.
 * @throws IsoluxError `not-found` with what was looked for and what is there; `invalid` where it is not clear which
 *   profile is meant; as {@link readProfileFiles}
 */
export async function findProfile(
  store: ReadableStore,
  folder: string,
  request: ProfileRequest,
  ofOneValue: OneValuePolicy = "refuse",
): Promise<FoundProfile> {
  checkChannelLabel(request.label);
  const { own, name } = (await locateProfile(store, folder, request)) ?? {};
  const files = own ?? (request.place && (await locateShared(store, folder)));
  if (files === undefined) throw await missingProfile(store, folder, request);
  const kind = own === undefined ? "page" : "only";
  const page = request.place === undefined ? {} : { page: { kind, ...request.place } as const };
  const range = request.largestCount === undefined ? {} : { largestCount: request.largestCount };
  const size = request.mostPixels === undefined ? {} : { mostPixels: request.mostPixels };
  const given = await readProfileFiles(store, files, { ofOneValue, ...page, ...range, ...size });
  if (own !== undefined && (name === undefined || namesOf(request).includes(name))) return { files, given };
  if (own !== undefined) {
    const alike = `Channel ${request.label} takes the profile called ${JSON.stringify(name)}, the same name in another spelling.`;
    return { files, given: { ...given, notes: [alike, ...given.notes] } };
  }
  const note = `Channel ${request.label} takes page ${(request.place?.index ?? 0) + 1} of ${joinKey(store.location, files.main)}.`;
  return { files, given: { ...given, notes: [note, ...given.notes] } };
}

async function locateProfile(
  store: ReadableStore,
  folder: string,
  request: ProfileRequest,
): Promise<{ readonly own: ProfileFiles; readonly name: string } | undefined> {
  const names = await spellings(store, folder, namesOf(request));
  for (const name of names) {
    for (const place of placesOf(name, request)) {
      const own = await profileInFolder(store, joinKey(folder, place));
      if (own !== undefined) return { own, name };
    }
  }
  const present = recogniseFolder(await namesIn(store, folder, names.flatMap(namesOfChannel)));
  for (const name of names) {
    const spark = await profileInFolder(store, joinKey(folder, `${name}-flatfield`));
    const found =
      spark ??
      onlyOne(
        store,
        folder,
        present.filter(({ main }) => channelPart(main) === name),
      );
    if (found !== undefined) return { own: found, name };
  }
  return undefined;
}

/** Names that the profile of a channel may have among those of others, for stores that cannot list. */
function namesOfChannel(channel: string): string[] {
  const endings = [".npz", "-ffp.tif", "-dfp.tif", "-bright.tif", "-dark.tif", ".tif", ".tiff", ".png", ".npy", ".mat"];
  return endings.map((ending) => channel + ending);
}

/**
 * The names, each followed by what the folder spells alike: file systems and programs write accents as one letter or as
 * two, and lose blanks at the end.
 */
async function spellings(store: ReadableStore, folder: string, names: readonly string[]): Promise<string[]> {
  const present = await channelsIn(store, folder);
  return names.flatMap((name) => [
    name,
    ...present.filter((other) => other !== name && plainName(other) === plainName(name)),
  ]);
}

function plainName(name: string): string {
  return name.normalize("NFKC").trim();
}

/** What the folders and files of a folder may be called by, each once; nothing where the store cannot list. */
async function channelsIn(store: ReadableStore, folder: string): Promise<string[]> {
  const entries: readonly StoreEntry[] = (await store.list(folder)) ?? [];
  return [
    ...new Set(
      entries.map(({ name, kind }) => (kind === "folder" ? name.replace(/-flatfield$/, "") : channelPart(name))),
    ),
  ];
}

async function locateShared(store: ReadableStore, folder: string): Promise<ProfileFiles | undefined> {
  const present = recogniseFolder(await namesIn(store, folder, []));
  return onlyOne(
    store,
    folder,
    present.filter(({ kind }) => kind === "ashlar"),
  );
}

/** The same files, their keys below a folder. */
function below(folder: string, { kind, main, second }: ProfileFiles): ProfileFiles {
  const inside = (name: string) => (folder === "" ? name : `${folder}/${name}`);
  return { kind, main: inside(main), ...(second === undefined ? {} : { second: inside(second) }) };
}

/** Names that a profile alone in its folder may have, for stores that cannot list. */
const namesOfFolder: readonly string[] = ["S.tif", "T.tif"];

/** @throws IsoluxError `invalid` where the folder has no `profiles.npz` but several other profiles */
async function profileInFolder(store: ReadableStore, folder: string): Promise<ProfileFiles | undefined> {
  const key = joinKey(folder, archive);
  if ((await store.facts(key)) === undefined) {
    return onlyOne(store, folder, recogniseFolder(await namesIn(store, folder, namesOfFolder)));
  }
  const settings = joinKey(folder, settingsFile);
  if ((await store.facts(settings)) === undefined) return { kind: "npz", main: key };
  return { kind: "basicpy", main: key, second: settings };
}

function onlyOne(store: ReadableStore, folder: string, candidates: readonly ProfileFiles[]): ProfileFiles | undefined {
  const [first, ...others] = candidates;
  if (first === undefined || others.length === 0) return first && below(folder, first);
  throw new IsoluxError({
    kind: "invalid",
    what: "It is not clear which profile is meant",
    where: joinKey(store.location, folder),
    found: candidates.map(({ main }) => main).join(", "),
    expected: "one of them",
    advice: "Move the others away",
  });
}

function namesOf({ label, wavelengthId, ownLabel }: ProfileRequest): string[] {
  const others = [wavelengthId, ownLabel].filter((name) => name !== undefined && canNameFolder(name));
  return [...new Set([label, ...(others as string[])])];
}

function placesOf(name: string, { side }: ProfileRequest): string[] {
  return side === undefined ? [name] : [`${name}/${side}`, name];
}

async function missingProfile(store: ReadableStore, folder: string, request: ProfileRequest): Promise<IsoluxError> {
  const { label, side } = request;
  const entries: readonly StoreEntry[] = (await store.list(folder)) ?? [];
  const folders = entries.filter(({ kind }) => kind === "folder").map(({ name }) => `"${name}"`);
  const objects = entries.filter(({ kind }) => kind === "object").map(({ name }) => name);
  const inFolders = folders.length === 0 ? "no folders" : `folders for ${someOf(folders)}`;
  const places = namesOf(request).flatMap((name) => placesOf(name, request));
  return new IsoluxError({
    kind: "not-found",
    what: `There is no profile for channel "${label}"${side === undefined ? "" : `, side ${side}`}`,
    where: joinKey(store.location, folder, label, archive),
    found: objects.length === 0 ? inFolders : `${inFolders} and files ${someOf(objects)}`,
    expected: `${places.map((place) => `${place}/${archive}`).join(", ")}, a profile of another format in ${places
      .map((place) => `${place}/`)
      .join(", ")}, or a file named by the channel (.npz, -ffp.tif, .tif, .png, .npy, .mat)`,
    advice: await adviceFor(store, folder, request, objects),
  });
}

async function adviceFor(
  store: ReadableStore,
  folder: string,
  { label, side }: ProfileRequest,
  objects: readonly string[],
): Promise<string> {
  const inside = (await store.list(joinKey(folder, label))) ?? [];
  const sides = inside.filter(({ name, kind }) => kind === "folder" && /^(Left|Right)$/.test(name));
  const named = sides.map(({ name }) => name).join(" and ");
  if (sides.length > 0 && side === undefined) {
    return `There are profiles for the side ${named}, but nothing says from which side the light came: put the right one directly into ${label}/`;
  }
  if (sides.length > 0) return `There is one for the side ${named}: if it serves both, put it directly into ${label}/`;
  const other = (await channelsIn(store, folder)).find(
    (name) => plainName(name).toLowerCase() === plainName(label).toLowerCase(),
  );
  if (other !== undefined && other !== label)
    return `${JSON.stringify(other)} differs only in case: rename it if it is meant`;
  return objects.includes(archive)
    ? "This is the folder of one channel: give the folder above it"
    : "Give the folder that holds one folder per channel, named by the channel's label";
}

function someOf(names: readonly string[]): string {
  return names.length <= 12 ? names.join(", ") : `${names.slice(0, 12).join(", ")} and ${names.length - 12} more`;
}

// Folders of saved profiles, one per channel: `<folder>/<channel label>/profiles.npz`, or one for each side of light.

/**
 * The key of a channel's profile in the store that holds `folder`, of one side or of both.
 * @throws IsoluxError `invalid` for a bad label
 */
export function profileKey(folder: string, channelLabel: string, side?: IlluminationSide): string {
  checkChannelLabel(channelLabel);
  return joinKey(folder, channelLabel, side ?? "", "profiles.npz");
}

/**
 * Reads the profile of a channel from a folder of profiles (a key in the store; empty for its root), in any format that
 * {@link findProfile} finds; of one side of the light sheet or, where there is none, the one for both.
 * @throws IsoluxError `not-found` where there is no such channel or no flat-field; `corrupt`, `unsupported` where the
 *   file cannot be read; `invalid` where the profile cannot be used
 */
export async function readModel(
  store: ReadableStore,
  folder: string,
  channelLabel: string,
  ofOneValue: OneValuePolicy = "refuse",
  side?: IlluminationSide,
): Promise<GivenProfile> {
  const request = { label: channelLabel, side };
  return (await findProfile(store, folder, request, ofOneValue)).given;
}
