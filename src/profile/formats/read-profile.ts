import { IsoluxError } from "../../errors.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import { decodeProfile, type GivenProfile } from "../npz-profile.ts";
import { normaliseProfile, type OneValuePolicy } from "../validate.ts";
import type { ProfileFiles } from "./profile-files.ts";
import { meaningOf, type PageChoice, type ReadFile } from "./profile-meaning.ts";

/** What a reader of profiles is told besides the files. */
export interface ReadProfileOptions {
  readonly ofOneValue: OneValuePolicy;
  /** Needed where a file holds several images. */
  readonly page?: PageChoice;
  /** The largest value of the pixels to be corrected, where they are whole numbers. */
  readonly largestCount?: number;
}

/**
 * Reads a profile of any format. Formats other than npz have no baseline, and their profiles lie over a tile of another
 * shape with their corners on its corners.
 * @throws IsoluxError `not-found`, `corrupt`, `unsupported`, `invalid` where the profile cannot be read or used
 */
export async function readProfileFiles(
  store: ReadableStore,
  files: ProfileFiles,
  options: ReadProfileOptions,
): Promise<GivenProfile> {
  const main = await readFile(store, files.main);
  const isArchive = files.kind === "npz" || (files.kind === "basicpy" && /\.npz$/i.test(files.main));
  if (isArchive) return decodeProfile(main.bytes, main.where, options.ofOneValue);
  const second = files.second === undefined ? undefined : await readFile(store, files.second);
  const { raw, whose, notes } = await meaningOf(files.kind, main, second, options.page, options.largestCount);
  const ofOneValue = files.kind === "cellprofiler-subtract" ? "note" : options.ofOneValue;
  const normalised = normaliseProfile(raw, whose, { ofOneValue, mean: "normalise" });
  const hasDarkfield = raw.darkfield !== undefined;
  return {
    profile: normalised.profile,
    baselineMeaning: "offset",
    alignment: { kind: "corners" },
    hasBaseline: false,
    hasDarkfield,
    notes: [
      ...(hasDarkfield ? [] : [`${main.where} comes without a dark-field: none is subtracted.`]),
      ...notes,
      ...normalised.notes,
    ],
    ...(normalised.warnings.length === 0 ? {} : { warnings: normalised.warnings }),
  };
}

async function readFile(store: ReadableStore, key: string): Promise<ReadFile> {
  const where = joinKey(store.location, key);
  const bytes = await store.get(key);
  if (bytes !== undefined) return { bytes, where };
  throw new IsoluxError({ kind: "not-found", what: "There is no such file", where });
}
