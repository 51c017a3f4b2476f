/**
 * Parameter files that use the names of the reference task, which is called with
 * `zarr_url, FOV_list, z_levels, models_folder, n_zplanes, resolution_level, save_models, erase_source_image,
 * basicpy_model_params`.
 * @see https://github.com/reimann-lab/mesospim-fractal-tasks
 */
import { IsoluxError } from "../errors.ts";
import { fieldsOf } from "./field.ts";
import { correctSchema } from "./schema.ts";
import { referenceObjects, snakeCase, spell } from "./spelling.ts";
import { type RawParameters, withoutNotGiven } from "./validate.ts";

/** The reference's names that differ from those of our files, with ours. */
export const referenceNames: ReadonlyMap<string, string> = new Map([
  ...fieldsOf(correctSchema).flatMap(({ path, info }): [string, string][] =>
    info.referenceName === undefined ? [] : [[info.referenceName, snakeCase(path[0]!)]],
  ),
  ...[...referenceObjects].map(([ours, name]): [string, string] => [name, ours]),
]);

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

/** Whether an object of parameters uses a name that only the reference has. */
export function usesReferenceNames(parameters: RawParameters): boolean {
  return Object.keys(parameters).some((key) => referenceNames.has(key));
}

/**
 * The same parameters under our names, and what is to be warned of. As in the reference, a models folder wins over
 * tiles and planes.
 * @throws IsoluxError `usage` where a parameter stands there under both names
 */
export function fromReferenceNames(
  parameters: RawParameters,
  file: string,
): { readonly parameters: RawParameters; readonly warnings: readonly string[] } {
  const ours: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(withoutNotGiven(parameters))) {
    const name = referenceNames.get(key) ?? key;
    if (name in ours) throw givenTwice(name, file);
    ours[name] = value;
  }
  const ignored = ours.models_folder === undefined ? [] : ["fov_list", "z_levels"].filter((name) => name in ours);
  for (const name of ignored) delete ours[name];
  const names = ignored.map((name) => (name === "fov_list" ? "FOV_list" : name)).join(" and ");
  return {
    parameters: ours,
    warnings: ignored.length === 0 ? [] : [`models_folder wins over ${names}, as in the reference task`],
  };
}

function givenTwice(name: string, file: string): IsoluxError {
  const other = [...referenceNames].find(([, ours]) => ours === name)?.[0] ?? name;
  return new IsoluxError({
    kind: "usage",
    what: `${other} and ${name} are the same parameter`,
    where: file,
    found: "both",
    expected: "one of them",
    advice: `Drop ${name}`,
  });
}
