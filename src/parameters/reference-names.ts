/**
 * Parameter files that use the names of the reference task, which is called with
 * `zarr_url, FOV_list, z_levels, models_folder, n_zplanes, resolution_level, save_models, erase_source_image,
 * basicpy_model_params`.
 * @see https://github.com/reimann-lab/mesospim-fractal-tasks
 */
import { fieldsOf } from "./field.ts";
import { correctSchema } from "./schema.ts";
import { referenceObjects, snakeCase, spell } from "./spelling.ts";

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
