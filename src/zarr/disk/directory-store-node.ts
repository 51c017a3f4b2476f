import { appendFileSync, renameSync } from "node:fs";
import { lstat, open, opendir, rename, rm, stat, unlink } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { IsoluxError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import {
  type ByteRange,
  isUnfinished,
  type ObjectFacts,
  type ObjectWriter,
  type PlaceFacts,
  type ReadOptions,
  type StoreEntry,
  unfinishedKey,
  unfinishedName,
  type WritableStore,
} from "../store.ts";
import { codeOf, storageFault } from "./faults-node.ts";
import { GrowingFile, readAtOnce, readMeanwhile, writeNewFile } from "./files-node.ts";
import { listFolder, moveIntoFree, refuseBrokenLink, removeTree } from "./places-node.ts";
import { foldersOf, syncFile, syncFolder, Unsynced } from "./unsynced-node.ts";
import { WrittenFolder } from "./written-folder-node.ts";

/** Nothing lies under a path with these codes: it, or a folder of it, is missing, or it is a folder and no object. */
const absenceCodes = new Set(["ENOENT", "ENOTDIR", "EISDIR"]);

/** What no name may hold: on Windows also what would lead elsewhere. */
const unsafeName = process.platform === "win32" ? /[\\:\0]/ : /\0/;

type StorageAction = Parameters<typeof storageFault>[1];

/** A folder of a file system. Objects are written aside and renamed, so that half of one is never seen. */
export class DirectoryStore implements WritableStore {
  readonly location: string;
  readonly readsParts = true;

  readonly #unsynced: Unsynced;
  readonly #written: WrittenFolder;

  /** @param folder its path; it need not be there yet */
  constructor(folder: string) {
    this.location = resolve(folder);
    this.#unsynced = new Unsynced(this.location);
    this.#written = new WrittenFolder(this.location);
  }

  async get(key: string, options: ReadOptions = {}): Promise<Uint8Array | undefined> {
    const { buffer, isAhead = false, mostBytes = limits.metadata } = options;
    return await this.#read(key, { kind: "slice", offset: 0, length: Infinity }, buffer, isAhead, mostBytes);
  }

  async getRange(key: string, range: ByteRange, buffer?: Uint8Array, isAhead = false): Promise<Uint8Array | undefined> {
    return await this.#read(key, range, buffer, isAhead, limits.object);
  }

  async #read(key: string, range: ByteRange, buffer: Uint8Array | undefined, isAhead: boolean, mostBytes: number) {
    return await this.#ifPresent("read", key, async (path) => {
      if (buffer === undefined || isAhead) return await readMeanwhile(path, range, mostBytes, buffer);
      return readAtOnce(path, range, mostBytes, buffer);
    });
  }

  async list(folder: string): Promise<StoreEntry[]> {
    const entries = (await this.#ifPresent("read", folder, listFolder)) ?? [];
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async facts(key: string): Promise<ObjectFacts | undefined> {
    return await this.#ifPresent("read", key, async (path) => {
      const facts = await stat(path);
      return facts.isDirectory() ? undefined : { bytes: facts.size, modifiedMs: facts.mtimeMs };
    });
  }

  async set(key: string, bytes: Uint8Array): Promise<void> {
    const path = await this.#replace(key, bytes);
    this.#unsynced.addFile(path);
  }

  async keep(key: string, bytes: Uint8Array): Promise<void> {
    const path = await this.#replace(key, bytes, syncFile);
    await this.#perform("written", key, async () => {
      for (const folder of foldersOf(path, this.location)) await syncFolder(folder);
    });
  }

  async sync(): Promise<void> {
    try {
      await this.#unsynced.sync();
    } catch (error) {
      throw storageFault(error, "written", this.location);
    }
  }

  async look(key: string): Promise<PlaceFacts | undefined> {
    return await this.#ifPresent("read", key, async (path) => lookAt(path));
  }

  async append(key: string, bytes: Uint8Array): Promise<void> {
    await this.#perform("written", key, (path) => this.#written.around(path, async () => appendFileSync(path, bytes)));
  }

  async touch(key: string): Promise<boolean> {
    const touched = await this.#ifPresent("written", key, async (path) => {
      const file = await open(path, "r+");
      try {
        // A byte is written again: to set a time would be to set it by this computer's clock.
        const { bytesRead, buffer } = await file.read(new Uint8Array(1), 0, 1, 0);
        await file.write(buffer, 0, bytesRead, 0);
      } finally {
        await file.close();
      }
      return true;
    });
    return touched ?? false;
  }

  async create(key: string, bytes: Uint8Array): Promise<boolean> {
    return await this.#perform("written", key, async (path) => {
      try {
        await this.#written.around(path, () => writeNew(path, bytes));
        this.#unsynced.addFile(path);
        return true;
      } catch (error) {
        if (codeOf(error) === "EEXIST") return false;
        throw error;
      }
    });
  }

  async move(from: string, to: string): Promise<void> {
    const target = this.#path(to);
    await this.sync();
    await this.#perform("moved", from, async (path) => {
      await lstat(path);
      this.#written.refuseLinks(target);
      await this.#written.around(target, () => moveIntoFree(path, target));
      this.#unsynced.addName(path);
      this.#unsynced.addName(target);
    });
  }

  begin(key: string): ObjectWriter {
    return this.beginAfterStart(key, 0);
  }

  beginAfterStart(key: string, startBytes: number): ObjectWriter {
    const aside = unfinishedKey(key);
    let file: GrowingFile | undefined;
    const close = () => {
      file?.close();
      file = undefined;
    };
    const write = (work: (file: GrowingFile) => Promise<void>) =>
      this.#perform("written", aside, async (path) => {
        file ??= await this.#written.around(path, async () => new GrowingFile(path, startBytes));
        await work(file);
      });
    return {
      append: (bytes) => write((file) => file.append(bytes)),
      finish: async (start) => {
        if (start !== undefined) await write((file) => file.writeStart(start));
        close();
        await this.#perform("moved", aside, (path) => rename(path, this.#path(key)));
        this.#unsynced.addFile(this.#path(key));
      },
      discard: async () => {
        close();
        await this.remove(aside);
      },
    };
  }

  async remove(key: string): Promise<void> {
    await this.#ifPresent("removed", key, removeTree);
  }

  async sweep(folder: string): Promise<void> {
    await this.#ifPresent("removed", folder, async (path) => {
      for await (const entry of await opendir(path, { recursive: true, bufferSize: 1024 })) {
        const isToGo = entry.isFile() && isUnfinished(entry.name);
        if (isToGo) await rm(join(entry.parentPath, entry.name), { force: true });
      }
    });
  }

  /** @param whenWritten done before the new object is in its place */
  async #replace(key: string, bytes: Uint8Array, whenWritten?: (path: string) => Promise<void>): Promise<string> {
    return await this.#perform("written", key, async (path) => {
      const aside = join(dirname(path), unfinishedName(basename(path)));
      try {
        await this.#written.around(path, () => writeNew(aside, bytes));
        await whenWritten?.(aside);
        renameSync(aside, path);
        return path;
      } catch (error) {
        await rm(aside, { force: true }).catch(() => undefined);
        throw error;
      }
    });
  }

  /** The path of a key. @throws IsoluxError `invalid` where the key would leave the folder */
  #path(key: string): string {
    const parts = key === "" ? [] : key.split("/");
    const isEscaping = parts.some((part) => part === "" || part === "." || part === ".." || unsafeName.test(part));
    if (!isEscaping) return join(this.location, ...parts);
    throw new IsoluxError({
      kind: "invalid",
      what: "A key does not stay within its folder",
      where: this.location,
      found: JSON.stringify(key),
      expected: "names separated by single slashes",
    });
  }

  async #perform<T>(action: StorageAction, key: string, task: (path: string) => Promise<T>): Promise<T> {
    const path = this.#path(key);
    if (action !== "read" && path === this.location) {
      throw new IsoluxError({ kind: "invalid", what: `The folder of a store itself is not ${action}`, where: path });
    }
    try {
      if (action !== "read") this.#written.refuseLinks(path);
      return await task(path);
    } catch (error) {
      throw error instanceof IsoluxError ? error : storageFault(error, action, path);
    }
  }

  async #ifPresent<T>(action: StorageAction, key: string, task: (path: string) => Promise<T>): Promise<T | undefined> {
    return await this.#perform(action, key, async (path) => {
      try {
        return await task(path);
      } catch (error) {
        if (!absenceCodes.has(codeOf(error) ?? "")) throw error;
        if (action === "read") refuseBrokenLink(path);
        return undefined;
      }
    });
  }
}

/** What lies at a path itself. */
async function lookAt(path: string): Promise<PlaceFacts> {
  const facts = await lstat(path, { bigint: true });
  const kind = facts.isSymbolicLink() ? "link" : facts.isDirectory() ? "folder" : "object";
  // Numbers of files are given out again, and not all file systems keep the time of birth
  return { kind, identity: `${facts.ino}-${facts.birthtimeMs}` };
}

/** Writes a file that must not be there; what is written of it is removed where that fails. */
async function writeNew(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeNewFile(path, bytes);
  } catch (error) {
    // Without its folder it is not there: who makes the folder then tries again at once
    if (!["EEXIST", "ENOENT"].includes(codeOf(error) ?? "")) await unlink(path).catch(() => undefined);
    throw error;
  }
}
