import * as z from "zod";
import { allStageAxes } from "../acquisition/listed/stage-axes.ts";
import type { Yx, Zyx } from "../shapes.ts";
import { fieldInfo } from "./field.ts";
import { distinct, someText, wholeNumber } from "./value-types.ts";

const share = z.number().min(0).max(0.9);
const size = z.number().positive();

/** What says how stacks and planes in files lie, where they and their names do not. */
const layoutFields = {
  pattern: someText()
    .optional()
    .register(fieldInfo, {
      meaning:
        "How files are named: {row}, {col}, {x}, {y}, {z} (in µm), {plane}, {channel}, {side} and {time} stand for " +
        "parts of the name, * for any characters; / separates folders.",
      allowed: "a pattern of names",
      group: "image",
      form: "text",
      valueName: "names",
      defaultText: "the layouts that Isolux knows",
      example: "tile[{row} x {col}]_C{channel}_z{plane}.tif",
    }),
  overlap: z
    .union([share, z.tuple([share]), z.tuple([share, share])])
    .transform((value): Yx => (typeof value === "number" ? [value, value] : [value[0], value[1] ?? value[0]]))
    .optional()
    .register(fieldInfo, {
      meaning:
        "The overlap of neighbouring tiles, if the files give only rows and columns: 0.1 is a tenth of a tile; " +
        "two numbers for rows and columns.",
      allowed: "one or two numbers from 0 to 0.9",
      group: "image",
      form: "numbers",
      valueName: "share",
      defaultText: "what the files say",
      example: [0.1],
    }),
  pixelSize: z
    .tuple([size, size, size])
    .transform((value): Zyx => [value[0], value[1], value[2]])
    .optional()
    .register(fieldInfo, {
      meaning: "The size of a pixel, if the files lack it or are wrong.",
      allowed: "three numbers above 0",
      group: "image",
      form: "numbers",
      valueName: "z,y,x",
      unit: "µm",
      defaultText: "what the files say",
      example: [5, 1.5, 1.5],
    }),
  stageAxes: z
    .enum(allStageAxes)
    .optional()
    .register(fieldInfo, {
      meaning:
        "Which axis of the positions runs down the images, and which to the right: with -y,x tiles with larger y " +
        "lie higher.",
      allowed: "y,x, -y,x, y,-x, -y,-x or the same with x first",
      group: "image",
      form: "text",
      valueName: "axes",
      defaultText: "y,x",
      example: "-y,x",
    }),
};

/** Their names, for commands that open images. */
export const layoutKeys = { pattern: true, overlap: true, pixelSize: true, stageAxes: true } as const;

/** The names of all that says which image is opened, and how. */
export const imageKeys = { image: true, rotation: true, tileTable: true, ...layoutKeys, trustPositions: true } as const;

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
    meaning: "Use the positions in the metadata even if pixels contradict them (else an error).",
    allowed: "true or false",
    group: "image",
    form: "flag",
  }),
  trustProfiles: z.boolean().default(false).register(fieldInfo, {
    meaning: "Use the given profiles even if pixels contradict them (else an error).",
    allowed: "true or false",
    group: "source",
    form: "flag",
    defaultText: "false",
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
        "Compare given profiles, empty regions, overlaps, several BaSiC settings and no correction on held-out " +
        "overlaps; report the choice, the gain and the confidence. Writes nothing if no correction is better.",
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
        "second, of the tiles in fov_list, else of the corner tiles.",
      allowed: "two whole numbers of at least 0",
      group: "source",
      form: "numbers",
      valueName: "a,b",
      unit: "planes at full resolution, from 0",
      defaultText: "all planes",
      example: [50, 600],
    }),
};
