import { IsoluxError } from "../errors.ts";
import { showJson } from "./json.ts";

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
