import { existsSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { IsoluxError } from "../errors.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import type { FlatfieldRange } from "../parameters/summaries.ts";
import { type FoundProfile, findProfile } from "../profile/formats/find-profile.ts";
import {
  filesOfKind,
  type ProfileFiles,
  type ProfileKind,
  recogniseFile,
  recogniseFolder,
} from "../profile/formats/profile-files.ts";
import { readProfileFiles } from "../profile/formats/read-profile.ts";
import { targetFiles } from "../profile/formats/target-files.ts";
import { encodeProfileFiles } from "../profile/formats/write-profile.ts";
import type { GivenProfile } from "../profile/npz-profile.ts";
import { resampleProfile } from "../profile/resample.ts";
import type { Yx } from "../shapes.ts";
import { version } from "../version.ts";
import { DirectoryStore } from "../zarr/directory-store.ts";

/** A conversion of a profile as it was asked for. */
export interface ConvertRequest {
  readonly input: string;
  readonly output: string;
  /** The format of the input; without it, recognised. */
  readonly from?: ProfileKind;
  /** The format of the output; without it, by its name. */
  readonly to?: ProfileKind;
  /** Labels of channels in a folder of profiles, or their numbers (from 1) in a file with a page for each. */
  readonly channels: readonly string[];
  /** The rows and columns that the profile is resampled to; without it, it keeps its own. */
  readonly shapeYx?: Yx;
  readonly overwrite: boolean;
}

/** One profile that was converted. */
export interface ConvertedProfile {
  readonly channel?: string;
  readonly kind: ProfileKind;
  /** The files that it was read from. */
  readonly files: readonly string[];
  readonly shapeYx: Yx;
  readonly flatfield: FlatfieldRange;
  readonly darkfield: FlatfieldRange;
  /** In counts. */
  readonly baseline: number;
  readonly baselineMeaning: GivenProfile["baselineMeaning"];
}

/** What a conversion read, changed and wrote. */
export interface ConvertSummary {
  readonly input: string;
  readonly output: readonly string[];
  readonly kind: ProfileKind;
  readonly profiles: readonly ConvertedProfile[];
  /** What was missing, rescaled, left out. */
  readonly notes: readonly string[];
}

/** A file or folder with the store that it lies in. */
interface Place {
  readonly store: DirectoryStore;
  readonly name: string;
  readonly isFolder: boolean;
}

/**
 * Reads a profile in one format and writes it in another.
 * @throws IsoluxError `output` where a file is there already, `usage`, and as the profiles' readers
 */
export async function convertProfile(request: ConvertRequest, { signal }: RunHooks): Promise<ConvertSummary> {
  const outputPath = resolve(request.output);
  const outputStore = new DirectoryStore(dirname(outputPath));
  const target = targetFiles(request.to, basename(outputPath));
  const place = placeOf(request.input);
  const channels = request.channels.length === 0 ? [undefined] : request.channels;
  const found: FoundProfile[] = [];
  for (const channel of channels) found.push(await readOne(place, request, channel));
  const { shapeYx } = request;
  const profiles = found.map(({ given }) => (shapeYx === undefined ? given : resampled(given, shapeYx)));
  const origin = { version, parameters: { convertedFrom: request.input, kind: found[0]!.files.kind } };
  const { files, notes } = encodeProfileFiles(target, profiles, origin);
  if (!request.overwrite) await refuseExisting(outputStore, [...files.keys()]);
  signal.throwIfAborted();
  for (const [key, bytes] of files) await outputStore.set(key, bytes);
  return {
    input: request.input,
    output: [...files.keys()].map((key) => `${outputStore.location}/${key}`),
    kind: target.kind,
    profiles: found.map(({ files: read }, index) => summarise(read, profiles[index]!, channels[index])),
    notes: [...found.flatMap(({ given }) => given.notes), ...profiles.flatMap(smallNotes(target.kind)), ...notes],
  };
}

function placeOf(input: string): Place {
  const path = resolve(input);
  if (!existsSync(path)) {
    throw new IsoluxError({ kind: "not-found", what: "There is no such file or folder", where: input });
  }
  const isFolder = statSync(path).isDirectory();
  return { store: new DirectoryStore(isFolder ? path : dirname(path)), name: isFolder ? "" : basename(path), isFolder };
}

async function readOne(place: Place, { from }: ConvertRequest, channel: string | undefined): Promise<FoundProfile> {
  const { store, name, isFolder } = place;
  if (isFolder && channel !== undefined) return findInFolder(store, from, channel);
  const entries = (await store.list("")).filter(({ kind }) => kind === "object").map((entry) => entry.name);
  const files = isFolder ? onlyProfile(store, recogniseFolder(entries), from) : filesAt(name, entries, from);
  const page = channel === undefined ? {} : { page: { kind: "page", index: pageNumber(files, channel) } as const };
  return { files, given: await readProfileFiles(store, files, { ofOneValue: "note", ...page }) };
}

async function findInFolder(store: DirectoryStore, from: ProfileKind | undefined, label: string) {
  const found = await findProfile(store, "", { label }, "note");
  if (from === undefined || from === found.files.kind) return found;
  const files = filesOfKind(from, found.files.main, found.files.second === undefined ? [] : [found.files.second]);
  return { files, given: await readProfileFiles(store, files, { ofOneValue: "note" }) };
}

/** A name that tells nothing may still hold an image: the content is looked at next. */
function filesAt(name: string, beside: readonly string[], from: ProfileKind | undefined): ProfileFiles {
  if (from !== undefined) return filesOfKind(from, name, beside);
  return recogniseFile(name, beside) ?? { kind: "image", main: name };
}

function onlyProfile(
  store: DirectoryStore,
  candidates: readonly ProfileFiles[],
  from: ProfileKind | undefined,
): ProfileFiles {
  const fitting = candidates.filter(({ kind }) => from === undefined || kind === from);
  if (fitting.length === 1) return fitting[0]!;
  throw new IsoluxError({
    kind: fitting.length === 0 ? "not-found" : "usage",
    what: fitting.length === 0 ? "The folder holds no profile" : "The folder holds several profiles",
    where: store.location,
    ...(candidates.length === 0 ? {} : { found: candidates.map(({ main }) => main).join(", ") }),
    expected: from === undefined ? "one" : `one of the format ${from}`,
    advice: "For a folder with a folder or file per channel, give --channel LABEL; else give the file itself",
  });
}

function pageNumber({ kind, main }: ProfileFiles, channel: string): number {
  if (kind === "ashlar" && /^[1-9]\d*$/.test(channel)) return Number(channel) - 1;
  throw new IsoluxError({
    kind: "usage",
    what: "--channel cannot be used here",
    where: main,
    found: channel,
    expected:
      kind === "ashlar" ? "the number of a page, from 1" : "a folder of profiles or a file of ASHLAR as the input",
  });
}

function resampled(given: GivenProfile, shapeYx: Yx): GivenProfile {
  const profile = resampleProfile(given.profile, shapeYx, given.alignment);
  return { ...given, profile, alignment: { kind: "corners" } };
}

/** Other programs do not resample profiles. */
function smallNotes(kind: ProfileKind) {
  return ({ alignment }: GivenProfile): string[] => {
    if (kind === "npz" || kind === "basicpy" || alignment.kind === "corners") return [];
    const [y, x] = alignment.factorYx;
    return [
      `The profile was made at a resolution level: each of its pixels stands for ${y} x ${x} of the tile. Programs that want the tile's own shape need --shape.`,
    ];
  };
}

async function refuseExisting(store: DirectoryStore, keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    if ((await store.facts(key)) === undefined) continue;
    throw new IsoluxError({
      kind: "output",
      what: "The file is there already",
      where: `${store.location}/${key}`,
      advice: "Give --overwrite to replace it, or another output",
    });
  }
}

function summarise({ kind, main, second }: ProfileFiles, given: GivenProfile, channel?: string): ConvertedProfile {
  const { profile, baselineMeaning } = given;
  return {
    ...(channel === undefined ? {} : { channel }),
    kind,
    files: second === undefined ? [main] : [main, second],
    shapeYx: profile.shapeYx,
    flatfield: rangeOf(profile.flatfield),
    darkfield: rangeOf(profile.darkfield),
    baseline: profile.baseline,
    baselineMeaning,
  };
}

function rangeOf(image: Float32Array): FlatfieldRange {
  let [min, max, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const value of image) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
  }
  return { min, max, mean: sum / image.length };
}
