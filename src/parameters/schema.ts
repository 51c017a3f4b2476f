/**
 * The parameters: the one source of command-line options, parameter files, their templates and JSON Schema, of the
 * reference page and of validation. Keys are camelCase here; options are spelt `--kebab-case`, files `snake_case`.
 */
import * as z from "zod";
import { basicSchema } from "./basic-fields.ts";
import { fieldInfo } from "./field.ts";
import { outputFields } from "./output-fields.ts";
import { samplingFields } from "./sampling-fields.ts";
import { imageKeys, sourceFields } from "./source-fields.ts";
import { someText } from "./value-types.ts";

const basic = basicSchema.prefault({});

/** The parameters of a correction: all there are. */
export const correctSchema = z.strictObject({ ...sourceFields, ...samplingFields, basic, ...outputFields });

/** The parameters of an estimation of profiles: those of a correction but for given profiles and the new image. */
export const estimateSchema = correctSchema
  .omit({
    modelsFolder: true,
    background: true,
    saveModels: true,
    eraseSourceImage: true,
    expendable: true,
    layout: true,
    omeVersion: true,
    shards: true,
    codec: true,
    report: true,
  })
  .extend({
    output: someText().register(fieldInfo, {
      meaning: "The folder for the profiles, as --models-folder reads it: <folder>/<channel label>/profiles.npz.",
      allowed: "the path of a folder",
      group: "output",
      form: "text",
      valueName: "folder",
      isPath: true,
    }),
  });

/** The parameters of a conversion: those of a correction that do not concern profiles. */
export const convertSchema = correctSchema
  .pick({
    ...imageKeys,
    output: true,
    channelSettings: true,
    layout: true,
    omeVersion: true,
    shards: true,
    codec: true,
    overwrite: true,
    workers: true,
    memory: true,
  })
  .extend({
    output: someText().register(fieldInfo, {
      meaning: "Where the converted image is written.",
      allowed: "the path of the new image, or an address as s3://bucket/folder/image.zarr",
      group: "image",
      form: "operand",
      valueName: "output",
      isPath: true,
    }),
  });

/** The parameters of a look at an image. */
export const inspectSchema = correctSchema
  .pick({
    ...imageKeys,
    nZplanes: true,
    resolutionLevel: true,
    seed: true,
    cameraOffset: true,
    workers: true,
    memory: true,
  })
  .extend({
    empty: z.boolean().default(false).register(fieldInfo, {
      meaning: "Find empty tiles and planes, and propose those to estimate a profile from, with the command to run.",
      allowed: "true or false",
      group: "sampling",
      form: "flag",
    }),
  });

/** The parameters of a check of a corrected image. */
export const checkSchema = correctSchema
  .pick({
    ...imageKeys,
    channels: true,
    modelsFolder: true,
    seed: true,
    report: true,
    overwrite: true,
  })
  .extend({
    corrected: someText().register(fieldInfo, {
      meaning: "The corrected image, by Isolux or another program, of the same size.",
      allowed: "the path or address of an image",
      group: "image",
      form: "operand",
      valueName: "corrected",
      isPath: true,
    }),
    modelsFolder: someText().optional().register(fieldInfo, {
      meaning: "The folder of the profiles that were used, to describe them.",
      allowed: "the path of a folder with profiles for each channel",
      group: "report",
      form: "text",
      valueName: "folder",
      defaultText: "profiles are recovered from the pixels before and after",
      isPath: true,
    }),
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
  key: someText().optional().register(fieldInfo, {
    meaning: "Which array of a .npz file to read.",
    allowed: "the name of an array in the file",
    group: "image",
    form: "text",
    valueName: "name",
    defaultText: "the only array with three axes",
  }),
  channel: z
    .union([someText(), z.number().transform(String)])
    .optional()
    .register(fieldInfo, {
      meaning: "Which channel of an OME-TIFF or ImageJ file to read: its name, or its number from 1.",
      allowed: "a channel of the file",
      group: "image",
      form: "text",
      valueName: "channel",
      defaultText: "the only one",
    }),
  cameraOffset: samplingFields.cameraOffset.clone().register(fieldInfo, {
    ...fieldInfo.get(samplingFields.cameraOffset)!,
    group: "basic",
    meaning:
      "Camera counts without light. Subtracted before the fit and kept as the dark-field: left in, it makes the " +
      "profile too flat.",
  }),
  basic,
  output: someText()
    .default("profiles.npz")
    .register(fieldInfo, {
      meaning:
        "Where the profile is written: a file that ends in .npz, a folder for profiles.npz, or the files of another " +
        "program, such as NAME-ffp.tif (with NAME-dfp.tif) for ASHLAR.",
      allowed: "the path of a file (.npz, .tif, .png, .npy, .mat) or of a folder",
      group: "output",
      form: "text",
      valueName: "path",
      isPath: true,
    }),
  overwrite: outputFields.overwrite,
});

/** The parameters of a correction, checked and complete. */
export type CorrectParameters = z.output<typeof correctSchema>;
/** The parameters of an estimation of profiles, checked and complete. */
export type EstimateParameters = z.output<typeof estimateSchema>;
/** The parameters of a conversion, checked and complete. */
export type ConvertParameters = z.output<typeof convertSchema>;
/** The parameters of a look at an image, checked and complete. */
export type InspectParameters = z.output<typeof inspectSchema>;
/** The parameters of a check, checked and complete. */
export type CheckParameters = z.output<typeof checkSchema>;
/** The parameters of a BaSiC fit of a stack, checked and complete. */
export type FitParameters = z.output<typeof fitSchema>;
