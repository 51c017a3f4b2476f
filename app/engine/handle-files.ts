/** Writes files into a folder that the user gave. */
import { IsoluxError } from "isolux";

/** Writes a file below a folder; folders on the way are made. @throws IsoluxError `output` where there is one already */
export async function writeNewFile(root: FileSystemDirectoryHandle, path: string, bytes: BlobPart): Promise<void> {
  const names = path.split("/");
  const name = names.pop()!;
  let folder = root;
  for (const one of names) folder = await folder.getDirectoryHandle(one, { create: true });
  if (await has(folder, name)) throw exists(`${root.name}/${path}`);
  await writeFile(folder, name, bytes);
}

async function writeFile(folder: FileSystemDirectoryHandle, name: string, bytes: BlobPart): Promise<void> {
  const stream = await (await folder.getFileHandle(name, { create: true })).createWritable();
  try {
    await stream.write(bytes as FileSystemWriteChunkType);
    await stream.close();
  } catch (error) {
    await stream.abort().catch(() => undefined);
    throw error;
  }
}

/** A folder that is made for what is written, and is removed again where that fails. */
export class NewFolder {
  readonly #root: FileSystemDirectoryHandle;
  readonly #folders = new Map<string, Promise<FileSystemDirectoryHandle>>();

  private constructor(root: FileSystemDirectoryHandle) {
    this.#root = root;
  }

  /** Makes the folder, fills it, and removes it where that fails. @throws IsoluxError `output` where it is there already */
  static async fill(
    place: FileSystemDirectoryHandle,
    name: string,
    write: (folder: NewFolder) => Promise<void>,
  ): Promise<void> {
    if (await has(place, name)) throw exists(`${place.name}/${name}`);
    try {
      await write(new NewFolder(await place.getDirectoryHandle(name, { create: true })));
    } catch (error) {
      await place.removeEntry(name, { recursive: true }).catch(() => undefined);
      throw error;
    }
  }

  async put(path: string, bytes: BlobPart): Promise<void> {
    const at = path.lastIndexOf("/");
    await writeFile(await this.#folder(path.slice(0, Math.max(0, at))), path.slice(at + 1), bytes);
  }

  #folder(path: string): Promise<FileSystemDirectoryHandle> {
    if (path === "") return Promise.resolve(this.#root);
    const known = this.#folders.get(path);
    if (known !== undefined) return known;
    const at = path.lastIndexOf("/");
    const made = this.#folder(path.slice(0, Math.max(0, at))).then((above) =>
      above.getDirectoryHandle(path.slice(at + 1), { create: true }),
    );
    this.#folders.set(path, made);
    return made;
  }
}

async function has(folder: FileSystemDirectoryHandle, name: string): Promise<boolean> {
  try {
    await folder.getFileHandle(name);
    return true;
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotFoundError") return false;
    if (error instanceof DOMException && error.name === "TypeMismatchError") return true;
    throw error;
  }
}

function exists(where: string): IsoluxError {
  return new IsoluxError({
    kind: "output",
    what: "There is something of that name already",
    where,
    advice: "Choose another folder: nothing is replaced",
  });
}
