import { existsSync, lstatSync, type Stats } from "node:fs";
import { dirname } from "node:path";
import { IsoluxError } from "../errors.ts";

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
