/** Profiles written as other programs keep them. */
import { encodePng } from "../../acquisition/pages/png.ts";
import { IsoluxError, unreachable } from "../../errors.ts";
import { formatShape } from "../../shapes.ts";
import { meanOf } from "../../statistics.ts";
import { encodeNpy } from "../npy.ts";
import { encodeProfile, type GivenProfile } from "../npz-profile.ts";
import type { Profile } from "../profile.ts";
import { encodeTiff } from "./image-file.ts";
import { encodeMat } from "./mat.ts";
import type { ProfileFiles } from "./profile-files.ts";

/** The files of a written profile, by their keys, and what was lost or changed in them, in sentences for the user. */
interface WrittenProfile {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly notes: readonly string[];
}

/** What a profile's record says of how it came about. */
interface ProfileOrigin {
  readonly version: string;
  readonly parameters: unknown;
}

/**
 * Encodes profiles as `target` says; several only for ASHLAR, whose files have a page for each channel. Where a format
 * has no baseline, one that is an offset goes into the dark-field (baseline times flat-field: the corrected pixels are
 * the same) and one that is the brightness of the background is left out.
 * @throws IsoluxError `usage` where the format does not take these profiles
 */
export function encodeProfileFiles(
  target: ProfileFiles,
  profiles: readonly GivenProfile[],
  origin: ProfileOrigin,
): WrittenProfile {
  checkProfiles(target, profiles);
  if (target.kind === "npz") return { files: new Map([[target.main, archiveOf(profiles[0]!, origin)]]), notes: [] };
  const folded = profiles.map(withOffsetInDarkfield);
  const { encodings, notes } = encodingsOf(target, folded, origin);
  return {
    files: new Map(encodings.flatMap(([key, encode]) => (key === undefined ? [] : [[key, encode()] as const]))),
    notes: [...profiles.flatMap(offsetNotes), ...notes],
  };
}

function checkProfiles({ kind, main }: ProfileFiles, profiles: readonly GivenProfile[]): void {
  const shapes = [...new Set(profiles.map(({ profile }) => formatShape(profile.shapeYx)))];
  if (profiles.length === 1 || (kind === "ashlar" && shapes.length === 1)) return;
  throw new IsoluxError({
    kind: "usage",
    what: shapes.length > 1 ? "The profiles have different shapes" : "The format holds the profile of one channel",
    where: main,
    found: shapes.length > 1 ? shapes.join(", ") : `${profiles.length} profiles`,
    expected: shapes.length > 1 ? "one shape" : "one",
  });
}

function archiveOf({ profile, baselineMeaning, alignment, field }: GivenProfile, origin: ProfileOrigin): Uint8Array {
  return encodeProfile(profile, { ...origin, baselineMeaning, alignment, field });
}

function hasOffset({ profile, baselineMeaning }: GivenProfile): boolean {
  return profile.baseline !== 0 && baselineMeaning === "offset";
}

/** The same correction without an offset in the baseline: image/flat - offset is (image - offset · flat) / flat. */
function withOffsetInDarkfield(given: GivenProfile): GivenProfile {
  if (!hasOffset(given)) return given;
  const { baseline, flatfield } = given.profile;
  const darkfield = given.profile.darkfield.map((value, at) => value + baseline * flatfield[at]!);
  return { ...given, profile: { ...given.profile, darkfield, baseline: 0 } };
}

function offsetNotes(given: GivenProfile): string[] {
  if (!hasOffset(given)) return [];
  return [`The baseline of ${noteOf(given.profile.baseline)} counts, an offset, went into the dark-field.`];
}

/** What is written of profiles that have no offset in their baseline. */
function encodingsOf(
  { kind, main, second }: ProfileFiles,
  profiles: readonly GivenProfile[],
  origin: ProfileOrigin,
): { readonly encodings: readonly Encoding[]; readonly notes: readonly string[] } {
  const { profile } = profiles[0]!;
  const archive: Encoding = [main, () => archiveOf(profiles[0]!, origin)];
  const lost = profiles.flatMap(lostBackground);
  switch (kind) {
    case "npz":
      return { encodings: [archive], notes: [] };
    case "basicpy":
      return { encodings: [archive, [second, () => settingsOf(profile)]], notes: [] };
    case "ashlar":
      return { encodings: pairOfImages(main, second, profiles), notes: lost };
    case "stitching-spark":
      return { encodings: pairOfTerms(main, second, profile), notes: lost };
    case "bigstitcher":
      return { encodings: brightAndDark(main, second, profile), notes: lost };
    case "fractal":
      return withNotes(encodeFractal(main, second, profile), lost);
    case "cellprofiler":
      return withNotes(encodeFunction(main, profile), lost);
    case "image":
      return withNotes(encodeImage(main, profile), lost);
    case "cellprofiler-subtract":
      throw new IsoluxError({
        kind: "usage",
        what: "Profiles to subtract can be read, not written",
        advice: "Write one to divide by: --to cellprofiler",
      });
    default:
      return unreachable(kind);
  }
}

function withNotes({ encodings, notes }: ReturnType<typeof encodeImage>, lost: readonly string[]) {
  return { encodings, notes: [...notes, ...lost] };
}

function lostBackground({ profile }: GivenProfile): string[] {
  if (profile.baseline === 0) return [];
  return [`The baseline of ${noteOf(profile.baseline)} counts, the brightness of the background, was left out.`];
}

/** What `BaSiC.load_model` must find besides the arrays: settings other than its defaults. */
function settingsOf({ darkfield }: Profile): Uint8Array {
  const settings = { get_darkfield: darkfield.some((value) => value !== 0) };
  return new TextEncoder().encode(`${JSON.stringify(settings)}\n`);
}

function pairOfImages(main: string, second: string | undefined, profiles: readonly GivenProfile[]): Encoding[] {
  const { shapeYx } = profiles[0]!.profile;
  const pages = (part: "flatfield" | "darkfield") => () =>
    encodeTiff(
      profiles.map(({ profile }) => profile[part]),
      shapeYx,
    );
  return [
    [main, pages("flatfield")],
    [second, pages("darkfield")],
  ];
}

/** (image - dark-field) / flat-field as image · S + T. */
function pairOfTerms(main: string, second: string | undefined, profile: Profile): Encoding[] {
  const { shapeYx, flatfield, darkfield } = profile;
  return [
    [main, () => encodeTiff([flatfield.map((value) => 1 / value)], shapeYx)],
    [second, () => encodeTiff([darkfield.map((value, at) => -value / flatfield[at]!)], shapeYx)],
  ];
}

/** What a pixel of mean brightness has above the dark image, in a bright image of BigStitcher; any number would do. */
const brightCounts = 1024;

/** (image - dark) · mean(bright - dark) / (bright - dark), with a bright image that contains the dark one. */
function brightAndDark(main: string, second: string | undefined, profile: Profile): Encoding[] {
  const { shapeYx, flatfield, darkfield } = profile;
  return [
    [main, () => encodeTiff([flatfield.map((value, at) => brightCounts * value + darkfield[at]!)], shapeYx)],
    [second, () => encodeTiff([darkfield], shapeYx)],
  ];
}

// Flat-fields as the images that Fractal's task, CellProfiler and people take, each on the scale it is expected on.

/** A file to write: none where the key is `undefined`. */
type Encoding = readonly [key: string | undefined, encode: () => Uint8Array];

/** Files to write, and what was lost or changed in them, in sentences. */
interface Encodings {
  readonly encodings: readonly Encoding[];
  readonly notes: readonly string[];
}

const mostOf16Bits = 65535;

/**
 * For fractal-tasks-core: the flat-field with maximum 1, which the task brings it to anyway, and the dark-field, where
 * there is one, for its background correction. PNG where `main` ends so, else TIFF.
 */
function encodeFractal(main: string, second: string | undefined, profile: Profile): Encodings {
  const { flatfield, darkfield, shapeYx } = profile;
  const largest = largestOf(flatfield);
  const isPng = /\.png$/i.test(main);
  const hasDark = darkfield.some((value) => value !== 0);
  const notes = [`The flat-field was divided by its maximum ${noteOf(largest)}.`];
  if (isPng) notes.push("PNG holds whole numbers of 16 bits: the flat-field was rounded to 1/65535, counts to 1.");
  if (hasDark) notes.push(`Give ${second} to the task as its background correction.`);
  const flat = isPng
    ? () => encodePng(wholeNumbers(flatfield, mostOf16Bits / largest), shapeYx)
    : () => encodeTiff([flatfield.map((value) => value / largest)], shapeYx);
  const dark = isPng ? () => encodePng(wholeNumbers(darkfield, 1), shapeYx) : () => encodeTiff([darkfield], shapeYx);
  return { encodings: [[main, flat], ...(hasDark ? [[second, dark] as const] : [])], notes };
}

/** For CellProfiler: an illumination function to divide by, with minimum 1 as it rescales its own, in doubles. */
function encodeFunction(main: string, profile: Profile): Encodings {
  const { flatfield, shapeYx } = profile;
  const least = flatfield.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY);
  const data = Float64Array.from(flatfield, (value) => value / least);
  const encode = () => (/\.mat$/i.test(main) ? encodeMat(data, shapeYx) : encodeNpy({ shape: shapeYx, data }));
  const note = `The flat-field was divided by its minimum ${noteOf(least)}: a function for Divide.`;
  return { encodings: [[main, encode]], notes: [note, ...lostDarkfield(profile)] };
}

/** The flat-field as an image: float32 with mean 1 in TIFF, 16 bits with maximum 65535 in PNG. */
function encodeImage(main: string, profile: Profile): Encodings {
  const { flatfield, shapeYx } = profile;
  const lost = lostDarkfield(profile);
  if (!/\.png$/i.test(main)) return { encodings: [[main, () => encodeTiff([flatfield], shapeYx)]], notes: lost };
  const encode = () => encodePng(wholeNumbers(flatfield, mostOf16Bits / largestOf(flatfield)), shapeYx);
  const note = "PNG holds whole numbers of 16 bits: the maximum of the flat-field became 65535.";
  return { encodings: [[main, encode]], notes: [note, ...lost] };
}

/** A number in a note, with four figures. */
function noteOf(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function lostDarkfield({ darkfield }: Profile): string[] {
  if (darkfield.every((value) => value === 0)) return [];
  const mean = meanOf(darkfield);
  return [`The format has no dark-field: it was left out, and the images keep about ${noteOf(mean)} counts of it.`];
}

function wholeNumbers(image: Float32Array, scale: number): Uint16Array {
  return Uint16Array.from(image, (value) => Math.max(0, Math.min(mostOf16Bits, Math.round(value * scale))));
}

function largestOf(image: Float32Array): number {
  return image.reduce((most, value) => Math.max(most, value), 0);
}
