import * as z from "zod";
import { fieldInfo } from "./field.ts";
import { layoutFields } from "./layout-fields.ts";
import { distinct, someText, wholeNumber } from "./value-types.ts";

/** Which image and channels, and where their profiles come from. */
export const sourceFields = {
  image: someText().register(fieldInfo, {
    meaning:
      "An OME-Zarr image (the folder that holds its levels, as sample.zarr/raw_image), also at an http://, " +
      "https:// or s3:// address, or what the microscope wrote: a folder of OME-Zarr tiles, a .h5 file, a " +
      "folder of TIFF, PNG or RAW files, or a list of these (tiles.csv, TileConfiguration.txt).",
    allowed: "the path or address of an image",
    group: "image",
    form: "operand",
    valueName: "image",
    referenceName: "zarr_url",
    example: "sample.zarr/raw_image",
    isPath: true,
  }),
  rotation: z.number().optional().register(fieldInfo, {
    meaning: "The rotation to work on; each makes a separate mosaic.",
    allowed: "a number",
    group: "image",
    form: "number",
    valueName: "angle",
    unit: "degrees",
    defaultText: "the only one; with several, isolux lists them",
    example: 90,
  }),
  tileTable: someText().optional().register(fieldInfo, {
    meaning: "The mosaic's table of tile positions: a folder below tables.",
    allowed: "the name of a table",
    group: "image",
    form: "text",
    valueName: "name",
    defaultText: "FOV_ROI_table, or the one table of regions whose rows are tiles",
    example: "image_ROI_table",
  }),
  ...layoutFields,
  trustPositions: z.boolean().default(false).register(fieldInfo, {
    meaning: "Use the positions in the metadata even if overlaps contradict them, which is an error otherwise.",
    allowed: "true or false",
    group: "image",
    form: "flag",
  }),
  channels: distinct(z.union([someText(), z.number().transform(String)]), "each channel once")
    .optional()
    .register(fieldInfo, {
      meaning: "Labels of the channels to work on; the others are copied.",
      allowed: "a list of channel labels",
      group: "image",
      form: "texts",
      valueName: "labels",
      defaultText: "all channels",
      example: ["488", "561"],
    }),
  auto: z
    .boolean()
    .default(false)
    .register(fieldInfo, {
      meaning:
        "Let Isolux choose among given profiles, empty regions, overlaps, BaSiC with several settings, and no " +
        "correction, each scored on held-out overlaps. Reports its choice, the gain and its confidence. Writes " +
        "nothing if no correction is better.",
      allowed: "true or false",
      group: "source",
      form: "flag",
    }),
  modelsFolder: someText()
    .optional()
    .register(fieldInfo, {
      meaning:
        "Use the profiles in this folder: <folder>/<channel label>/profiles.npz, or files of other programs (see " +
        "isolux profile --help).",
      allowed: "the path of a folder with profiles for each channel",
      group: "source",
      form: "text",
      valueName: "folder",
      defaultText: "profiles are estimated",
      example: "BaSiCPyModels",
      isPath: true,
    }),
  fovList: distinct(wholeNumber(1), "each tile number once")
    .optional()
    .register(fieldInfo, {
      meaning:
        "Estimate the profile from these tiles without sample. Tiles are numbered from 1; isolux inspect shows " +
        "where they lie.",
      allowed: "a list of tile numbers, each a whole number of at least 1",
      group: "source",
      form: "numbers",
      valueName: "numbers",
      defaultText: "the corner tiles if z_levels are given",
      example: [1, 3],
      referenceName: "FOV_list",
    }),
  zLevels: z
    .tuple([wholeNumber(0), wholeNumber(0)])
    .transform(([a, b]): readonly [below: number, above: number] => (a <= b ? [a, b] : [b, a]))
    .optional()
    .register(fieldInfo, {
      meaning:
        "Estimate the profile from planes outside of the sample: those before the first number and after the " +
        "second, of the tiles in fov_list or else of the corner tiles.",
      allowed: "two whole numbers of at least 0",
      group: "source",
      form: "numbers",
      valueName: "a,b",
      unit: "planes at full resolution, from 0",
      defaultText: "all planes",
      example: [50, 600],
    }),
};
