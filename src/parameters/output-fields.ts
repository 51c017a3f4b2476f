import * as z from "zod";
import { fieldInfo } from "./field.ts";
import { byteSize, someText, wholeNumber } from "./value-types.ts";

/** What is done to the pixels, where they go, and what the machine may spend on it. */
export const outputFields = {
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
  overwrite: z.boolean().default(false).register(fieldInfo, {
    meaning: "Replace an output that is there already. The old one stays until the new one is complete.",
    allowed: "true or false",
    group: "output",
    form: "flag",
  }),
  eraseSourceImage: z.boolean().default(false).register(fieldInfo, {
    meaning: "Delete the source image once the corrected one is complete and checked.",
    allowed: "true or false",
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
};
