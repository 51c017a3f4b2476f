/** The formats that programs keep profiles in, and how they are told apart by the names of their files. */

/**
 * The formats. In all of them an image is corrected as (image - dark-field) / flat-field, but for `stitching-spark`,
 * whose terms multiply and add (image · S + T), and `cellprofiler-subtract`, which only subtracts.
 *
 * @see https://github.com/peng-lab/BaSiCPy (`BaSiC.save_model`)
 * @see https://github.com/labsyspharm/ashlar (options `--ffp`, `--dfp`)
 * @see https://github.com/saalfeldlab/stitching-spark (`FlatfieldCorrection`)
 * @see https://fractal-analytics-platform.github.io/fractal-tasks-core (`illumination_correction`)
 * @see https://github.com/CellProfiler/CellProfiler (`CorrectIlluminationCalculate`, `CorrectIlluminationApply`)
 */
export const profileKinds = [
  "npz",
  "basicpy",
  "ashlar",
  "stitching-spark",
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
const darkEnding = "_darkfield";

/**
 * What a file in a folder is, by its name and the names `beside` it; `undefined` for names that profiles do not have.
 * The dark-field of a pair is recognised as the pair.
 */
export function recogniseFile(name: string, beside: readonly string[]): ProfileFiles | undefined {
  if (/\.np[yz]$/i.test(name)) return recogniseArrays(name, beside);
  if (/\.mat$/i.test(name)) return { kind: "cellprofiler", main: name };
  if (!image.test(name)) return undefined;
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
  return kind === "ashlar" || kind === "stitching-spark" || kind === "fractal"
    ? pairOf(kind, name, beside)
    : { kind, main: name };
}

/** The same files, their keys below a folder. */
export function below(folder: string, { kind, main, second }: ProfileFiles): ProfileFiles {
  const inside = (name: string) => (folder === "" ? name : `${folder}/${name}`);
  return { kind, main: inside(main), ...(second === undefined ? {} : { second: inside(second) }) };
}

/** The part of a file's name that can name a channel: `488` of `488-ffp.ome.tif`. */
export function channelPart(name: string): string {
  return name.replace(ashlar, "$2").replace(/(\.ome)?\.(npy|npz|mat|png|tiff?)$/i, "");
}

/** Names that a profile alone in its folder may have, for stores that cannot list. */
export const namesOfFolder: readonly string[] = ["S.tif", "T.tif"];

/** Names that the profile of a channel may have among those of others, for stores that cannot list. */
export function namesOfChannel(channel: string): string[] {
  const endings = [".npz", "-ffp.tif", "-dfp.tif", ".tif", ".tiff", ".png", ".npy", ".mat"];
  return endings.map((ending) => channel + ending);
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

function pairOf(kind: "ashlar" | "stitching-spark" | "fractal", name: string, beside: readonly string[]): ProfileFiles {
  const [main, second] = pairNames(kind, name);
  const has = (wanted: string | undefined) => wanted !== undefined && beside.includes(wanted);
  if (name === second && !has(main)) return { kind, main: name };
  return { kind, main, ...(has(second) && second !== undefined ? { second } : {}) };
}

/** The names of both files of a pair, of which `name` is one; only one where it has not the form of a pair. */
export function pairNames(kind: "ashlar" | "stitching-spark" | "fractal", name: string): readonly [string, string?] {
  if (kind === "ashlar") {
    if (!ashlar.test(name)) return [name];
    return [name.replace(ashlar, "-ffp$2"), name.replace(ashlar, "-dfp$2")];
  }
  if (kind === "stitching-spark") return spark.test(name) ? [`S${name.slice(1)}`, `T${name.slice(1)}`] : [name];
  const bright = name.replace(new RegExp(`${darkEnding}(\\.[^.]+)$`), "$1");
  return [bright, bright.replace(/(\.[^.]+)$/, `${darkEnding}$1`)];
}
