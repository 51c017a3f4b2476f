import { IsoluxError } from "../errors.ts";
import { elementCount, formatShape } from "../shapes.ts";
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

/** Whether anything but metadata lies in an array's folder; a server is not asked. */
export async function hasObjects({ store, key }: ZarrArray): Promise<boolean> {
  if (store.isRemote) return true;
  const entries = (await store.list(key)) ?? [];
  return entries.some(({ name }) => name !== "zarr.json" && !name.startsWith("."));
}

/** Beyond these an array is not what it claims to be, and no list of its chunks or planes could be held. */
const mostAlongAxis = 2 ** 24;
const mostObjects = 2 ** 28;

/** @throws IsoluxError `unsupported` for an array of an absurd size: such metadata are wrong */
export function checkExtents({ location, metadata, chunkGrid }: ZarrArray): void {
  if (metadata.shape.every((extent) => extent <= mostAlongAxis) && elementCount(chunkGrid) <= mostObjects) return;
  throw new IsoluxError({
    kind: "unsupported",
    what: "The array is larger than any image that Isolux handles",
    where: location,
    found: `${formatShape(metadata.shape)} in chunks of ${formatShape(metadata.chunkShape)}`,
    expected: `at most ${mostAlongAxis} along each axis, and ${mostObjects} chunks`,
    advice: "Look whether its metadata are right",
  });
}
