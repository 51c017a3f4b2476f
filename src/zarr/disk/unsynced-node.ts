/** What a power cut would still take: files whose bytes the disk may not have, and folders with new names in them. */
import { close, fdatasync, fsync, open } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { codeOf } from "./faults-node.ts";

const [openFile, closeFile] = [promisify(open), promisify(close)];
const [syncBytes, syncAll] = [promisify(fdatasync), promisify(fsync)];

/** Files that wait for the disk together: a journal of the file system takes them at once. */
const syncsAtOnce = 4;
/** To write to a file that was removed or renamed since, there is nothing left. */
const gone = new Set(["ENOENT", "ENOTDIR"]);
/** Some file systems, and Windows, do not sync folders: names are safe there with what bears them, or never. */
const folderRefusals = new Set(["EINVAL", "ENOTSUP", "EOPNOTSUPP", "EISDIR", "EPERM", "EACCES", "EBADF"]);

/** Files and folders that were written to and not synced since. */
export class Unsynced {
  readonly #root: string;
  #files = new Set<string>();
  #folders = new Set<string>();
  #last: Promise<void> = Promise.resolve();

  /** @param root the folder above which nothing was made */
  constructor(root: string) {
    this.#root = root;
  }

  /** Takes note of a file that came to its place. */
  addFile(path: string): void {
    this.#files.add(path);
    this.addName(path);
  }

  /** Takes note of a name that came or went. */
  addName(path: string): void {
    for (const folder of foldersOf(path, this.#root)) this.#folders.add(folder);
  }

  /** Returns once all of it would outlast a power cut. What failed is tried again by the next call. */
  async sync(): Promise<void> {
    // What another call is at work on is waited for, too
    const next = this.#last.then(
      () => this.#syncAll(),
      () => this.#syncAll(),
    );
    this.#last = next;
    next.catch(() => undefined);
    await next;
  }

  async #syncAll(): Promise<void> {
    const [files, folders] = [this.#files, this.#folders];
    [this.#files, this.#folders] = [new Set(), new Set()];
    try {
      await forEach(files, syncFile);
      await forEach(folders, syncFolder);
    } catch (error) {
      for (const file of files) this.#files.add(file);
      for (const folder of folders) this.#folders.add(folder);
      throw error;
    }
  }
}

/** The folders around a path, from the one it lies in to the root. */
export function foldersOf(path: string, root: string): string[] {
  const folders: string[] = [];
  for (let folder = dirname(path); folder.length >= root.length; folder = dirname(folder)) {
    folders.push(folder);
    if (folder === dirname(folder)) break;
  }
  return folders;
}

/** Returns once the disk has the bytes of a file; at once where there is no such file any more. */
export async function syncFile(path: string): Promise<void> {
  await withOpen(path, process.platform === "win32" ? "r+" : "r", syncBytes, gone);
}

/** Returns once the disk has the names in a folder. */
export async function syncFolder(path: string): Promise<void> {
  await withOpen(path, "r", syncAll, new Set([...gone, ...folderRefusals]));
}

async function withOpen(
  path: string,
  flags: string,
  task: (file: number) => Promise<void>,
  harmless: ReadonlySet<string>,
): Promise<void> {
  let file: number | undefined;
  try {
    file = await openFile(path, flags);
    await task(file);
  } catch (error) {
    if (!harmless.has(codeOf(error) ?? "")) throw error;
  } finally {
    if (file !== undefined) await closeFile(file);
  }
}

async function forEach(paths: ReadonlySet<string>, task: (path: string) => Promise<void>): Promise<void> {
  const left = paths.values();
  const takeNext = async () => {
    for (const path of left) await task(path);
  };
  await Promise.all(Array.from({ length: Math.min(syncsAtOnce, paths.size) }, takeNext));
}
