import * as z from "zod";
import type { OmeVersion } from "../ngff/group.ts";
import { fieldInfo } from "./field.ts";
import { byteSize, someText, wholeNumber } from "./value-types.ts";

/** What is done to the pixels, where they go, and what the machine may spend on it. */
export const outputFields = {
  background: z
    .enum(["auto", "keep", "subtract"])
    .default("auto")
    .register(fieldInfo, {
      meaning:
        "Subtract the profile's baseline from the corrected pixels? auto: yes if it is an offset (given " +
        "profiles, empty regions), no if it is a brightness (BaSiC).",
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
        "Keep the estimated profiles in this folder; without a name beside the image, in IllumModels (empty " +
        "regions) or BaSiCPyModels (BaSiC).",
      allowed: "true, false or the path of a folder",
      group: "output",
      form: "text-or-flag",
      valueName: "folder",
      isPath: true,
    }),
  output: someText().optional().register(fieldInfo, {
    meaning: "Where the corrected image is written.",
    allowed: "the path of the new image, or an address as s3://bucket/folder/image.zarr",
    group: "output",
    form: "text",
    valueName: "path",
    defaultText: "<image>_flatfield_corr beside the image (raw_image_flatfield_corr for fake_raw_image)",
    example: "sample.zarr/raw_image_flatfield_corr",
    isPath: true,
  }),
  channelSettings: someText()
    .optional()
    .register(fieldInfo, {
      meaning:
        'Names, colours and display windows of channels by laser line, such as {"488": {"label": "MBP", "color": ' +
        '"4FC3F7", "window": {"start": 100, "end": 2000}}}, for images that do not name their channels.',
      allowed: "the path of a JSON file",
      group: "output",
      form: "text",
      valueName: "file",
      defaultText: "channels are named by laser line, with colours that go with it",
      example: "channels.json",
      isPath: true,
    }),
  layout: z.enum(["mosaic", "tiles"]).default("mosaic").register(fieldInfo, {
    meaning: "Write one image of all tiles (mosaic), or the OME-Zarr groups of the tiles, to be stitched (tiles).",
    allowed: "mosaic or tiles",
    group: "output",
    form: "text",
    valueName: "layout",
  }),
  omeVersion: z
    // A file may write the version as a number.
    .union([z.enum(["0.4", "0.5"]), z.literal([0.4, 0.5]).transform((version) => `${version}` as OmeVersion)])
    .optional()
    .register(fieldInfo, {
      meaning: "The version of OME-Zarr to write.",
      allowed: "version 0.4 or 0.5",
      group: "output",
      form: "text",
      valueName: "version",
      defaultText: "as the source; 0.4 for a mosaic of tiles as the microscope wrote them",
      example: "0.5",
    }),
  shards: z
    .tuple([wholeNumber(1), wholeNumber(1), wholeNumber(1), wholeNumber(1)])
    .optional()
    .register(fieldInfo, {
      meaning: "How much of the image one file of OME-Zarr 0.5 holds: channels, planes, rows, columns.",
      allowed: "four whole numbers of at least 1",
      group: "output",
      form: "numbers",
      valueName: "c,z,y,x",
      unit: "px",
      defaultText: "as the source, else 1,64,2048,2048",
      example: [1, 64, 2048, 2048],
    }),
  codec: z
    .string()
    .regex(/^(same|lz4|none|zstd:[1-9])$/)
    .optional()
    .register(fieldInfo, {
      meaning:
        "How chunks are compressed, without loss: as the source (same), fastest (lz4), a tenth smaller, as the " +
        "microscope does (zstd:5), or not (none). Any but same also gives the usual chunks of a new image.",
      allowed: "same, lz4, zstd:LEVEL with a level from 1 to 9, or none",
      group: "output",
      form: "text",
      valueName: "codec",
      defaultText: "same; lz4 for a mosaic of tiles as the microscope wrote them",
      example: "zstd:5",
    }),
  report: someText()
    .regex(/\.html?$/i)
    .optional()
    .register(fieldInfo, {
      meaning:
        "Write a report: one HTML file with the verdict, pictures before and after, profiles and seams, and its " +
        "figures as JSON beside it.",
      allowed: "the path of a file that ends in .html",
      group: "report",
      form: "text",
      valueName: "file",
      defaultText: "no report",
      example: "report.html",
      isPath: true,
    }),
  overwrite: z.boolean().default(false).register(fieldInfo, {
    meaning: "Replace an existing output. The old one stays until the new one is complete.",
    allowed: "true or false",
    group: "output",
    form: "flag",
  }),
  eraseSourceImage: z.boolean().default(false).register(fieldInfo, {
    meaning: "Delete the source image once the corrected one is complete and verified.",
    allowed: "true or false",
    group: "output",
    form: "flag",
  }),
  expendable: z
    .array(someText())
    .optional()
    .register(fieldInfo, {
      meaning:
        "What may be deleted with the source image though the output does not hold it. Otherwise a source with " +
        "other groups or files is not erased.",
      allowed: "a list of names in the source image",
      group: "output",
      form: "texts",
      valueName: "names",
      defaultText: "nothing",
      example: ["labels", "notes.txt"],
    }),
  workers: wholeNumber(1, 1024).optional().register(fieldInfo, {
    meaning: "Threads that read, correct and write. The result does not depend on it.",
    allowed: "a whole number from 1 to 1024",
    group: "machine",
    form: "number",
    valueName: "n",
    defaultText: "all available cores (in a SLURM job: those it was given)",
    example: 8,
  }),
  memory: byteSize().prefault("2GB").register(fieldInfo, {
    meaning: "Memory limit of the run; if it needs more, it is refused before anything is written.",
    allowed: "a size such as 512MB, 2GB or 1.5GiB, or a number of bytes",
    group: "machine",
    form: "text",
    valueName: "size",
    defaultText: "2GB, or a quarter of what the process may use (machine, container or SLURM job) where that is more",
  }),
};
