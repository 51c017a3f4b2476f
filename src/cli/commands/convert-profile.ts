/** Converts a profile from one file format to another. */

import { basename, dirname, resolve } from "node:path";
import { IsoluxError } from "../../errors.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import { FilePlace } from "../../pipeline/places/file-place.ts";
import type { FoundProfile } from "../../profile/formats/find-profile.ts";
import type { ProfileFiles, ProfileKind } from "../../profile/formats/profile-files.ts";
import { targetFiles } from "../../profile/formats/profile-files.ts";
import { encodeProfileFiles } from "../../profile/formats/write-profile.ts";
import type { GivenProfile } from "../../profile/npz-profile.ts";
import { type BaselineMeaning, type FieldRange, fieldRange } from "../../profile/profile.ts";
import { resampleProfile } from "../../profile/resample.ts";
import type { Yx } from "../../shapes.ts";
import { version } from "../../version.ts";
import { DirectoryStore } from "../../zarr/disk/directory-store-node.ts";
import { joinKey } from "../../zarr/store.ts";
import { placeOf, readOne } from "./profile-input.ts";

/** A request to convert a profile. */
interface ConvertRequest {
  readonly input: string;
  readonly output: string;
  /** The format of the input; recognised by default. */
  readonly from?: ProfileKind;
  /** The format of the output; by default that of its name. */
  readonly to?: ProfileKind;
  /** Labels of channels in a folder of profiles, or their numbers (from 1) in a file with a page for each. */
  readonly channels: readonly string[];
  /** The rows and columns that the profile is resampled to; by default it keeps its own. */
  readonly shapeYx?: Yx;
  readonly overwrite: boolean;
}

/** A converted profile. */
export interface ConvertedProfile {
  readonly channel?: string;
  readonly kind: ProfileKind;
  /** The files that it was read from. */
  readonly files: readonly string[];
  readonly shapeYx: Yx;
  readonly flatfield: FieldRange;
  readonly darkfield: FieldRange;
  /** In counts. */
  readonly baseline: number;
  readonly baselineMeaning: BaselineMeaning;
}

/** The result of a conversion. */
export interface ConvertSummary {
  readonly input: string;
  readonly output: readonly string[];
  readonly kind: ProfileKind;
  readonly profiles: readonly ConvertedProfile[];
  /** Notes on what was missing, rescaled or left out. */
  readonly notes: readonly string[];
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
  for (const channel of channels) found.push(await readOne(place, request.from, channel));
  const { shapeYx } = request;
  const profiles = found.map(({ given }) => (shapeYx === undefined ? given : resampled(given, shapeYx)));
  const origin = { version, parameters: { convertedFrom: request.input, kind: found[0]!.files.kind } };
  const { files, notes } = encodeProfileFiles(target, profiles, origin);
  const written: (readonly [FilePlace, Uint8Array])[] = [];
  for (const [key, bytes] of files) {
    const at = { store: outputStore, key };
    written.push([await FilePlace.find(at, request.overwrite, () => existing(at)), bytes]);
  }
  signal.throwIfAborted();
  for (const [place, bytes] of written) await place.put(bytes);
  return {
    input: request.input,
    output: [...files.keys()].map((key) => joinKey(outputStore.location, key)),
    kind: target.kind,
    profiles: found.map(({ files: read }, index) => summarise(read, profiles[index]!, channels[index])),
    notes: [
      ...found.flatMap(({ given }) => [...given.notes, ...(given.warnings ?? [])]),
      ...new Set(profiles.flatMap(smallNotes(target.kind))),
      ...notes,
    ],
  };
}

function resampled(given: GivenProfile, shapeYx: Yx): GivenProfile {
  const profile = resampleProfile(given.profile, shapeYx, given.alignment);
  return { ...given, profile, alignment: { kind: "corners" } };
}

/** A warning, as other programs do not resample profiles. */
function smallNotes(kind: ProfileKind) {
  return ({ alignment }: GivenProfile): string[] => {
    if (kind === "npz" || kind === "basicpy" || alignment.kind === "corners") return [];
    const [y, x] = alignment.factorYx;
    if (y === 1 && x === 1) return [];
    return [
      `The profile was made at a resolution level: each of its pixels stands for ${y} x ${x} of the tile. Programs that want the tile's own shape need --shape.`,
    ];
  };
}

function existing({ store, key }: { readonly store: DirectoryStore; readonly key: string }): IsoluxError {
  return new IsoluxError({
    kind: "output",
    what: "The file already exists",
    where: joinKey(store.location, key),
    advice: "Give --overwrite to replace it, or another output",
  });
}

function summarise({ kind, main, second }: ProfileFiles, given: GivenProfile, channel?: string): ConvertedProfile {
  const { profile, baselineMeaning } = given;
  return {
    channel,
    kind,
    files: second === undefined ? [main] : [main, second],
    shapeYx: profile.shapeYx,
    flatfield: fieldRange(profile.flatfield),
    darkfield: fieldRange(profile.darkfield),
    baseline: profile.baseline,
    baselineMeaning,
  };
}
