/** The folder of a store as a place to write in: folders are made as they are needed, and nothing is written behind links. */
import { existsSync, lstatSync, mkdirSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { IsoluxError } from "../../errors.ts";
import { codeOf } from "./faults-node.ts";

/** A hidden folder of a run, in which Isolux makes all that there is. */
const hiddenFolder = /^\..+\.isolux$/;

/** A folder that is written to, and made where it is missing, but not again where somebody removed or moved it. */
export class WrittenFolder {
  readonly #root: string;
  #isKnown = false;

  constructor(root: string) {
    this.#root = root;
  }

  /**
   * Refuses a path that a link has come into within a hidden folder of a run: what lies behind it is somebody else's.
   * @throws IsoluxError `output`
   */
  refuseLinks(path: string): void {
    const parts = path.slice(this.#root.length).split(sep).filter(Boolean);
    const first = parts.findIndex((part) => hiddenFolder.test(part));
    if (first < 0) return;
    for (let count = first + 1; count <= parts.length; count++) {
      const where = join(this.#root, ...parts.slice(0, count));
      const facts = lstatSync(where, { throwIfNoEntry: false });
      if (facts === undefined) return;
      if (facts.isSymbolicLink()) throw linkInside(where);
    }
  }

  /** Does something to a path, after making its folder where that is missing. */
  async around<Result>(path: string, task: () => Promise<Result>): Promise<Result> {
    try {
      return await this.#known(task);
    } catch (error) {
      const isLost = this.#isKnown && !existsSync(this.#root);
      if (codeOf(error) !== "ENOENT" || isLost) throw error;
      makeFolder(dirname(path));
      return await this.#known(task);
    }
  }

  async #known<Result>(task: () => Promise<Result>): Promise<Result> {
    const result = await task();
    this.#isKnown = true;
    return result;
  }
}

function linkInside(where: string): IsoluxError {
  return new IsoluxError({
    kind: "output",
    what: "A link has come into the hidden folder for unfinished work, and nothing is written behind it",
    where,
    advice: "Remove the link and run the same command again",
  });
}

/**
 * Makes a folder and those above it, one by one: Node's own way never ends where a file system refuses as /proc does.
 * At once, as a writer that works on meanwhile would take notice late, and begin to write only then.
 */
function makeFolder(folder: string): void {
  try {
    makeOne(folder);
  } catch (error) {
    if (codeOf(error) !== "ENOENT" || dirname(folder) === folder) throw error;
    makeFolder(dirname(folder));
    makeOne(folder);
  }
}

function makeOne(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another thread was there first
    if (codeOf(error) !== "EEXIST") throw error;
  }
}
