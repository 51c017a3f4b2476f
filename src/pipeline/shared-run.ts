/** What one process writes down of a run so that others can work on it, wherever they are. */
import { IsoluxError } from "../errors.ts";
import { readGroup } from "../ngff/group.ts";
import type { PixelType } from "../shapes.ts";
import { version } from "../version.ts";
import { isJsonObject, type JsonObject } from "../zarr/json.ts";
import { joinKey } from "../zarr/store.ts";
import type { CorrectPlaces, CorrectRequest } from "./correct-request.ts";
import type { LevelGeometry } from "./level-geometry.ts";
import { isOccupied, type Location, type OutputPlace, type Place, placeOf, type SourceLocation } from "./location.ts";
import type { CorrectionPlan } from "./plan.ts";
import type { Workspace } from "./workspace.ts";

/** A run that several processes share. Plain values. */
export interface SharedRun {
  /** Of Isolux. */
  readonly version: string;
  readonly asked: Omit<CorrectRequest, "places">;
  readonly places: Readonly<Record<"source", Place>> & Partial<Readonly<Record<"erasable" | "models" | "save", Place>>>;
  /** The levels of every image of the output. */
  readonly images: readonly (readonly LevelGeometry[])[];
  readonly type: PixelType;
  readonly rounds: CorrectionPlan["rounds"];
  /** So many rounds, from the first, are made by units; the others by whoever finishes the output. */
  readonly sharedRounds: number;
  readonly units: number;
  readonly startedMs: number;
  /** When the first block could be made. */
  readonly preparedMs: number;
  readonly warnings: readonly string[];
}

/** How a process finds the places that another one has written down. */
export interface PlaceOpener {
  source(place: Place): Promise<SourceLocation>;
  folder(place: Place): Location;
}

/** What a process may spend, where not as much as the one that prepared the run. */
export interface MachineShare {
  readonly workers?: number;
  /** In bytes. */
  readonly memory?: number;
}

/** The places of a request in a form that can be written down. */
export function placesOf({ source, erasable, models, save }: CorrectPlaces): SharedRun["places"] {
  return {
    source: placeOf(source),
    ...(erasable && { erasable: placeOf(erasable) }),
    ...(models && { models: placeOf(models) }),
    ...(save && { save: placeOf(save) }),
  };
}

/**
 * Reads what was written down, or `undefined`.
 * @throws IsoluxError `output` where another version did; `corrupt` where it is damaged
 */
export async function readSharedRun(workspace: Workspace): Promise<SharedRun | undefined> {
  const found = await workspace.documents.readShared().catch((cause: unknown) => {
    throw damaged(workspace, cause);
  });
  if (found === undefined) return undefined;
  if (typeof found.version !== "string") throw damaged(workspace);
  if (found.version === version) {
    if (isSharedRun(found)) return found;
    throw damaged(workspace);
  }
  throw new IsoluxError({
    kind: "output",
    what: "The correction was prepared by another version of Isolux",
    where: workspace.where,
    found: found.version,
    expected: version,
    advice: "Go on with that version, or prepare it again with --overwrite",
  });
}

/** Whether it has all parts. What they hold was written by this version. */
function isSharedRun(found: JsonObject): found is JsonObject & SharedRun {
  const { asked, places, images, rounds, units, sharedRounds, warnings } = found;
  return (
    isJsonObject(asked) &&
    isJsonObject(places) &&
    [images, rounds, warnings].every(Array.isArray) &&
    [units, sharedRounds].every(Number.isInteger)
  );
}

function damaged(workspace: Workspace, cause?: unknown): IsoluxError {
  if (cause instanceof IsoluxError && cause.kind !== "corrupt") return cause;
  return new IsoluxError({
    kind: "corrupt",
    what: "What was written down of the correction is damaged",
    where: `${workspace.where}/shared.json`,
    advice: "Prepare it again by the same command: what is done is kept",
    cause,
  });
}

/** The request of a shared run, as this process is to work on it. */
export async function requestOf(
  { asked, places }: SharedRun,
  output: OutputPlace,
  opener: PlaceOpener,
  { workers, memory }: MachineShare,
): Promise<CorrectRequest> {
  const { source, erasable, models, save } = places;
  const { workers: _, ...parameters } = asked.parameters;
  return {
    ...asked,
    parameters: {
      ...parameters,
      ...(workers === undefined ? {} : { workers }),
      ...(memory === undefined ? {} : { memory }),
    },
    places: {
      source: await opener.source(source),
      output,
      ...(erasable && { erasable: opener.folder(erasable) }),
      ...(models && { models: opener.folder(models) }),
      ...(save && { save: opener.folder(save) }),
    },
  };
}

/** Whether Isolux has put a complete output there. */
export async function isComplete(output: OutputPlace): Promise<boolean> {
  if (!(await isOccupied(output))) return false;
  const { attributes = {} } = (await readGroup(output.store, output.key).catch(() => undefined)) ?? {};
  return "isolux" in attributes;
}

/** Several processes work on folders only: what is done of an output in a bucket is noted on one computer. */
export function checkSharable(output: OutputPlace): void {
  if (output.kind === "folder") return;
  throw new IsoluxError({
    kind: "unsupported",
    what: "Several processes cannot share an output in a bucket, as what is done is noted on one computer",
    where: joinKey(output.store.location, output.key),
    advice: "Write to a disk that all of them see, or let one process do it: isolux correct",
  });
}

/** Where nothing is prepared: fine if the output is complete. @throws IsoluxError `not-found` where it is not */
export async function checkNothingLeft(output: OutputPlace): Promise<void> {
  if (await isComplete(output)) return;
  throw new IsoluxError({
    kind: "not-found",
    what: "No correction is prepared there",
    where: joinKey(output.store.location, output.key),
    advice: "Give the output of a correction that isolux prepare has begun",
  });
}
