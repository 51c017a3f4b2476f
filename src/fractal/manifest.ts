import { argumentsSchema, type FormSchema } from "./form-schema.ts";
import { checkTaskSchema, estimateTaskSchema, initSchema, unitCores, unitSchema } from "./task-arguments.ts";

/** The programs that tasks consist of, by the names under which they are started. */
export const programNames = [
  "init-correct-flatfield",
  "correct-flatfield",
  "estimate-flatfield",
  "check-flatfield",
] as const;

/** The name of a program of a task. */
export type ProgramName = (typeof programNames)[number];

const ofInit = {
  zarr_urls: {
    type: "array",
    items: { type: "string" },
    title: "Zarr URLs",
    description: "Paths of the images to correct, given by the server.",
  },
  zarr_dir: { type: "string", title: "Zarr dir", description: "The folder of the dataset, given by the server." },
};
const zarrUrl = {
  zarr_url: { type: "string", title: "Zarr URL", description: "Path of the image, given by the server." },
};
const ofUnit = {
  ...zarrUrl,
  init_args: { type: "object", title: "Init args", description: "What the initialisation hands to each unit." },
};

const common = {
  category: "Image Processing",
  modality: "lightsheet",
} as const;

/**
 * The manifest that tells Fractal of the tasks.
 * @param executableOf how a program is started, relative to the package
 * @see https://fractal-analytics-platform.github.io/fractal-task-tools/usage/manifest/
 */
export function fractalManifest(executableOf: (program: ProgramName) => string): FormSchema {
  return {
    manifest_version: "2",
    has_args_schemas: true,
    args_schema_version: "fractal_schema_v1",
    task_list: [
      {
        name: "Correct Flatfield",
        type: "compound",
        ...common,
        input_types: { flatfield_corrected: false },
        output_types: { flatfield_corrected: true },
        tags: ["BaSiC", "Illumination", "Correction", "Flatfield", "Darkfield"],
        executable_non_parallel: executableOf("init-correct-flatfield"),
        executable_parallel: executableOf("correct-flatfield"),
        meta_non_parallel: { cpus_per_task: 1, mem: 2000 },
        meta_parallel: { cpus_per_task: unitCores, mem: 4000 },
        args_schema_non_parallel: argumentsSchema("InitCorrectFlatfield", ofInit, initSchema),
        args_schema_parallel: argumentsSchema("CorrectFlatfield", ofUnit, unitSchema),
        docs_info: correctText,
      },
      {
        name: "Estimate Flatfield",
        type: "parallel",
        ...common,
        input_types: { flatfield_corrected: false },
        output_types: {},
        tags: ["BaSiC", "Illumination", "Flatfield", "Darkfield", "Profiles"],
        executable_parallel: executableOf("estimate-flatfield"),
        meta_parallel: { cpus_per_task: unitCores, mem: 4000 },
        args_schema_parallel: argumentsSchema("EstimateFlatfield", zarrUrl, estimateTaskSchema),
        docs_info: estimateText,
      },
      {
        name: "Check Flatfield",
        type: "parallel",
        ...common,
        category: "Measurement",
        input_types: { flatfield_corrected: true },
        output_types: {},
        tags: ["Illumination", "Flatfield", "Quality", "Seams"],
        executable_parallel: executableOf("check-flatfield"),
        meta_parallel: { cpus_per_task: 1, mem: 4000 },
        args_schema_parallel: argumentsSchema("CheckFlatfield", zarrUrl, checkTaskSchema),
        docs_info: checkText,
      },
    ],
  };
}

/** The manifest of this package, in which Node runs the programs, as its file holds it. */
export function manifestText(): string {
  return `${JSON.stringify(
    fractalManifest((program) => `dist/fractal/main.js ${program}`),
    undefined,
    2,
  )}\n`;
}

const correctText = `### Correct Flatfield

Corrects uneven illumination of tiled light-sheet images, before stitching. Next to each image \`NAME\` appears
\`NAME_flatfield_corr\`, complete or not at all, with its pyramid, tables and display windows. Several jobs share the work
on an image; a job that failed or was stopped may be submitted again and repeats nothing that is done.

The profile comes from

1. a folder of measured profiles (\`models_folder\`): best;
2. tiles or planes without sample (\`FOV_list\`, \`z_levels\`);
3. BaSiC on planes of all tiles, without any of these.
`;

const estimateText = `### Estimate Flatfield

Finds the profiles of an image's channels and writes only them, as \`CHANNEL/profiles.npz\` in a folder that
\`models_folder\` of Correct Flatfield takes. A look at them costs minutes where the correction costs hours.
`;

const checkText = `### Check Flatfield

Tells whether a corrected image is better than it was: \`improved\`, \`no-gain\` or \`worse\`, from planes of both images
where neighbouring tiles show the same tissue. The verdict becomes the attribute \`flatfield_verdict\` of the image; a
page with pictures, \`NAME.check.html\`, and its figures, \`NAME.check.json\`, go beside it. The source must still be there.
`;
