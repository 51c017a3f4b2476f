/** What Isolux writes beside the arrays of a saved profile, so that the next run uses it exactly as this one did. */

import { z } from "zod";
import { IsoluxError } from "../errors.ts";
import type { Yx } from "../shapes.ts";
import type { BaselineMeaning, ProfileAlignment } from "./profile.ts";
import { type SavedGains, savedGains } from "./saved-gains.ts";

/** What tells the fields of two acquisitions apart. */
export interface FieldFacts {
  /** Rows and columns of a tile at full resolution. */
  readonly shapeYx: Yx;
  /** Size of a pixel at full resolution, in µm, where it is known. */
  readonly pixelSizeUmYx?: Yx | undefined;
}

/** How a profile came about; `sampledPlanes` and `parameters` are JSON values that are kept as they are. */
export interface ModelProvenance {
  /** The version of Isolux that saved the profile. */
  readonly version: string;
  readonly baselineMeaning: BaselineMeaning;
  /** How the profile lies over a tile of another shape. */
  readonly alignment: ProfileAlignment;
  /** The tiles that the profile was made for: it holds for no other zoom, binning or camera region. */
  readonly field?: FieldFacts;
  /** The planes that the profile was estimated from. */
  readonly sampledPlanes?: unknown;
  /** The parameters of the estimation. */
  readonly parameters?: unknown;
  /** What a refinement by overlaps found: a JSON value that is kept as it is. */
  readonly refinement?: unknown;
  /** Digest of all that the estimation follows from, by which one that is repeated knows its own. */
  readonly request?: string;
  /** The gains of the tiles that it was made for. */
  readonly gains?: SavedGains;
}

const factor = z.number().positive();

const modelRecord = z.looseObject({
  format: z.literal(1),
  baselineMeaning: z.enum(["offset", "brightness"]),
  alignment: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("corners") }),
    z.object({ kind: z.literal("centres"), factorYx: z.tuple([factor, factor]) }),
  ]),
  field: z
    .object({ shapeYx: z.tuple([factor, factor]), pixelSizeUmYx: z.tuple([factor, factor]).optional() })
    .optional(),
  refinement: z.unknown().optional(),
  request: z.string().optional(),
  gains: savedGains.optional(),
});

/** The record as it is read back; more than these fields is kept for those who look at it. */
export type ModelRecord = z.infer<typeof modelRecord>;

/** The record of a profile as JSON, its fields always in the same order. */
export function encodeModelRecord(provenance: ModelProvenance): string {
  const { version, baselineMeaning, alignment, field, sampledPlanes, parameters, refinement, request, gains } =
    provenance;
  const made = { sampledPlanes, parameters, refinement, request, gains };
  return JSON.stringify({ format: 1, version, baselineMeaning, alignment, field, ...made });
}

/** Reads a record. @throws IsoluxError `corrupt` where it is not JSON or lacks fields; `where` names it */
export function decodeModelRecord(text: string, where: string): ModelRecord {
  const broken = (found: string, cause?: unknown) =>
    new IsoluxError({
      kind: "corrupt",
      what: "The record that Isolux keeps in a saved profile is not readable",
      where,
      found,
      expected: "a record of format 1",
      advice: "Save the profile again; if a newer version saved it, use that one",
      cause,
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw broken("broken JSON", cause);
  }
  const parsed = modelRecord.safeParse(value);
  if (parsed.success) return parsed.data;
  const problem = parsed.error.issues[0];
  throw broken(problem === undefined ? "something else" : `${problem.path.join(".")}: ${problem.message}`);
}
