import * as z from "zod";
import { fieldInfo } from "./field.ts";
import { distinct, wholeNumber } from "./value-types.ts";

/** Which planes an estimate looks at. */
export const samplingFields = {
  nZplanes: wholeNumber(1).default(200).register(fieldInfo, {
    meaning: "Planes of each channel that an estimate looks at, over all its tiles.",
    allowed: "a whole number of at least 1",
    group: "sampling",
    form: "number",
    valueName: "n",
  }),
  timePoints: distinct(wholeNumber(0), "each time point once")
    .optional()
    .register(fieldInfo, {
      meaning: "Time points that an estimate looks at, from 0. All time points are corrected.",
      allowed: "a list of time points, each a whole number of at least 0",
      group: "sampling",
      form: "numbers",
      valueName: "numbers",
      defaultText: "all of them",
      example: [0, 1],
    }),
  sides: z.enum(["separate", "joint"]).default("separate").register(fieldInfo, {
    meaning: "A profile for each side of the light sheet (separate) or one for both (joint).",
    allowed: "separate or joint",
    group: "sampling",
    form: "text",
    valueName: "choice",
  }),
  resolutionLevel: wholeNumber(0).optional().register(fieldInfo, {
    meaning: "The pyramid level that an estimate looks at; 0 is full resolution.",
    allowed: "a whole number of at least 0",
    group: "sampling",
    form: "number",
    valueName: "level",
    defaultText: "0 for empty regions; for BaSiC the coarsest whose tiles have at least 128 px",
    example: 2,
  }),
  seed: wholeNumber(0, 2 ** 32 - 1)
    .default(0)
    .register(fieldInfo, {
      meaning: "Decides which planes are drawn: the same seed draws the same planes everywhere.",
      allowed: "a whole number from 0 to 4294967295",
      group: "sampling",
      form: "number",
      valueName: "n",
    }),
  start: z
    .enum(["basic", "even"])
    .default("basic")
    .register(fieldInfo, {
      meaning:
        "The starting profile if no folder, tiles or planes are given: a BaSiC fit (basic), or uniform light (even), " +
        "which --refine auto corrects from overlaps alone.",
      allowed: "basic or even",
      group: "sampling",
      form: "text",
      valueName: "choice",
    }),
  refine: z
    .enum(["off", "auto"])
    .default("off")
    .register(fieldInfo, {
      meaning:
        "Refine an estimated profile with tile overlaps (auto): finds a camera offset that was taken for light, and " +
        "corrects the profile smoothly, if held-out overlaps then agree better. Needs four pairs of overlapping tiles.",
      allowed: "off or auto",
      group: "sampling",
      form: "text",
      valueName: "choice",
    }),
  gains: z
    .enum(["none", "tile", "side", "tile-and-side"])
    .default("none")
    .register(fieldInfo, {
      meaning:
        "Also divide pixels by the relative brightness of their tile, light-sheet side, or both, if held-out " +
        "overlaps then agree better. Gains saved with profiles of these tiles are used as they are. Needs four pairs " +
        "of overlapping tiles.",
      allowed: "none, tile, side or tile-and-side",
      group: "sampling",
      form: "text",
      valueName: "choice",
    }),
  cameraOffset: z
    .number()
    .optional()
    .register(fieldInfo, {
      meaning:
        "Camera counts without light. Subtracted before the estimate and kept as the dark-field, also of given " +
        "profiles without one. Left in, it makes the profile too flat.",
      allowed: "a number; below 0 if more than the offset was already subtracted from the pixels",
      group: "sampling",
      form: "number",
      valueName: "counts",
      unit: "counts",
      defaultText: "nothing is subtracted",
      example: 100,
    }),
};
