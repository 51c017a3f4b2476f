/** How parameters are spelled: as options, in files, in the API, and by the reference task. */
import { distance } from "fastest-levenshtein";
import { type Field, fieldsOf } from "./field.ts";
import { correctSchema } from "./schema.ts";

/**
 * Where a parameter is named: on a command line, in a parameter file, by a caller of the library or, under the names of
 * the reference task, as an argument in Fractal.
 */
export type Spelling = "option" | "file" | "key" | "reference";

/** Objects of parameters that the reference task names otherwise. */
export const referenceObjects: ReadonlyMap<string, string> = new Map([["basic", "basicpy_model_params"]]);

/** `nZplanes` as files write it: `n_zplanes`. */
export function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `nZplanes` as command lines write it: `n-zplanes`. */
function kebabCase(key: string): string {
  return snakeCase(key).replaceAll("_", "-");
}

/** A parameter's name where users meet it: `--n-zplanes` or IMAGE, `n_zplanes` or `basic.epsilon`. */
export function spell({ path, info }: Pick<Field, "path" | "info">, spelling: Spelling): string {
  if (spelling === "key") return path.join(".");
  if (spelling === "file") return path.map(snakeCase).join(".");
  if (spelling === "reference") {
    const parents = path.slice(0, -1).map((name) => referenceObjects.get(name) ?? snakeCase(name));
    return [...parents, info.referenceName ?? snakeCase(path.at(-1) ?? "")].join(".");
  }
  const key = path.at(-1) ?? "";
  return info.form === "operand" ? key.toUpperCase() : `--${kebabCase(key)}`;
}

/** The candidate that a mistyped word most likely stands for; `undefined` where none is near. */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  const allowedEdits = Math.max(1, Math.floor(plain(word).length / 3));
  let best: string | undefined;
  let bestEdits = allowedEdits + 1;
  for (const candidate of candidates) {
    const edits = distance(plain(word), plain(candidate.slice(candidate.lastIndexOf(".") + 1)));
    if (edits < bestEdits) [best, bestEdits] = [candidate, edits];
  }
  return best;
}

/** Case and separators are no difference: people write nZplanes, n-zplanes or N_ZPLANES. */
function plain(word: string): string {
  return word.toLowerCase().replaceAll(/[-_\s]/g, "");
}

/** What options and files call parameters, with the reference's names, longer ones first. */
const namesInWords: readonly (readonly [ours: string, reference: string])[] = fieldsOf(correctSchema)
  .filter(({ info }) => info.form !== "operand")
  .flatMap((field): [string, string][] => {
    const reference = spell(field, "reference");
    const isRenamed = field.info.referenceName !== undefined;
    return [
      [spell(field, "option"), reference],
      ...(isRenamed ? [[spell(field, "file"), reference] as [string, string]] : []),
    ];
  })
  .sort(([a], [b]) => b.length - a.length);

/** A sentence in which parameters are named as options or as in files, with the names that Fractal's users see. */
export function inReferenceNames(text: string): string {
  return namesInWords.reduce(
    (words, [ours, reference]) => words.replaceAll(new RegExp(`(?<![\\w-])${ours}(?![\\w-])`, "g"), reference),
    text,
  );
}
