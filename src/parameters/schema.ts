/**
 * The parameters: the one source of command-line options, parameter files, their templates and JSON Schema, of the
 * reference page and of validation. Keys are camelCase here; options are spelt `--kebab-case`, files `snake_case`.
 */
import * as z from "zod";
import { basicSchema } from "./basic-fields.ts";
import { fieldInfo } from "./field.ts";
import { byteSize, distinct, someText, wholeNumber } from "./value-types.ts";

const wholeFromZero = "a whole number of at least 0";
const wholeFromOne = "a whole number of at least 1";
const trueOrFalse = "true or false";

const overwrite = z.boolean().default(false).register(fieldInfo, {
  meaning: "Replace an output that is there already. The old one stays until the new one is complete.",
  allowed: trueOrFalse,
  group: "output",
  form: "flag",
});

const basic = basicSchema.prefault({});

/** The parameters of a correction: all there are. */
export const correctSchema = z.strictObject({
  image: someText().register(fieldInfo, {
    meaning: "The OME-Zarr image to work on: the folder that holds its levels, as in sample.zarr/raw_image.",
    allowed: "the path of an OME-Zarr image",
    group: "image",
    form: "operand",
    valueName: "image",
    referenceName: "zarr_url",
    example: "sample.zarr/raw_image",
    isPath: true,
  }),
  channels: distinct(z.union([someText(), z.number().transform(String)]), "each channel once")
    .exactOptional()
    .register(fieldInfo, {
      meaning: "Labels of the channels to work on; a corrected image holds the others as they are.",
      allowed: "a list of channel labels",
      group: "image",
      form: "texts",
      valueName: "labels",
      defaultText: "all channels",
      example: ["488", "561"],
    }),
  modelsFolder: someText().exactOptional().register(fieldInfo, {
    meaning: "Use the profiles in this folder: <folder>/<channel label>/profiles.npz.",
    allowed: "the path of a folder with a folder for each channel",
    group: "source",
    form: "text",
    valueName: "folder",
    defaultText: "profiles are estimated",
    example: "BaSiCPyModels",
    isPath: true,
  }),
  fovList: distinct(wholeNumber(1), "each tile number once")
    .exactOptional()
    .register(fieldInfo, {
      meaning:
        "Estimate the profile from these tiles, which hold no sample. Tiles are numbered from 1 in the order of the " +
        "table of tiles; isolux inspect shows where they lie.",
      allowed: "a list of tile numbers, each a whole number of at least 1",
      group: "source",
      form: "numbers",
      valueName: "numbers",
      defaultText: "the corner tiles if z_levels are given, else BaSiC on all tiles",
      example: [1, 3],
      referenceName: "FOV_list",
    }),
  zLevels: z
    .tuple([wholeNumber(0), wholeNumber(0)])
    .transform(([a, b]): readonly [below: number, above: number] => (a <= b ? [a, b] : [b, a]))
    .exactOptional()
    .register(fieldInfo, {
      meaning:
        "Estimate the profile from planes outside of the sample: those before the first number and those after the " +
        "second, of the tiles in fov_list or else of the corner tiles.",
      allowed: "two whole numbers of at least 0",
      group: "source",
      form: "numbers",
      valueName: "a,b",
      unit: "planes at full resolution, from 0",
      defaultText: "all planes",
      example: [50, 600],
    }),
  nZplanes: wholeNumber(1).default(200).register(fieldInfo, {
    meaning: "How many planes of each channel an estimate looks at, over all its tiles.",
    allowed: wholeFromOne,
    group: "sampling",
    form: "number",
    valueName: "n",
  }),
  resolutionLevel: wholeNumber(0).exactOptional().register(fieldInfo, {
    meaning: "The pyramid level an estimate looks at; 0 is the full resolution.",
    allowed: wholeFromZero,
    group: "sampling",
    form: "number",
    valueName: "level",
    defaultText: "0 for empty regions; for BaSiC the coarsest whose tiles have at least 128 px",
    example: 2,
  }),
  seed: wholeNumber(0, 2 ** 32 - 1)
    .default(0)
    .register(fieldInfo, {
      meaning: "Number that decides which planes are drawn: the same seed draws the same planes everywhere.",
      allowed: "a whole number from 0 to 4294967295",
      group: "sampling",
      form: "number",
      valueName: "n",
    }),
  cameraOffset: z
    .number()
    .nonnegative()
    .default(0)
    .register(fieldInfo, {
      meaning:
        "What the camera shows without light. An estimate from empty regions takes it off first: left in, it makes the " +
        "profile flatter than the light was.",
      allowed: "a number of at least 0",
      group: "sampling",
      form: "number",
      valueName: "counts",
      unit: "counts",
    }),
  basic,
  background: z
    .enum(["auto", "keep", "subtract"])
    .default("auto")
    .register(fieldInfo, {
      meaning:
        "Whether the profile's baseline is taken off the corrected pixels. auto: yes where it is an offset (given " +
        "profiles, empty regions), no where it is a brightness (BaSiC).",
      allowed: "auto, keep or subtract",
      group: "correction",
      form: "text",
      valueName: "choice",
    }),
  saveModels: z
    .union([z.boolean(), someText()])
    .default(false)
    .register(fieldInfo, {
      meaning:
        "Keep the estimated profiles too: in this folder or, without one, beside the image in IllumModels (empty " +
        "regions) or BaSiCPyModels (BaSiC).",
      allowed: "true, false or the path of a folder",
      group: "output",
      form: "text-or-flag",
      valueName: "folder",
      isPath: true,
    }),
  output: someText().exactOptional().register(fieldInfo, {
    meaning: "Where the corrected image is written.",
    allowed: "the path of the new image",
    group: "output",
    form: "text",
    valueName: "path",
    defaultText: "<image>_flatfield_corr beside the image (raw_image_flatfield_corr for fake_raw_image)",
    example: "sample.zarr/raw_image_flatfield_corr",
    isPath: true,
  }),
  overwrite,
  eraseSourceImage: z.boolean().default(false).register(fieldInfo, {
    meaning: "Delete the source image once the corrected one is complete and checked.",
    allowed: trueOrFalse,
    group: "output",
    form: "flag",
  }),
  workers: wholeNumber(1, 1024).exactOptional().register(fieldInfo, {
    meaning: "How many threads read, correct and write. The result does not depend on it.",
    allowed: "a whole number from 1 to 1024",
    group: "machine",
    form: "number",
    valueName: "n",
    defaultText: "all available cores (in a SLURM job: those it was given)",
    example: 8,
  }),
  memory: byteSize().prefault("2GB").register(fieldInfo, {
    meaning: "How much memory the run may use; one that needs more is refused before anything is written.",
    allowed: "a size such as 512MB, 2GB or 1.5GiB, or a number of bytes",
    group: "machine",
    form: "text",
    valueName: "size",
  }),
});

/** The parameters of an estimation of profiles: those of a correction but for given profiles and the new image. */
export const estimateSchema = correctSchema
  .omit({ modelsFolder: true, background: true, saveModels: true, eraseSourceImage: true })
  .extend({
    output: someText().register(fieldInfo, {
      meaning: "The folder for the profiles: <folder>/<channel label>/profiles.npz, as --models-folder reads them.",
      allowed: "the path of a folder",
      group: "output",
      form: "text",
      valueName: "folder",
      isPath: true,
    }),
  });

/** The parameters of a look at an image. */
export const inspectSchema = correctSchema.pick({
  image: true,
  nZplanes: true,
  resolutionLevel: true,
  seed: true,
  workers: true,
  memory: true,
});

/** The parameters of a BaSiC fit of a stack of planes that is not a part of an OME-Zarr image. */
export const fitSchema = z.strictObject({
  stack: someText().register(fieldInfo, {
    meaning: "A stack of planes [n, y, x]: .npy, .npz or TIFF (one page a plane).",
    allowed: "the path of a .npy, .npz or TIFF file",
    group: "image",
    form: "operand",
    valueName: "stack",
    isPath: true,
  }),
  key: someText().exactOptional().register(fieldInfo, {
    meaning: "Which array of a .npz file to read.",
    allowed: "the name of an array in the file",
    group: "image",
    form: "text",
    valueName: "name",
    defaultText: "the only array with three axes",
  }),
  basic,
  output: someText().default("profiles.npz").register(fieldInfo, {
    meaning: "Where the profile is written: a file that ends in .npz, or a folder for profiles.npz.",
    allowed: "the path of a .npz file or of a folder",
    group: "output",
    form: "text",
    valueName: "path",
    isPath: true,
  }),
  overwrite,
});

/** The parameters of a correction, checked and complete. */
export type CorrectParameters = z.output<typeof correctSchema>;
/** The parameters of an estimation of profiles, checked and complete. */
export type EstimateParameters = z.output<typeof estimateSchema>;
/** The parameters of a look at an image, checked and complete. */
export type InspectParameters = z.output<typeof inspectSchema>;
/** The parameters of a BaSiC fit of a stack, checked and complete. */
export type FitParameters = z.output<typeof fitSchema>;
