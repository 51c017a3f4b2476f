import { IsoluxError } from "../../errors.ts";

/** The error for a chunk that cannot be decoded. @param where its full key */
export function corruptChunk(where: string, found: string, expected?: string, cause?: unknown): IsoluxError {
  return corrupt("A chunk is damaged", where, found, expected, cause);
}

/** The error for a shard that cannot be read. @param where its full key */
export function corruptShard(where: string, found: string, expected?: string): IsoluxError {
  return corrupt("A shard is damaged", where, found, expected);
}

function corrupt(what: string, where: string, found: string, expected?: string, cause?: unknown): IsoluxError {
  return new IsoluxError({
    kind: "corrupt",
    what,
    where,
    found,
    expected,
    advice: "Copy this file again from its source, or write the image again",
    cause,
  });
}
