import { IsoluxError } from "../errors.ts";

/** What `JSON.parse` makes of an object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a parsed value is an object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A parsed value as messages show it, shortened. */
export function showJson(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** The error for a document that is not what the specification says. `name` is the key that is wrong. */
export function corruptMetadata(where: string, name: string, value: unknown, expected: string): IsoluxError {
  const what = `The metadata of a Zarr array are wrong in their ${name}`;
  return new IsoluxError({ kind: "corrupt", what, where, found: showJson(value), expected });
}

/** The error for an array that is valid but not read. `name` is what about it. */
export function unsupportedArray(where: string, name: string, found: string, expected: string): IsoluxError {
  const what = `The ${name} of this Zarr array is not supported`;
  return new IsoluxError({ kind: "unsupported", what, where, found, expected });
}
