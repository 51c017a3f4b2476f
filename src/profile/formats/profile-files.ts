/** The formats that programs keep profiles in, and how the names of their files distinguish them. */
import { IsoluxError } from "../../errors.ts";

/**
 * The formats. In all of them an image is corrected as (image - dark-field) / flat-field, but for `stitching-spark`,
 * whose terms multiply and add (image · S + T), `bigstitcher`, whose bright image contains the dark one, and `cellprofiler-subtract`, which only subtracts.
 *
 * @see https://github.com/peng-lab/BaSiCPy (`BaSiC.save_model`)
 * @see https://github.com/labsyspharm/ashlar (options `--ffp`, `--dfp`)
 * @see https://github.com/saalfeldlab/stitching-spark (`FlatfieldCorrection`)
 * @see https://github.com/PreibischLab/multiview-reconstruction (`FlatFieldCorrectedRandomAccessibleInterval`)
 * @see https://fractal-analytics-platform.github.io/fractal-tasks-core (`illumination_correction`)
 * @see https://github.com/CellProfiler/CellProfiler (`CorrectIlluminationCalculate`, `CorrectIlluminationApply`)
 */
export const profileKinds = [
  "npz",
  "basicpy",
  "ashlar",
  "stitching-spark",
  "bigstitcher",
  "fractal",
  "cellprofiler",
  "cellprofiler-subtract",
  "image",
] as const;

/** The name of a format of profiles. */
export type ProfileKind = (typeof profileKinds)[number];

/** Where a profile is kept: what its files mean, by their keys in a store. */
export interface ProfileFiles {
  readonly kind: ProfileKind;
  /** The archive of arrays, the flat-field or illumination function, or the term S. */
  readonly main: string;
  /** The settings of BaSiCPy, the dark-field or the term T, where there is one. */
  readonly second?: string;
}

const tiff = "\\.tiff?$";
const image = /\.(tiff?|png)$/i;
const ashlar = new RegExp(`-(ffp|dfp)((?:\\.ome)?${tiff})`, "i");
const spark = new RegExp(`^[ST]${tiff}`);
const brightDark = new RegExp(`-(bright|dark)(${tiff})`, "i");
const darkEnding = "_darkfield";

/**
 * What a file in a folder is, by its name and the names `beside` it; `undefined` for names that profiles do not have.
 * The dark-field of a pair is recognised as the pair.
 */
export function recogniseFile(name: string, beside: readonly string[]): ProfileFiles | undefined {
  if (/\.np[yz]$/i.test(name)) return recogniseArrays(name, beside);
  if (/\.mat$/i.test(name)) return { kind: "cellprofiler", main: name };
  if (!image.test(name)) return undefined;
  if (brightDark.test(name)) return pairOf("bigstitcher", name, beside);
  const kind = ashlar.test(name) ? "ashlar" : spark.test(name) ? "stitching-spark" : "fractal";
  const pair = pairOf(kind, name, beside);
  if (kind === "fractal" && pair.second === undefined) return { kind: "image", main: name };
  return pair;
}

/** All profiles among the files of a folder, each once. */
export function recogniseFolder(names: readonly string[]): ProfileFiles[] {
  const found = names.flatMap((name) => recogniseFile(name, names) ?? []);
  return found.filter(({ main }, index) => found.findIndex((other) => other.main === main) === index);
}

/** The files of a profile that is known to be of a kind: `name` is one of them. */
export function filesOfKind(kind: ProfileKind, name: string, beside: readonly string[]): ProfileFiles {
  if (kind === "basicpy") return { kind, main: name, ...(beside.includes(settingsFile) && { second: settingsFile }) };
  return kind === "ashlar" || kind === "stitching-spark" || kind === "bigstitcher" || kind === "fractal"
    ? pairOf(kind, name, beside)
    : { kind, main: name };
}

/** The part of a file's name that can name a channel: `488` of `488-ffp.ome.tif`. */
export function channelPart(name: string): string {
  return name
    .replace(ashlar, "$2")
    .replace(brightDark, "$2")
    .replace(/(\.ome)?\.(npy|npz|mat|png|tiff?)$/i, "");
}

/** What BaSiCPy keeps beside the arrays of a model. */
export const settingsFile = "settings.json";

/** BaSiCPy kept `profiles.npy` before it kept `profiles.npz`. */
function recogniseArrays(name: string, beside: readonly string[]): ProfileFiles {
  if (/^profiles\.np[yz]$/.test(name) && beside.includes(settingsFile)) {
    return { kind: "basicpy", main: name, second: settingsFile };
  }
  return { kind: /z$/i.test(name) ? "npz" : "cellprofiler", main: name };
}

/** Formats of two images. */
type PairKind = "ashlar" | "stitching-spark" | "bigstitcher" | "fractal";

function pairOf(kind: PairKind, name: string, beside: readonly string[]): ProfileFiles {
  const [main, second] = pairNames(kind, name);
  const has = (wanted: string | undefined) => wanted !== undefined && beside.includes(wanted);
  if (name === second && !has(main)) return { kind, main: name };
  return { kind, main, ...(has(second) && second !== undefined ? { second } : {}) };
}

/** The names of both files of a pair, of which `name` is one; only one where it has not the form of a pair. */
function pairNames(kind: PairKind, name: string): readonly [string, string?] {
  if (kind === "ashlar") {
    if (!ashlar.test(name)) return [name];
    return [name.replace(ashlar, "-ffp$2"), name.replace(ashlar, "-dfp$2")];
  }
  if (kind === "bigstitcher") {
    if (!brightDark.test(name)) return [name];
    return [name.replace(brightDark, "-bright$2"), name.replace(brightDark, "-dark$2")];
  }
  if (kind === "stitching-spark") return spark.test(name) ? [`S${name.slice(1)}`, `T${name.slice(1)}`] : [name];
  const bright = name.replace(new RegExp(`${darkEnding}(\\.[^.]+)$`), "$1");
  return [bright, bright.replace(/(\.[^.]+)$/, `${darkEnding}$1`)];
}

/** What an output may be called, for each format that is written. */
const namings: Readonly<Record<Exclude<ProfileKind, "cellprofiler-subtract">, { names: RegExp; words: string }>> = {
  npz: { names: /\.npz$/i, words: "a name that ends in .npz, or a folder" },
  basicpy: { names: /^$/, words: "a folder" },
  ashlar: { names: /-[fd]fp(\.ome)?\.tiff?$/i, words: "a name that ends in -ffp.tif, or what stands before it" },
  "stitching-spark": { names: /(^|\/)[ST]\.tiff?$/, words: "S.tif, or a folder for it and T.tif" },
  bigstitcher: { names: /-(bright|dark)\.tiff?$/i, words: "a name that ends in -bright.tif, or what stands before it" },
  fractal: { names: /\.(tiff?|png)$/i, words: "a name that ends in .tif or .png" },
  cellprofiler: { names: /\.(npy|mat)$/i, words: "a name that ends in .npy or .mat" },
  image: { names: /\.(tiff?|png)$/i, words: "a name that ends in .tif or .png" },
};

/** Formats whose output may also be a folder, or the beginning of a name. */
const withoutEnding = new Set<ProfileKind>(["npz", "basicpy", "ashlar", "stitching-spark", "bigstitcher"]);

/**
 * The files of an output, by its name and, where it is given, the format: `.npz` or a folder for npz, and as the
 * formats are recognised by their names.
 * @throws IsoluxError `usage` where the name does not go with the format
 */
export function targetFiles(kind: ProfileKind | undefined, output: string): ProfileFiles {
  const name = output.replace(/^.*\//, "");
  // PGP9.5 is the name of a channel; .jpg is an ending, unless the caller insists.
  const hasEnding = (kind === undefined ? /\.[a-z][a-z0-9]{1,4}$/i : /\.(np[yz]|mat|png|tiff?)$/i).test(name);
  const chosen = kind ?? (hasEnding ? recogniseFile(name, [])?.kind : "npz");
  if (chosen === undefined) throw unknownEnding(output);
  if (chosen === "cellprofiler-subtract") {
    throw new IsoluxError({
      kind: "usage",
      what: "Profiles to subtract can be read, not written",
      where: output,
      advice: "Write one to divide by: --to cellprofiler",
    });
  }
  const { names, words } = namings[chosen];
  if (names.test(output)) return named(chosen, output);
  if (!hasEnding && withoutEnding.has(chosen)) return unnamed(chosen, output);
  throw new IsoluxError({
    kind: "usage",
    what: `The name of the output does not fit the format ${chosen}`,
    where: output,
    expected: words,
  });
}

function named(kind: ProfileKind, output: string): ProfileFiles {
  const pairs: readonly string[] = ["ashlar", "stitching-spark", "bigstitcher", "fractal"] satisfies PairKind[];
  if (!pairs.includes(kind)) return { kind, main: output };
  const folder = output.replace(/[^/]*$/, "");
  const [main, second] = pairNames(kind as PairKind, output.slice(folder.length));
  return { kind, main: folder + main, ...(second === undefined ? {} : { second: folder + second }) };
}

function unnamed(kind: ProfileKind, output: string): ProfileFiles {
  if (kind === "ashlar") return { kind, main: `${output}-ffp.tif`, second: `${output}-dfp.tif` };
  if (kind === "bigstitcher") return { kind, main: `${output}-bright.tif`, second: `${output}-dark.tif` };
  if (kind === "stitching-spark") return { kind, main: `${output}/S.tif`, second: `${output}/T.tif` };
  const arrays = { kind, main: `${output}/profiles.npz` };
  return kind === "basicpy" ? { ...arrays, second: `${output}/${settingsFile}` } : arrays;
}

function unknownEnding(output: string): IsoluxError {
  return new IsoluxError({
    kind: "usage",
    what: "The name of the output does not tell its format",
    where: output,
    expected: "a name that ends in .npz, -ffp.tif, .tif, .png, .npy or .mat, S.tif, or a folder",
    advice: "Give another name, or the format with --to",
  });
}
