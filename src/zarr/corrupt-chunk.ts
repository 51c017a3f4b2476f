import { IsoluxError } from "../errors.ts";

/** The error for a chunk that cannot be decoded. `where` is its full key. */
export function corruptChunk(where: string, found: string, expected?: string, cause?: unknown): IsoluxError {
  return new IsoluxError({
    kind: "corrupt",
    what: "A chunk is broken",
    where,
    found,
    ...(expected === undefined ? {} : { expected }),
    advice: "Copy this file again from its source, or write the image again",
    ...(cause === undefined ? {} : { cause }),
  });
}
