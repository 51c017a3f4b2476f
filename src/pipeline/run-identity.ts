/** By what a run knows whether it may go on with the work of an earlier one. */
import { IsoluxError } from "../errors.ts";
import { isJsonObject, type JsonObject } from "../zarr/json.ts";

/** What makes two runs the same: if all of it is equal, one may go on where the other stopped. */
export interface RunIdentity {
  /** Version of Isolux. */
  readonly version: string;
  /** Digest of the source, see `fingerprintSource`. */
  readonly source: string;
  /** Every parameter that has a bearing on the output. */
  readonly parameters: JsonObject;
}

const sourceChanged = "the source image has changed since";

/** What was written down of a run, or `undefined` where that tells of none. */
export function asRunIdentity(document: JsonObject | undefined): RunIdentity | undefined {
  const { version, source, parameters } = document ?? {};
  if (typeof version !== "string" || typeof source !== "string" || !isJsonObject(parameters)) return undefined;
  return { version, source, parameters };
}

/** In what an earlier run differs from this one, in words; `undefined` where they are the same. */
export function describeDifference(earlier: JsonObject, identity: RunIdentity): string | undefined {
  if (typeof earlier.version !== "string") return "what was written down of it tells nothing";
  if (earlier.version !== identity.version) return `it was begun by Isolux ${earlier.version}`;
  const difference = describeParameters(earlier.parameters, identity.parameters);
  if (difference !== undefined) return difference;
  return describeSource(earlier, identity.source);
}

/**
 * In what a run that completed its image differs from one with these parameters, in words, or `undefined`.
 * @param source digest of the source, `undefined` where it is gone
 */
export function describeCompleted(
  earlier: JsonObject,
  parameters: JsonObject,
  source: string | undefined,
): string | undefined {
  const before = isJsonObject(earlier.parameters) ? { ...earlier.parameters, givenProfiles: undefined } : {};
  return describeParameters(before, parameters) ?? describeSource(earlier, source ?? earlier.source);
}

/** The error for an earlier run's work that this run cannot go on with. @param where the folder of that work */
export function differentRun(difference: string, where: string): IsoluxError {
  return new IsoluxError({
    kind: "output",
    what: `An unfinished run lies there that differs from this one: ${difference}`,
    where,
    advice:
      difference === sourceChanged
        ? "Restore the source to finish it, or give --overwrite to begin anew"
        : "Repeat the command that was interrupted to finish it, or give --overwrite to begin anew",
  });
}

function describeSource(earlier: JsonObject, source: unknown): string | undefined {
  return earlier.source === source ? undefined : sourceChanged;
}

function describeParameters(earlier: unknown, wanted: JsonObject): string | undefined {
  const before = isJsonObject(earlier) ? earlier : {};
  const now = JSON.parse(JSON.stringify(wanted)) as JsonObject;
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  const changed = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(now[name]));
  if (changed.length === 0) return undefined;
  const describe = (name: string) =>
    `${name} was ${JSON.stringify(before[name]) ?? "not given"}, now ${JSON.stringify(now[name]) ?? "not given"}`;
  return changed.map(describe).join("; ");
}
