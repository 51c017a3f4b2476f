/**
 * Reads profiles from NumPy archives (`profiles.npz`) of Isolux, the reference task and BaSiCPy, and writes Isolux's.
 */
import { z } from "zod";
import { IsoluxError } from "../errors.ts";
import { limits, mostImageBytes } from "../limits.ts";
import { medianOfSorted } from "../statistics.ts";
import { type FieldFacts, type ModelProvenance, type SavedGains, savedGains } from "./model-record.ts";
import type { NpyArray, NpySource } from "./npy.ts";
import { encodeNpz, type NpzArchive, npzParts, openNpz } from "./npz.ts";
import type { BaselineMeaning, Profile, ProfileAlignment } from "./profile.ts";
import { checkPixels, normaliseProfile, type OneValuePolicy, type RawImage } from "./validate.ts";

/** A profile that was read, checked and normalised, with the properties of its file. */
export interface GivenProfile {
  readonly profile: Profile;
  readonly baselineMeaning: BaselineMeaning;
  /** How the profile lies over a tile of another shape. */
  readonly alignment: ProfileAlignment;
  /** Whether the file has a baseline; the profile's is 0 where it has none. */
  readonly hasBaseline: boolean;
  /** Whether the file has a dark-field; the profile's is 0 everywhere where it has none. */
  readonly hasDarkfield: boolean;
  /** The mean of a flat-field that came in counts without a dark-field, so that it may hold the camera's offset. */
  readonly meanCounts?: number;
  /** The tiles that the profile was made for, if Isolux wrote it. */
  readonly field?: FieldFacts;
  /** The origin of the profile, if Isolux wrote it. */
  readonly provenance?: unknown;
  /** The result of a refinement by overlaps, if Isolux made one, as JSON. */
  readonly refinement?: unknown;
  /** Gains of the tiles that it was made for, which apply to no other acquisition. */
  readonly savedGains?: SavedGains;
  /** Digest of the request that it was estimated for, where it was saved by an estimation. */
  readonly request?: string;
  /** Notes for the user: what was missing, what was changed. */
  readonly notes: readonly string[];
  /** Warnings for the user: what is doubtful, what was repaired. */
  readonly warnings?: readonly string[];
}

/**
 * Reads a profile from the bytes of an npz file; `where` names it.
 * @param mostPixels images of more are refused
 * @throws IsoluxError `not-found` where there is no flat-field; `corrupt`, `unsupported` where the file cannot be read;
 *   `invalid` where the profile cannot be used
 */
export function decodeProfile(
  bytes: Uint8Array,
  where: string,
  ofOneValue: OneValuePolicy = "refuse",
  mostPixels: number = limits.pagePixels,
): GivenProfile {
  const archive = openNpz(bytes, where, mostImageBytes(mostPixels));
  const record = readRecord(archive, where);
  const baseline = readBaseline(archive, where);
  const hasDarkfield = keyOf(archive, "darkfield") !== undefined;
  const { profile, notes, warnings, ...counts } = normaliseProfile(
    {
      flatfield: readImage(archive, "flatfield", where, mostPixels),
      ...(hasDarkfield ? { darkfield: readImage(archive, "darkfield", where, mostPixels) } : {}),
      ...(baseline === undefined ? {} : { baseline: baseline.value }),
    },
    where,
    { ofOneValue, mean: record === undefined ? "normalise" : "keep" },
  );
  return {
    profile,
    baselineMeaning: record?.baselineMeaning ?? baseline?.meaning ?? "offset",
    alignment: record?.alignment ?? { kind: "corners" },
    hasBaseline: baseline !== undefined,
    hasDarkfield,
    ...counts,
    ...(record?.field === undefined ? {} : { field: record.field }),
    ...(record === undefined ? {} : { provenance: record }),
    ...(record?.refinement === undefined ? {} : { refinement: record.refinement }),
    ...(record?.request === undefined ? {} : { request: record.request }),
    ...(record?.gains === undefined ? {} : { savedGains: record.gains }),
    notes: [...absenceNotes(archive, where), ...(baseline?.notes ?? []), ...notes],
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

/**
 * A profile as an npz file for Isolux, the reference task and `numpy.load` (without pickling): `flatfield` and
 * `darkfield` (float32, rows x columns), `baseline` (float64, 0-d) and `isolux` (JSON as 0-d text). The same profile
 * and provenance give the same bytes.
 */
export function encodeProfile(profile: Profile, provenance: ModelProvenance): Uint8Array {
  return encodeNpz(arraysOf(profile, provenance));
}

/** The output of {@link encodeProfile} in parts, to be concatenated: the images are not copied. */
export function profileParts(profile: Profile, provenance: ModelProvenance): readonly Uint8Array[] {
  return npzParts(arraysOf(profile, provenance));
}

function arraysOf(profile: Profile, provenance: ModelProvenance): Record<string, NpySource> {
  return {
    flatfield: { shape: profile.shapeYx, data: profile.flatfield },
    darkfield: { shape: profile.shapeYx, data: profile.darkfield },
    baseline: { shape: [], data: Float64Array.of(profile.baseline) },
    isolux: { text: encodeModelRecord(provenance) },
  };
}

/** The record of a profile as JSON, its fields always in the same order. */
function encodeModelRecord(provenance: ModelProvenance): string {
  const { version, baselineMeaning, alignment, field, sampledPlanes, parameters, refinement, request, gains } =
    provenance;
  const made = { sampledPlanes, parameters, refinement, request, gains };
  return JSON.stringify({ format: 1, version, baselineMeaning, alignment, field, ...made });
}

const factor = z.number().positive();

/** What a saved profile says of itself. */
const modelRecord = z.looseObject({
  format: z.literal(1),
  baselineMeaning: z.enum(["offset", "brightness"]),
  alignment: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("corners") }),
    z.object({
      kind: z.literal("centres"),
      factorYx: z.tuple([factor, factor]),
      from: z.literal("first").exactOptional(),
    }),
  ]),
  field: z
    .object({ shapeYx: z.tuple([factor, factor]), pixelSizeUmYx: z.tuple([factor, factor]).optional() })
    .optional(),
  refinement: z.unknown().optional(),
  request: z.string().optional(),
  gains: savedGains.optional(),
});

/** The record as it is read; further fields are only for people. */
type ModelRecord = z.infer<typeof modelRecord>;

/** Reads a record. @throws IsoluxError `corrupt` where it is not JSON or lacks fields; `where` names it */
function decodeModelRecord(text: string, where: string): ModelRecord {
  const broken = (found: string, cause?: unknown) =>
    new IsoluxError({
      kind: "corrupt",
      what: "The record that Isolux keeps in a saved profile is not readable",
      where,
      found,
      expected: "a record of format 1",
      advice: "Save the profile again; if a newer version saved it, use that one",
      cause,
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw broken("broken JSON", cause);
  }
  const parsed = modelRecord.safeParse(value);
  if (parsed.success) return parsed.data;
  const problem = parsed.error.issues[0];
  throw broken(problem === undefined ? "something else" : `${problem.path.join(".")}: ${problem.message}`);
}

function readRecord(archive: NpzArchive, where: string): ModelRecord | undefined {
  if (!archive.has("isolux")) return undefined;
  const array = archive.read("isolux");
  const place = `${where}, key "isolux"`;
  return decodeModelRecord(array.kind === "strings" ? (array.data[0] ?? "") : "", place);
}

/** A baseline of several values is that of the planes of a fit, not an offset: its median is their brightness. */
function readBaseline(archive: NpzArchive, where: string) {
  if (keyOf(archive, "baseline") === undefined) return undefined;
  const { data } = readNumbers(archive, "baseline", where);
  const sorted = Float64Array.from(data).sort();
  const value = medianOfSorted(sorted);
  if (sorted.length < 2) return { value, meaning: "offset" as const, notes: [] };
  const note = `${where} has a baseline for each of ${sorted.length} planes: their median ${value} is taken as brightness.`;
  return { value, meaning: "brightness" as const, notes: [note] };
}

/**
 * The key of an array in an archive: other programs write `Flatfield` or `dark_field`. `undefined` where there is none,
 * or several.
 */
function keyOf({ keys }: NpzArchive, name: string): string | undefined {
  if (keys.includes(name)) return name;
  const alike = keys.filter((key) => key.toLowerCase().replace(/[-_ ]/g, "") === name);
  return alike.length === 1 ? alike[0] : undefined;
}

function readNumbers(archive: NpzArchive, key: string, where: string): RawImage {
  const array: NpyArray = archive.read(keyOf(archive, key) ?? key);
  if (array.kind === "numbers") return array;
  throw new IsoluxError({
    kind: "invalid",
    what: "An array of a profile holds text",
    where: `${where}, key "${key}"`,
    found: array.dtype,
    expected: "numbers",
  });
}

function readImage(archive: NpzArchive, key: string, where: string, mostPixels: number): RawImage {
  const image = readNumbers(archive, key, where);
  checkPixels(image.data.length, mostPixels, `${where}, key "${key}"`);
  return image;
}

function absenceNotes(archive: NpzArchive, where: string): string[] {
  const notes: string[] = [];
  if (keyOf(archive, "darkfield") === undefined) notes.push(`${where} has no dark-field: none is subtracted.`);
  if (keyOf(archive, "baseline") === undefined) notes.push(`${where} has no baseline: no background is subtracted.`);
  return notes;
}
