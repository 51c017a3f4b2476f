/** The file by which one process describes a run so that others, on any machine, can work on it. */
import { IsoluxError, passOver } from "../../errors.ts";
import { readGroup } from "../../ngff/group.ts";
import type { PixelType } from "../../shapes.ts";
import { version } from "../../version.ts";
import { isJsonObject, type JsonObject } from "../../zarr/json.ts";
import { joinKey } from "../../zarr/store.ts";
import type { CorrectionPlan } from "../blocks/plan.ts";
import type { LevelGeometry } from "../output/level-geometry.ts";
import { isOccupied, type OutputPlace, type Place, type PlaceOpener } from "../places/location.ts";
import type { CorrectRequest } from "../places/request.ts";
import type { Workspace } from "../record/workspace.ts";

/** A run that several processes share. Plain values. */
export interface SharedRun {
  /** Version of Isolux. */
  readonly version: string;
  readonly asked: Omit<CorrectRequest, "places">;
  readonly places: Readonly<Record<"source", Place>> & Partial<Readonly<Record<"erasable" | "models" | "save", Place>>>;
  /** The levels of every image of the output. */
  readonly images: readonly (readonly LevelGeometry[])[];
  readonly type: PixelType;
  readonly rounds: CorrectionPlan["rounds"];
  /** How many of the first rounds units make; the others are made by the process that finishes the output. */
  readonly sharedRounds: number;
  readonly units: number;
  readonly startedMs: number;
  /** When the first block could be made, in milliseconds of the Unix epoch. */
  readonly preparedMs: number;
  readonly warnings: readonly string[];
}

/** The resources of a process, where they differ from those of the process that prepared the run. */
export interface MachineShare {
  readonly workers?: number;
  /** In bytes. */
  readonly memory?: number;
}

/**
 * Reads the description of a run, or `undefined` where there is none.
 * @throws IsoluxError `output` where another version wrote it; `corrupt` where it is damaged
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

/** Whether it has all parts. Their content was written by this version and is not checked. */
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
    what: "The record of the prepared correction is damaged",
    where: `${workspace.where}/shared.json`,
    advice: "Prepare it again by the same command: what is done is kept",
    cause,
  });
}

/** The request of a shared run, with the resources of this process. */
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
  const { attributes = {} } = (await readGroup(output.store, output.key).catch(passOver)) ?? {};
  return "isolux" in attributes;
}

/** Refuses an output in a bucket, whose journal is on one computer: several processes share folders only. */
export function checkSharable(output: OutputPlace): void {
  if (output.kind === "folder") return;
  throw new IsoluxError({
    kind: "unsupported",
    what: "Several processes cannot share an output in a bucket, as progress is recorded on one computer",
    where: joinKey(output.store.location, output.key),
    advice: "Write to a disk that all of them see, or let one process do it: isolux correct",
  });
}

/** Checks that the output is complete where nothing is prepared. @throws IsoluxError `not-found` where it is not */
export async function checkNothingLeft(output: OutputPlace): Promise<void> {
  if (await isComplete(output)) return;
  throw new IsoluxError({
    kind: "not-found",
    what: "No correction is prepared there",
    where: joinKey(output.store.location, output.key),
    advice: "Give the output of a correction that isolux prepare has begun",
  });
}
