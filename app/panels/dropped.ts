/** Folders that were dropped on the page, or chosen in a browser without handles. */
import { openImage } from "../actions.ts";
import type { Source } from "../engine/messages.ts";

/** Files of a chosen folder, with their paths below it. */
export function filesDropped(files: readonly File[]): Source {
  const [root = ""] = files[0]?.webkitRelativePath.split("/") ?? [];
  return {
    kind: "files",
    name: root,
    files: files.map((file) => [file.webkitRelativePath.slice(root.length + 1), file] as const),
  };
}

/** Opens a folder that is dropped anywhere on the page. */
export function acceptDrops(): void {
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", async (event) => {
    event.preventDefault();
    const [item] = event.dataTransfer?.items ?? [];
    if (item === undefined) return;
    const entry = item.webkitGetAsEntry();
    if ("getAsFileSystemHandle" in item) {
      const handle = await (
        item as { getAsFileSystemHandle(): Promise<FileSystemHandle | null> }
      ).getAsFileSystemHandle();
      if (handle?.kind === "directory")
        return openImage({ kind: "folder", handle: handle as FileSystemDirectoryHandle });
    }
    if (entry?.isDirectory) {
      openImage({ kind: "files", name: entry.name, files: await filesBelow(entry as FileSystemDirectoryEntry, "") });
    }
  });
}

async function filesBelow(folder: FileSystemDirectoryEntry, path: string): Promise<[string, File][]> {
  const reader = folder.createReader();
  const found: [string, File][] = [];
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) return found;
    for (const entry of entries) {
      const name = path === "" ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory) found.push(...(await filesBelow(entry as FileSystemDirectoryEntry, name)));
      else
        found.push([
          name,
          await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)),
        ]);
    }
  }
}
