/** What lies at a place of a disk: links that lead somewhere or nowhere, and things that are moved to where nothing is. */
import { existsSync, lstatSync, type Stats } from "node:fs";
import { link, lstat, opendir, realpath, rename, rm, rmdir, stat, unlink } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { IsoluxError } from "../../errors.ts";
import { isUnfinished, type StoreEntry } from "../store.ts";
import { codeOf } from "./faults-node.ts";

/** What a file system says of a folder that is renamed to where something lies. */
const takenCodes = new Set(["EEXIST", "ENOTEMPTY", "ENOTDIR", "EISDIR"]);

/** Renames to where nothing is: a file by a second name, as a name that is there is never given again. */
export async function moveIntoFree(path: string, target: string): Promise<void> {
  const isFolder = (await lstat(path)).isDirectory();
  try {
    // A folder takes no place but that of an empty one
    if (isFolder && lstatSync(target, { throwIfNoEntry: false }) !== undefined) throw taken(target);
    if (isFolder) await rename(path, target);
    else await moveFile(path, target);
  } catch (error) {
    throw takenCodes.has(codeOf(error) ?? "") ? taken(target, error) : error;
  }
}

async function moveFile(path: string, target: string): Promise<void> {
  try {
    await link(path, target);
  } catch (error) {
    // Where files have but one name
    if (!nameless.has(codeOf(error) ?? "") || existsSync(target)) throw error;
    return await rename(path, target);
  }
  await unlink(path);
}

const nameless = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);

function taken(where: string, cause?: unknown): IsoluxError {
  return new IsoluxError({ kind: "storage", what: "The place to move to is taken: nothing was moved", where, cause });
}

/** The entries of a folder, one by one as there may be millions, in no order; not what is unfinished. @throws as opening it does */
export async function listFolder(path: string): Promise<StoreEntry[]> {
  const entries: StoreEntry[] = [];
  const links: string[] = [];
  for await (const entry of await opendir(path, { bufferSize: 1024 })) {
    const { name } = entry;
    if (isUnfinished(name)) continue;
    if (entry.isSymbolicLink()) links.push(name);
    else entries.push({ name, kind: entry.isDirectory() ? "folder" : "object" });
  }
  const linked = await Promise.all(links.map(async (name) => await linkEntry(path, name)));
  for (const entry of linked) if (entry !== undefined) entries.push(entry);
  return entries;
}

/** What a link in a folder leads to; `undefined` where that is a folder around it, which would be listed for ever. */
async function linkEntry(folder: string, name: string): Promise<StoreEntry | undefined> {
  const path = join(folder, name);
  try {
    if (!(await stat(path)).isDirectory()) return { name, kind: "object" };
  } catch {
    return { name, kind: "object" };
  }
  const [target, here] = await Promise.all([realpath(path), realpath(folder)]);
  return `${here}${sep}`.startsWith(`${target}${sep}`) ? undefined : { name, kind: "folder" };
}

/**
 * Refuses a path at which nothing was found because it, or a folder of it, is a link that leads nowhere: a missing chunk
 * stands for black pixels, a disk that is not mounted does not.
 * @throws IsoluxError `storage`
 */
export function refuseBrokenLink(path: string): void {
  let last = path;
  let facts = factsOf(last);
  while (facts === undefined && last !== dirname(last)) {
    last = dirname(last);
    facts = factsOf(last);
  }
  if (!facts?.isSymbolicLink() || existsSync(last)) return;
  throw new IsoluxError({
    kind: "storage",
    what: "A link leads to something that is not there",
    where: last,
    advice: "Make available what it leads to, such as the disk that it is on, or remove the link",
  });
}

/** What there is at a path itself, be it a link; `undefined` where nothing is. */
function factsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** The number of files that are removed together. */
const removedAtOnce = 64;

/**
 * Removes what lies at a path, with all that is in it; links, not what they lead to. File by file: `rm` begins with all
 * files of a folder together, which takes a kB for each.
 */
export async function removeTree(path: string): Promise<void> {
  await emptyFolder(path).catch(() => undefined);
  // What could not be removed, and a path that is no folder
  await rm(path, { recursive: true, force: true, maxRetries: 2 });
}

async function emptyFolder(path: string): Promise<void> {
  if (!(await lstat(path)).isDirectory()) return;
  let begun: Promise<void>[] = [];
  for await (const entry of await opendir(path, { bufferSize: 1024 })) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) await emptyFolder(inner).then(() => rmdir(inner).catch(() => undefined));
    else begun.push(unlink(inner).catch(() => undefined));
    if (begun.length < removedAtOnce) continue;
    await Promise.all(begun);
    begun = [];
  }
  await Promise.all(begun);
}
