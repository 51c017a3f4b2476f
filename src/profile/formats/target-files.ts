import { IsoluxError } from "../../errors.ts";
import { type ProfileFiles, type ProfileKind, pairNames, recogniseFile, settingsFile } from "./profile-files.ts";

/** What an output may be called, for each format that is written. */
const namings: Readonly<Record<Exclude<ProfileKind, "cellprofiler-subtract">, { names: RegExp; words: string }>> = {
  npz: { names: /\.npz$/i, words: "a name that ends in .npz, or a folder" },
  basicpy: { names: /^$/, words: "a folder" },
  ashlar: { names: /-[fd]fp(\.ome)?\.tiff?$/i, words: "a name that ends in -ffp.tif, or what stands before it" },
  "stitching-spark": { names: /(^|\/)[ST]\.tiff?$/, words: "S.tif, or a folder for it and T.tif" },
  fractal: { names: /\.(tiff?|png)$/i, words: "a name that ends in .tif or .png" },
  cellprofiler: { names: /\.(npy|mat)$/i, words: "a name that ends in .npy or .mat" },
  image: { names: /\.(tiff?|png)$/i, words: "a name that ends in .tif or .png" },
};

/** Formats whose output may also be a folder, or the beginning of a name. */
const withoutEnding = new Set<ProfileKind>(["npz", "basicpy", "ashlar", "stitching-spark"]);

/**
 * The files of an output, by its name and, where it is given, the format: `.npz` or a folder for npz, and as the
 * formats are recognised by their names.
 * @throws IsoluxError `usage` where the name does not go with the format
 */
export function targetFiles(kind: ProfileKind | undefined, output: string): ProfileFiles {
  const name = output.replace(/^.*\//, "");
  // PGP9.5 is the name of a channel; .jpg is an ending, unless somebody insists.
  const hasEnding = (kind === undefined ? /\.[a-z][a-z0-9]{1,4}$/i : /\.(np[yz]|mat|png|tiff?)$/i).test(name);
  const chosen = kind ?? (hasEnding ? recogniseFile(name, [])?.kind : "npz");
  if (chosen === undefined) throw unknownEnding(output);
  if (chosen === "cellprofiler-subtract") {
    throw new IsoluxError({ kind: "usage", what: `${chosen} is read, not written`, where: output });
  }
  const { names, words } = namings[chosen];
  if (names.test(output)) return named(chosen, output);
  if (!hasEnding && withoutEnding.has(chosen)) return unnamed(chosen, output);
  throw new IsoluxError({
    kind: "usage",
    what: `The name of the output does not go with ${chosen}`,
    where: output,
    expected: words,
  });
}

function named(kind: ProfileKind, output: string): ProfileFiles {
  if (kind !== "ashlar" && kind !== "stitching-spark" && kind !== "fractal") return { kind, main: output };
  const folder = output.replace(/[^/]*$/, "");
  const [main, second] = pairNames(kind, output.slice(folder.length));
  return { kind, main: folder + main, ...(second === undefined ? {} : { second: folder + second }) };
}

function unnamed(kind: ProfileKind, output: string): ProfileFiles {
  if (kind === "ashlar") return { kind, main: `${output}-ffp.tif`, second: `${output}-dfp.tif` };
  if (kind === "stitching-spark") return { kind, main: `${output}/S.tif`, second: `${output}/T.tif` };
  const arrays = { kind, main: `${output}/profiles.npz` };
  return kind === "basicpy" ? { ...arrays, second: `${output}/${settingsFile}` } : arrays;
}

function unknownEnding(output: string): IsoluxError {
  return new IsoluxError({
    kind: "usage",
    what: "Nothing says which format to write",
    where: output,
    expected: "a name that ends in .npz, -ffp.tif, .tif, .png, .npy or .mat, S.tif, or a folder",
    advice: "Give another name, or the format with --to",
  });
}
