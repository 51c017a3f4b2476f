import * as z from "zod";
import { type BasicParameters, basicDefaults } from "../estimate/basic/parameters.ts";
import type { Yx } from "../shapes.ts";
import { type FieldInfo, fieldInfo } from "./field.ts";
import { wholeNumber } from "./value-types.ts";

const group = "basic" satisfies FieldInfo["group"];

/** The parameters of a BaSiC fit. */
export const basicSchema = z.strictObject({
  autosegment: z
    .boolean()
    .default(basicDefaults.autosegment)
    .register(fieldInfo, {
      meaning:
        "Leave bright pixels (above the Otsu threshold) out of the fit. For tissue that covers little of the " +
        "planes.",
      allowed: "true or false",
      group,
      form: "flag",
    }),
  autosegmentMargin: wholeNumber(0, 1000).default(basicDefaults.autosegmentMargin).register(fieldInfo, {
    meaning: "How far around bright pixels neighbours are left out too. Only with autosegment.",
    allowed: "a whole number from 0 to 1000",
    group,
    form: "number",
    valueName: "px",
    unit: "px of the level in use",
  }),
  epsilon: z
    .number()
    .positive()
    .default(basicDefaults.epsilon)
    .register(fieldInfo, {
      meaning:
        "How strongly pixels that do not fit lose weight between rounds: smaller is stronger, larger gives " +
        "smoother profiles.",
      allowed: "a number above 0",
      group,
      form: "number",
      valueName: "number",
    }),
  getDarkfield: z.boolean().default(basicDefaults.getDarkfield).register(fieldInfo, {
    meaning: "Estimate a dark-field (camera counts without light) too.",
    allowed: "true or false",
    group,
    form: "switch",
  }),
  maxWorkers: wholeNumber(1, 1024).optional().register(fieldInfo, {
    meaning: "Threads of a fit. The result does not depend on it.",
    allowed: "a whole number from 1 to 1024",
    group,
    form: "number",
    valueName: "n",
    defaultText: "all available cores",
    example: 4,
  }),
  smoothnessDarkfield: z.number().nonnegative().default(basicDefaults.smoothnessDarkfield).register(fieldInfo, {
    meaning: "Smoothness of the dark-field: larger is smoother, 0 is unsmoothed.",
    allowed: "a number of at least 0",
    group,
    form: "number",
    valueName: "number",
  }),
  smoothnessFlatfield: z.number().nonnegative().default(basicDefaults.smoothnessFlatfield).register(fieldInfo, {
    meaning: "Smoothness of the flat-field: larger is smoother, 0 is unsmoothed.",
    allowed: "a number of at least 0",
    group,
    form: "number",
    valueName: "number",
  }),
  workingSize: squareOrShape(2, 16384)
    .optional()
    .register(fieldInfo, {
      meaning:
        "Fit on planes resized to n x n, or to h rows and w columns: less memory and time for a coarser profile.",
      allowed: "one or two whole numbers from 2 to 16384",
      group,
      form: "numbers",
      valueName: "n|h,w",
      unit: "px",
      defaultText: "planes are not resized",
      example: [400],
    }),
  sortIntensity: z
    .boolean()
    .default(basicDefaults.sortIntensity)
    .register(fieldInfo, {
      meaning:
        "Sort each pixel's values over the planes before the fit. For tissue that covers the same place in most " +
        "planes.",
      allowed: "true or false",
      group,
      form: "flag",
    }),
  solver: z
    .enum(["fast", "faithful"])
    .default(basicDefaults.solver)
    .register(fieldInfo, {
      meaning:
        "The solver fast gives the same profile in seconds, with larger planes fitted at about 128 x 128 px; faithful " +
        "repeats the reference's iterations at any size.",
      allowed: "fast or faithful",
      group,
      form: "text",
      valueName: "fast|faithful",
    }),
});

/** A shape `n` (a square), `[n]` (the same) or `[rows, columns]`; becomes rows and columns. */
function squareOrShape(smallest: number, largest: number) {
  const extent = wholeNumber(smallest, largest);
  return z
    .union([extent, z.tuple([extent]), z.tuple([extent, extent])])
    .transform((value): Yx => (typeof value === "number" ? [value, value] : [value[0], value[1] ?? value[0]]));
}

/** The settings of a BaSiC fit as users give them. */
export type BasicSettings = z.output<typeof basicSchema>;

/** The parameters of the fit itself: the settings but for how many threads it uses. */
export function basicParameters({ workingSize, maxWorkers: _, ...rest }: BasicSettings): BasicParameters {
  return workingSize === undefined ? rest : { ...rest, workingSizeYx: workingSize };
}
