import { IsoluxError, unreachable } from "../../errors.ts";
import { limits, mostProfileBytes } from "../../limits.ts";
import { elementCount, formatShape, isSameShape } from "../../shapes.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import { decodeNpy } from "../npy.ts";
import { decodeProfile, type GivenProfile } from "../npz-profile.ts";
import { normaliseProfile, type OneValuePolicy, type RawImage, type RawProfile } from "../validate.ts";
import { decodeImageFile } from "./image-file.ts";
import type { ProfileFiles, ProfileKind } from "./profile-files.ts";

/** What a reader of profiles takes besides the files. */
interface ReadProfileOptions {
  readonly ofOneValue: OneValuePolicy;
  /** Needed where a file holds several images. */
  readonly page?: PageChoice;
  /** The largest value of the pixels to be corrected, where they are whole numbers. */
  readonly largestCount?: number;
  /** More pixels than it may have for its tiles are refused. */
  readonly mostPixels?: number;
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
  const { mostPixels = limits.pagePixels } = options;
  const main = await readFile(store, files.main, mostPixels);
  const isArchive = files.kind === "npz" || (files.kind === "basicpy" && /\.npz$/i.test(files.main));
  if (isArchive) return decodeProfile(main.bytes, main.where, options.ofOneValue, mostPixels);
  const second = files.second === undefined ? undefined : await readFile(store, files.second, mostPixels);
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
    meanCounts: normalised.meanCounts,
    notes: [
      ...(hasDarkfield ? [] : [`${main.where} comes without a dark-field: none is subtracted.`]),
      ...notes,
      ...normalised.notes,
    ],
    ...(normalised.warnings.length === 0 ? {} : { warnings: normalised.warnings }),
  };
}

async function readFile(store: ReadableStore, key: string, mostPixels: number): Promise<ReadFile> {
  const where = joinKey(store.location, key);
  const bytes = await store.get(key, { mostBytes: mostProfileBytes(mostPixels) });
  if (bytes !== undefined) return { bytes, where, mostPixels };
  throw new IsoluxError({ kind: "not-found", what: "There is no such file", where });
}

// How each program means its images, as flat-field and dark-field.

/** Which image is meant of a file of ASHLAR, which may hold one for each channel; counted from 0. */
type PageChoice =
  /** That one; where the image's number of channels is known, the file must have as many. */
  | { readonly kind: "page"; readonly index: number; readonly count?: number }
  /** The only one, or that of a file with as many as the image has channels. */
  | { readonly kind: "only"; readonly index: number; readonly count: number };

/** A file that was read, and what messages call it. */
interface ReadFile {
  readonly bytes: Uint8Array;
  readonly where: string;
  readonly mostPixels: number;
}

/** What the files of a format mean, before it is checked and normalised. */
interface Meaning {
  readonly raw: RawProfile;
  readonly whose: string;
  readonly notes: readonly string[];
}

/**
 * What the files of a format other than npz mean.
 * @throws IsoluxError as the readers of images, and where they are not what the format holds
 */
async function meaningOf(
  kind: ProfileKind,
  main: ReadFile,
  second: ReadFile | undefined,
  page: PageChoice | undefined,
  largestCount?: number,
): Promise<Meaning> {
  switch (kind) {
    case "npz":
    case "basicpy":
      return stackedArrays(main);
    case "ashlar": {
      const ofPage = (images: readonly RawImage[], where: string) => images[pageOf(images.length, page, where)]!;
      return withCounts(await pairOfImages(main, second, ofPage), second?.where ?? "", largestCount);
    }
    case "stitching-spark":
      return inverted(await oneImage(main), main.where, second && (await oneImage(second)));
    case "bigstitcher":
      return withoutDark(await pairOfImages(main, second, onlyImage));
    case "fractal":
    case "cellprofiler":
      return pairOfImages(main, second, onlyImage);
    case "cellprofiler-subtract":
      return subtracted(await oneImage(main), main.where);
    case "image":
      return plainImage(await oneImage(main), main.where);
    default:
      return unreachable(kind);
  }
}

/** The one image of a file, or what its pages or colours have in common. @throws IsoluxError `invalid` where they differ */
export function onlyImage(images: readonly RawImage[], where: string): RawImage {
  const [first, ...others] = images;
  const isSame = ({ shape, data }: RawImage) =>
    isSameShape(shape, first!.shape) && data.every((value, at) => value === first!.data[at]);
  if (first !== undefined && others.every(isSame)) return first;
  throw new IsoluxError({
    kind: "invalid",
    what: "The file does not hold one image",
    where,
    found: `${images.length} (pages or colours)`,
    expected: "one page of one value a pixel",
    advice: "Save one page, or their mean (NumPy: pages.mean(axis=0)), as a separate file",
  });
}

/** Early versions of BaSiCPy kept flat-field and dark-field in one array, along its last axis. */
function stackedArrays({ bytes, where }: ReadFile): Meaning {
  const array = decodeNpy(bytes, where);
  const [height, width, count] = array.shape;
  if (array.kind !== "numbers" || array.shape.length !== 3 || count !== 2) {
    const found = `${array.dtype} ${formatShape(array.shape)}`;
    const expected = "numbers, rows x columns x 2";
    throw new IsoluxError({ kind: "invalid", what: "The array is not a model of BaSiCPy", where, found, expected });
  }
  const shape = [height!, width!];
  const [flatfield, darkfield] = [0, 1].map((part) => {
    const data = Float64Array.from({ length: elementCount(shape) }, (_, at) => array.data[2 * at + part]!);
    return { shape, data };
  });
  return { raw: { flatfield: flatfield!, darkfield: darkfield! }, whose: where, notes: [] };
}

async function pairOfImages(
  main: ReadFile,
  second: ReadFile | undefined,
  choose: (images: readonly RawImage[], where: string) => RawImage,
): Promise<Meaning> {
  const imageOf = async ({ bytes, where, mostPixels }: ReadFile) =>
    choose(await decodeImageFile(bytes, where, mostPixels), where);
  const flatfield = await imageOf(main);
  const darkfield = second && (await imageOf(second));
  return { raw: { flatfield, darkfield }, whose: main.where, notes: [] };
}

/** A bright image without the dark one that it contains. @throws IsoluxError `invalid` where their shapes differ */
function withoutDark(meaning: Meaning): Meaning {
  const { flatfield: bright, darkfield } = meaning.raw;
  if (darkfield === undefined) return meaning;
  if (formatShape(bright.shape) !== formatShape(darkfield.shape)) {
    throw new IsoluxError({
      kind: "invalid",
      what: "The dark image has another shape than the bright one",
      where: meaning.whose,
      found: formatShape(darkfield.shape),
      expected: formatShape(bright.shape),
    });
  }
  const data = Float64Array.from(bright.data, (value, at) => value - darkfield.data[at]!);
  return { ...meaning, raw: { ...meaning.raw, flatfield: { shape: bright.shape, data } } };
}

/** A dark-field of fractions between 0 and 1 is one of images that were brought to that range. */
function withCounts(meaning: Meaning, where: string, largestCount: number | undefined): Meaning {
  const { flatfield, darkfield } = meaning.raw;
  if (largestCount === undefined || darkfield === undefined) return meaning;
  const isFloat = darkfield.data instanceof Float32Array || darkfield.data instanceof Float64Array;
  const isFraction = isFloat && darkfield.data.every((value) => value >= 0 && value <= 1);
  if (!isFraction || darkfield.data.every((value) => value === 0)) return meaning;
  const data = Float64Array.from(darkfield.data, (value) => value * largestCount);
  const note = `${where} holds fractions of the full range: they are multiplied by ${largestCount}.`;
  return {
    ...meaning,
    raw: { flatfield, darkfield: { shape: darkfield.shape, data } },
    notes: [...meaning.notes, note],
  };
}

async function oneImage({ bytes, where, mostPixels }: ReadFile): Promise<RawImage> {
  return onlyImage(await decodeImageFile(bytes, where, mostPixels), where);
}

function pageOf(present: number, choice: PageChoice | undefined, where: string): number {
  const images = `${present} ${present === 1 ? "image" : "images (pages or colours)"}`;
  if (choice === undefined) {
    if (present === 1) return 0;
    const expected = `a channel from 1 to ${present}`;
    throw new IsoluxError({
      kind: "usage",
      what: "The file holds profiles of several channels",
      where,
      found: images,
      expected,
    });
  }
  const { kind, index, count } = choice;
  if (kind === "only" && present === 1) return 0;
  if (index < present && (count === undefined || count === present)) return index;
  throw new IsoluxError({
    kind: "invalid",
    what: `The file has no profile of channel ${index + 1}`,
    where,
    found: images,
    ...(count === undefined ? {} : { expected: `${count}, one for each channel` }),
  });
}

/** The terms of image · S + T as flat-field 1/S and dark-field -T/S: (image - dark-field) / flat-field is the same. */
function inverted(scaling: RawImage, where: string, translation: RawImage | undefined): Meaning {
  const flatfield = { shape: scaling.shape, data: Float64Array.from(scaling.data, (value) => 1 / value) };
  const whose = `${where} (1/S)`;
  if (translation === undefined) return { raw: { flatfield }, whose, notes: [] };
  // What has no scale has no offset either.
  const data = Float64Array.from(translation.data, (value, at) => {
    return scaling.data[at]! > 0 ? -value / scaling.data[at]! : Number.NaN;
  });
  return { raw: { flatfield, darkfield: { shape: translation.shape, data } }, whose, notes: [] };
}

/** CellProfiler reads images of 16 bits as values from 0 to 1; what it subtracts is on that scale. */
function subtracted({ shape, data }: RawImage, where: string): Meaning {
  const flatfield = { shape, data: new Float32Array(data.length).fill(1) };
  const darkfield = { shape, data: Float64Array.from(data, (value) => value * 65535) };
  const note = `${where} is a function to subtract: times 65535 it is the dark-field of 16-bit images.`;
  return { raw: { flatfield, darkfield }, whose: where, notes: [note] };
}

function plainImage(flatfield: RawImage, where: string): Meaning {
  const isCounts = !(flatfield.data instanceof Float32Array || flatfield.data instanceof Float64Array);
  const note = `${where} is an image in counts: a camera offset that is still in it counts as light.`;
  return { raw: { flatfield }, whose: where, notes: isCounts ? [note] : [] };
}
