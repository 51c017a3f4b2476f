/** What callers of the library give: parameters as they may be written, or checked ones. */
import type { z } from "zod";
import type {
  CheckParameters,
  ConvertParameters,
  CorrectParameters,
  checkSchema,
  convertSchema,
  correctSchema,
  EstimateParameters,
  estimateSchema,
  InspectParameters,
  inspectSchema,
} from "./schema.ts";
import type { FinishParameters, finishSchema, PrepareParameters, prepareSchema, workSchema } from "./shared-schemas.ts";

/** Parameters of a correction; all but the image have defaults. See docs/parameters.md. */
export type CorrectInput = z.input<typeof correctSchema> | CorrectParameters;
/** Parameters of an estimation; all but the image and the output folder have defaults. */
export type EstimateInput = z.input<typeof estimateSchema> | EstimateParameters;
/** Parameters of a conversion; all but the image and the output have defaults. */
export type ConvertInput = z.input<typeof convertSchema> | ConvertParameters;
/** Parameters of a correction that several processes share. */
export type PrepareInput = z.input<typeof prepareSchema> | PrepareParameters;
/** Which unit of which prepared output to make; `unit` as `3` or `3/20`. */
export type WorkInput = z.input<typeof workSchema>;
/** Which prepared output to finish. */
export type FinishInput = z.input<typeof finishSchema> | FinishParameters;
/** Parameters of a check; all but the two images have defaults. */
export type CheckInput = z.input<typeof checkSchema> | CheckParameters;
/** Parameters of a look at an image. */
export type InspectInput = z.input<typeof inspectSchema> | InspectParameters;
