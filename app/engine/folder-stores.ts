/** Folders that the user gave, as stores that are read: by a handle of the browser, or as a list of files. */
import type { ByteRange, ObjectFacts, ReadableStore, StoreEntry } from "isolux";

/** A part of a file, clipped to its end. */
async function partOf(file: File, range: ByteRange): Promise<Uint8Array> {
  const start = range.kind === "slice" ? range.offset : Math.max(0, file.size - range.length);
  return new Uint8Array(await file.slice(start, start + range.length).arrayBuffer());
}

abstract class FileStore implements ReadableStore {
  readonly location: string;
  constructor(location: string) {
    this.location = location;
  }
  abstract list(folder: string): Promise<StoreEntry[]>;
  protected abstract file(key: string): Promise<File | undefined>;

  async get(key: string): Promise<Uint8Array | undefined> {
    const file = await this.file(key);
    return file && new Uint8Array(await file.arrayBuffer());
  }

  async getRange(key: string, range: ByteRange): Promise<Uint8Array | undefined> {
    const file = await this.file(key);
    return file && (await partOf(file, range));
  }

  async facts(key: string): Promise<ObjectFacts | undefined> {
    const file = await this.file(key);
    return file && { bytes: file.size, modifiedMs: file.lastModified };
  }
}

const byName = (a: StoreEntry, b: StoreEntry) => (a.name < b.name ? -1 : 1);

/** A folder by a handle: files are looked up when they are asked for. */
export class HandleStore extends FileStore {
  readonly #root: FileSystemDirectoryHandle;
  readonly #folders = new Map<string, Promise<FileSystemDirectoryHandle | undefined>>();

  constructor(root: FileSystemDirectoryHandle) {
    super(root.name);
    this.#root = root;
  }

  async list(folder: string): Promise<StoreEntry[]> {
    const handle = await this.#folder(folder);
    const entries: StoreEntry[] = [];
    if (handle === undefined) return entries;
    for await (const [name, { kind }] of handle.entries()) {
      entries.push({ name, kind: kind === "file" ? "object" : "folder" });
    }
    return entries.sort(byName);
  }

  protected async file(key: string): Promise<File | undefined> {
    const at = key.lastIndexOf("/");
    const folder = await this.#folder(key.slice(0, Math.max(0, at)));
    return await absent(async () => (await folder?.getFileHandle(key.slice(at + 1)))?.getFile());
  }

  #folder(key: string): Promise<FileSystemDirectoryHandle | undefined> {
    let found = this.#folders.get(key);
    if (found === undefined) {
      found = this.#openFolder(key);
      this.#folders.set(key, found);
    }
    return found;
  }

  async #openFolder(key: string): Promise<FileSystemDirectoryHandle | undefined> {
    if (key === "") return this.#root;
    const at = key.lastIndexOf("/");
    const above = await this.#folder(key.slice(0, Math.max(0, at)));
    return await absent(async () => await above?.getDirectoryHandle(key.slice(at + 1)));
  }
}

/** `undefined` where there is no such file or folder; other errors stay errors, as a chunk that fails is not black. */
async function absent<Value>(look: () => Promise<Value | undefined>): Promise<Value | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof DOMException && /NotFound|TypeMismatch/.test(error.name)) return undefined;
    throw error;
  }
}

/** Files with their paths below a folder, as a browser without handles gives them. */
export class ListedStore extends FileStore {
  readonly #files: ReadonlyMap<string, File>;
  readonly #folders = new Map<string, Map<string, StoreEntry["kind"]>>();

  constructor(name: string, files: readonly (readonly [path: string, file: File])[]) {
    super(name);
    this.#files = new Map(files);
    for (const path of this.#files.keys()) {
      const parts = path.split("/");
      for (let depth = 0; depth < parts.length; depth++) {
        const folder = parts.slice(0, depth).join("/");
        const entries = this.#folders.get(folder) ?? new Map<string, StoreEntry["kind"]>();
        entries.set(parts[depth]!, depth === parts.length - 1 ? "object" : "folder");
        this.#folders.set(folder, entries);
      }
    }
  }

  async list(folder: string): Promise<StoreEntry[]> {
    return [...(this.#folders.get(folder) ?? [])].map(([name, kind]) => ({ name, kind })).sort(byName);
  }

  protected async file(key: string): Promise<File | undefined> {
    return this.#files.get(key);
  }
}
