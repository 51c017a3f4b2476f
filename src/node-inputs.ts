/** What callers of the library give: parameters in any accepted notation, or checked ones. */
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
} from "./parameters/schema.ts";
import type { ServeParameters, serveSchema } from "./parameters/serve-schema.ts";
import type {
  FinishParameters,
  finishSchema,
  PrepareParameters,
  prepareSchema,
  workSchema,
} from "./parameters/shared-schemas.ts";

/** Parameters of a correction; all but the image have defaults. See docs/parameters.md. */
export type CorrectInput = z.input<typeof correctSchema> | CorrectParameters;
/** Parameters of a server of an image; all but the image have defaults. */
export type ServeInput = z.input<typeof serveSchema> | ServeParameters;
/** Parameters of an estimation; all but the image and the output folder have defaults. */
export type EstimateInput = z.input<typeof estimateSchema> | EstimateParameters;
/** Parameters of a conversion; all but the image and the output have defaults. */
export type ConvertInput = z.input<typeof convertSchema> | ConvertParameters;
/** Parameters of a correction by several processes. */
export type PrepareInput = z.input<typeof prepareSchema> | PrepareParameters;
/** Which unit of which prepared output to make; `unit` as `3` or `3/20`. */
export type WorkInput = z.input<typeof workSchema>;
/** Which prepared output to finish. */
export type FinishInput = z.input<typeof finishSchema> | FinishParameters;
/** Parameters of a check; all but the two images have defaults. */
export type CheckInput = z.input<typeof checkSchema> | CheckParameters;
/** Parameters of an inspection. */
export type InspectInput = z.input<typeof inspectSchema> | InspectParameters;
