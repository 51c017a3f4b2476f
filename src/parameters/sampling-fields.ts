import * as z from "zod";
import { fieldInfo } from "./field.ts";
import { distinct, wholeNumber } from "./value-types.ts";

/** Which planes an estimate looks at. */
export const samplingFields = {
  nZplanes: wholeNumber(1).default(200).register(fieldInfo, {
    meaning: "How many planes of each channel an estimate looks at, over all its tiles.",
    allowed: "a whole number of at least 1",
    group: "sampling",
    form: "number",
    valueName: "n",
  }),
  timePoints: distinct(wholeNumber(0), "each time point once")
    .exactOptional()
    .register(fieldInfo, {
      meaning:
        "The time points that an estimate looks at; of a time lapse all are corrected, with the same profiles. Counted " +
        "from 0.",
      allowed: "a list of time points, each a whole number of at least 0",
      group: "sampling",
      form: "numbers",
      valueName: "numbers",
      defaultText: "all of them",
      example: [0, 1],
    }),
  sides: z
    .enum(["separate", "joint"])
    .default("separate")
    .register(fieldInfo, {
      meaning:
        "Where the tiles of a channel were lit from two sides: whether each side gets a profile of its own (separate) or " +
        "both share one (joint). Without two sides it has no effect.",
      allowed: "separate or joint",
      group: "sampling",
      form: "text",
      valueName: "choice",
    }),
  resolutionLevel: wholeNumber(0).exactOptional().register(fieldInfo, {
    meaning: "The pyramid level an estimate looks at; 0 is the full resolution.",
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
      meaning: "Number that decides which planes are drawn: the same seed draws the same planes everywhere.",
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
        "What an estimate from all tiles begins with, where no folder, tiles or planes are given: a fit of BaSiC, or " +
        "even light, which --refine auto then corrects by the overlaps alone. Even light that is not refined is a " +
        "profile of ones.",
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
        "Whether an estimated profile is refined by the overlaps of neighbouring tiles: auto finds a camera offset that " +
        "the estimate took for light and corrects the profile smoothly, only where tiles that had no part in it " +
        "agree better. Needs at least four pairs of overlapping tiles.",
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
        "Whether the corrected pixels are also divided by gains, so that neighbouring tiles are equally bright where " +
        "they show the same tissue: one for each tile, one for each side of the light sheet, or both. They are found " +
        "from the overlaps, and used only where tiles that had no part in it agree better. Gains that were saved with " +
        "given profiles of these tiles are used as they are. Needs at least four pairs of overlapping tiles.",
      allowed: "none, tile, side or tile-and-side",
      group: "sampling",
      form: "text",
      valueName: "choice",
    }),
  cameraOffset: z
    .number()
    .exactOptional()
    .register(fieldInfo, {
      meaning:
        "What the camera shows without light. An estimate takes it off first, and keeps it in the dark-field: left in, " +
        "it makes the profile flatter than the light was. Given profiles without a dark-field get it as one.",
      allowed: "a number; below 0 where more than the offset was taken off the pixels before",
      group: "sampling",
      form: "number",
      valueName: "counts",
      unit: "counts",
      defaultText: "nothing is taken off",
      example: 100,
    }),
};
