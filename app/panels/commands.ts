/** The commands and the parameter file that do to the whole image what the page shows. */
import { shellWord } from "isolux";
import * as state from "../state.ts";

/** The folder of profiles that the commands name. */
export const modelsFolder = "profiles";

/** Labels of the channels that have a profile. */
function labels(): string[] {
  return [...state.results.value.keys()];
}

/** The command that corrects the whole image by the profiles of the page, and before it those that make the profiles. */
export function commandLines(): string {
  const place = shellWord(state.imagePlace.value);
  const { length: channels } = state.image.value!.channels;
  const some = labels().length < channels ? ` --channels ${shellWord(labels().join(","))}` : "";
  const estimates = [...state.results.value.values()].flatMap(({ options }) =>
    options === undefined ? [] : [`isolux estimate ${place} ${options} --output ${modelsFolder}`],
  );
  return [...estimates, `isolux correct ${place} --models-folder ${modelsFolder}${some}`].join("\n");
}

/** A parameter file for `isolux run`, to lie beside the folder of profiles. */
export function parameterFile(): string {
  const { length: channels } = state.image.value!.channels;
  return [
    "# Flat-field correction with Isolux: isolux run flatfield.yaml",
    `image: ${JSON.stringify(state.imagePlace.value)}`,
    `models_folder: ${modelsFolder}`,
    ...(labels().length < channels ? [`channels: ${JSON.stringify(labels())}`] : []),
    "",
  ].join("\n");
}

/** Profiles by their paths, and the parameter file that names them. */
export function savedFiles(): (readonly [path: string, content: BlobPart])[] {
  const profiles = [...state.results.value.values()].flatMap(({ files }) => files);
  return [
    ...profiles.map(([path, bytes]) => [`${modelsFolder}/${path}`, bytes] as const),
    ["flatfield.yaml", parameterFile()],
  ];
}
