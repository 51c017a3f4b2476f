/** What lies where a run is to write: nothing is replaced or erased that the user did not name for it. */
import { IsoluxError } from "../../errors.ts";
import { readGroup } from "../../ngff/group.ts";
import type { Advice } from "../../parameters/advice.ts";
import { outputSpelling } from "../../parameters/profile-source.ts";
import { version } from "../../version.ts";
import { isJsonObject, type JsonObject } from "../../zarr/json.ts";
import { hiddenBeside, joinKey, keyName } from "../../zarr/store.ts";
import {
  isOccupied,
  namesAt,
  type OutputPlace,
  openLocated,
  type SourceLocation,
  zarrDocuments,
} from "../places/location.ts";
import type { CorrectRequest } from "../places/request.ts";
import type { Workspace } from "../record/workspace.ts";
import { fractalTaskBlock, identityParameters } from "./provenance.ts";

/** Refuses to write where something lies that is neither this run's nor may be replaced. @throws IsoluxError `output` */
export async function checkPlace(request: CorrectRequest, workspace: Workspace): Promise<void> {
  if (await workspace.claim?.mayBuild(request.parameters.overwrite)) return;
  await checkOutput(request);
}

/** Writes a file beside an output and removes it: rights, quotas and full disks are found best by trying. */
export async function tryWriting(output: OutputPlace): Promise<void> {
  if (output.kind !== "folder") return;
  const { store, key } = output;
  const probe = hiddenBeside(key, `isolux-trial-${crypto.randomUUID()}`);
  await store.set(probe, new Uint8Array(1));
  await store.remove(probe);
}

/** Refuses to replace an output, unless asked to, and ever to replace what is no image. @throws IsoluxError `output` */
async function checkOutput({ places, parameters, profileSource }: CorrectRequest): Promise<void> {
  const { output } = places;
  if (!(await isOccupied(output))) return;
  const elsewhere = outputSpelling(profileSource);
  const where = joinKey(output.store.location, output.key);
  if (!parameters.overwrite) {
    throw new IsoluxError({
      kind: "output",
      what: "The output already exists",
      where,
      advice: `Give --overwrite to replace it, or another ${elsewhere}`,
    });
  }
  const names = await namesAt(output);
  const isFile = (await output.store.facts(output.key)) !== undefined;
  if (!isFile && (names.length === 0 || names.some((name) => zarrDocuments.includes(name)))) return;
  throw new IsoluxError({
    kind: "output",
    what: "The output path holds something other than an image, which is not replaced",
    where,
    found: isFile ? "a file" : `a folder with ${names.slice(0, 3).join(", ")}`,
    advice: `Give another ${elsewhere}, or move it away`,
  });
}

// What lies at the place of an output before a run: nothing, the image that the run would make, or another.

/** Documents that make a folder an image; they are the last that a run puts there. */
const imageDocuments = [".zattrs", "zarr.json"];

/** Tells one image at a place from another that is put there later; `undefined` where there is none. */
export async function stampOf(output: OutputPlace): Promise<string | undefined> {
  const facts = await documentFacts(output);
  return facts && `${facts.modifiedMs}-${facts.bytes}`;
}

/** Whether the image at the place of the output was corrected from a source of this name, in whatever way. */
export async function isMadeFrom(request: CorrectRequest): Promise<boolean> {
  const { isolux } = await attributesOf(request.places.output);
  return isJsonObject(isolux) && isolux.task === "correct" && isolux.source === sourceName(request);
}

/**
 * Whether the image at the place of the output is what this request makes: by what it says of itself, and as its source
 * has not changed since.
 */
export async function isOutputOf(request: CorrectRequest): Promise<boolean> {
  const { places } = request;
  if (!saysSo(await attributesOf(places.output), request)) return false;
  if (!places.source.store.isRemote && !(await isOccupied(places.source))) return true;
  const madeMs = (await documentFacts(places.output))?.modifiedMs ?? 0;
  return (await lastChangeMs(places.source)) <= madeMs;
}

/** How the way to the profiles of the image at the place of an output was chosen; `undefined` where it was named. */
export async function adviceOf(output: OutputPlace): Promise<Advice | undefined> {
  const { isolux } = await attributesOf(output);
  const advice = isJsonObject(isolux) && isolux.version === version ? isolux.advice : undefined;
  return isJsonObject(advice) ? (advice as unknown as Advice) : undefined;
}

async function attributesOf({ store, key }: OutputPlace): Promise<JsonObject> {
  return (await readGroup(store, key))?.attributes ?? {};
}

function sourceName({ places }: CorrectRequest): string {
  return keyName(places.source.key);
}

function saysSo({ isolux, fractal_tasks }: JsonObject, request: CorrectRequest): boolean {
  if (!isJsonObject(isolux) || !isJsonObject(fractal_tasks)) return false;
  const { task, ...parameters } = identityParameters(request);
  const isSame = (found: unknown, wanted: unknown) => JSON.stringify(found) === JSON.stringify(wanted);
  return (
    isSame([isolux.version, isolux.task, isolux.source], [version, task, sourceName(request)]) &&
    isSame(isolux.parameters, parameters) &&
    // The folder of given profiles stands in this block only.
    isSame(fractal_tasks.correct_flatfield, fractalTaskBlock(request.parameters))
  );
}

async function documentFacts({ store, key }: OutputPlace) {
  for (const name of imageDocuments) {
    const facts = await store.facts(joinKey(key, name));
    if (facts !== undefined) return facts;
  }
  return undefined;
}

/** When the last object changed that pixels and their meaning come from. */
async function lastChangeMs(source: SourceLocation): Promise<number> {
  const { acquisition } = await openLocated(source);
  const { store, documents, pixels } = await acquisition.sourceObjects();
  let latest = 0;
  for (const key of [...documents, ...pixels]) latest = Math.max(latest, (await store.facts(key))?.modifiedMs ?? 0);
  return latest;
}
