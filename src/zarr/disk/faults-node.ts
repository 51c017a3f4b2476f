import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { IsoluxError } from "../../errors.ts";

/** What was being done to a path when it failed. */
type StorageAction = "read" | "written" | "moved" | "removed";

/** Turns a failure of the operating system into a sentence; `where` is the full path. */
export function storageFault(cause: unknown, action: StorageAction, where: string): IsoluxError {
  const code = codeOf(cause) ?? (cause instanceof Error ? cause.message : String(cause));
  const [reason, advice] = explain(code, action, where);
  return new IsoluxError({
    kind: "storage",
    what: `This could not be ${action}, because ${reason}`,
    where,
    advice,
    cause,
  });
}

/** The code of an operating system's error, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  const isCoded = error instanceof Error && "code" in error && typeof error.code === "string";
  return isCoded ? (error.code as string) : undefined;
}

function explain(code: string, action: StorageAction, where: string): readonly [reason: string, advice?: string] {
  switch (code) {
    case "ENOSPC":
      return hasAllFiles(where)
        ? ["the disk takes no more files", "Remove files there, or write fewer with --shards, and run again"]
        : ["the disk is full", "Free space on the disk and run again"];
    case "EDQUOT":
      return ["your disk quota is used up", "Free space or ask for more, and run again"];
    case "EACCES":
    case "EPERM":
      return action === "read"
        ? ["it is not readable for you", "Ask its owner for permission to read it"]
        : ["it is not writable for you", "Ask its owner for permission to write there, or write elsewhere"];
    case "EROFS":
      return ["the disk is not writable", "Write to another disk"];
    case "ENOENT":
      return action === "written"
        ? ["its folder was moved or removed (ENOENT)", "Run the same command again"]
        : ["it is not there (ENOENT)"];
    case "ENOTDIR":
      return [
        "a file lies where a folder of its path is to be (ENOTDIR)",
        "Move it away and run the same command again",
      ];
    case "EMFILE":
    case "ENFILE":
      return [`too many files are open (${code})`, "Raise the limit of open files, or use fewer threads"];
    case "ELOOP":
      return ["links in its path lead round in a circle (ELOOP)", "Remove the link"];
    case "ENAMETOOLONG":
      return ["a name in its path is too long (ENAMETOOLONG)", "Choose a shorter name"];
    case "EFBIG":
      return [
        "the file would be larger than files may be (EFBIG)",
        "Raise the limit of file sizes (ulimit -f), or write elsewhere",
      ];
    case "EIO":
      return ["the disk failed (EIO)", "Check the disk or the network connection to it"];
    default:
      return [`the system reported ${code}`];
  }
}

/** Whether the disk around a path has room left but none for one more file (df -i). */
function hasAllFiles(path: string): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    try {
      const { files, ffree, bavail } = statfsSync(folder);
      return files > 0 && ffree === 0 && bavail > 0;
    } catch {
      if (folder === dirname(folder)) return false;
    }
  }
}
