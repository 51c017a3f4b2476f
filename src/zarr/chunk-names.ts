import { IsoluxError } from "../errors.ts";
import type { ZarrArray } from "./array.ts";

/**
 * Refuses an array all of whose chunks lie under names that its metadata do not lead to: it would read as empty. Some
 * writers put chunks into folders and forgot to say so. Not asked of servers, where it takes a thousand requests to list
 * a million chunks.
 *
 * @throws IsoluxError `corrupt`
 */
export async function checkChunkNames({ store, key, location, metadata }: ZarrArray): Promise<void> {
  if (metadata.zarrFormat !== 2 || metadata.shape.length < 2 || store.isRemote) return;
  const entries = (await store.list(key)) ?? [];
  const inFolders = entries.find(({ name, kind }) => kind === "folder" && /^\d+$/.test(name));
  const inOneFolder = entries.find(({ name, kind }) => kind === "object" && /^\d+(\.\d+)+$/.test(name));
  const [expected, other] = metadata.separator === "/" ? [inFolders, inOneFolder] : [inOneFolder, inFolders];
  if (expected !== undefined || other === undefined) return;
  const stored = metadata.separator === "/" ? "." : "/";
  throw new IsoluxError({
    kind: "corrupt",
    what: "The chunks of an array are not named as its metadata say",
    where: location,
    found: `${other.name}${other.kind === "folder" ? "/..." : ""}`,
    expected: `numbers joined by "${metadata.separator}"`,
    advice: `Put "dimension_separator": "${stored}" into its .zarray`,
  });
}
