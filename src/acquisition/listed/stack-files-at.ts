/** What a path in a list stands for: a stack, a folder of planes, or planes by a pattern of their names. */
import { IsoluxError } from "../../errors.ts";
import { joinKey, keyName, type ReadableStore } from "../../zarr/store.ts";
import { isPlaneFile } from "../pages/plane-files.ts";
import { evenSteps } from "./even-steps.ts";
import { filesOfPattern, parsePattern } from "./name-pattern.ts";
import type { StackFiles } from "./placed-stacks.ts";

/**
 * The files at a path below a folder; none is opened.
 * @param where what names the path, for messages
 * @throws IsoluxError `invalid` for paths that leave the folder, `not-found` for folders without planes
 */
export async function stackFilesAt(
  store: ReadableStore,
  folder: string,
  path: string,
  where: string,
): Promise<StackFiles> {
  const parts = path
    .replaceAll("\\", "/")
    .split("/")
    .filter((part) => part !== "" && part !== ".");
  const isAbsolute = /^([a-z]:)?[\\/]/i.test(path);
  if (isAbsolute || parts.includes("..")) throw outside(path, where);
  const relative = parts.join("/");
  if (/[*{]/.test(relative)) return await planesOfPattern(store, folder, relative, where);
  const key = joinKey(folder, relative);
  if (isPlaneFile(keyName(key))) return { kind: "file", key };
  const names = ((await store.list(key)) ?? [])
    .filter(({ name, kind }) => kind === "object" && isPlaneFile(name))
    .map(({ name }) => name);
  if (names.length > 0) return planesInOrder(names, key, where);
  throw nothingAt(joinKey(store.location, key), where);
}

async function planesOfPattern(store: ReadableStore, folder: string, path: string, where: string): Promise<StackFiles> {
  const pattern = parsePattern(path);
  const others = [...pattern.fields].filter((field) => field !== "plane" && field !== "z");
  if (others.length > 0) {
    const found = others.map((field) => `{${field}}`).join(", ");
    const what = "A pattern in a list may have {plane} only";
    throw new IsoluxError({ kind: "invalid", what, where, found, expected: "{plane}, or * for the rest of a name" });
  }
  const files = await filesOfPattern(store, folder, pattern);
  if (files.length === 0) throw nothingAt(path, where);
  const numbered = files.filter(({ fields }) => (fields.plane ?? fields.z) !== undefined);
  if (numbered.length === 0)
    return planesInOrder(
      files.map(({ key }) => key),
      "",
      where,
    );
  const numberOf = ({ fields }: (typeof files)[number]) => Number(fields.plane ?? fields.z);
  const sorted = numbered.sort((a, b) => numberOf(a) - numberOf(b));
  evenSteps(sorted.map(numberOf), where);
  return { kind: "planes", keys: sorted.map(({ key }) => key) };
}

/** Planes by the last numbers in their names. */
function planesInOrder(names: readonly string[], folder: string, where: string): StackFiles {
  const numberOf = (name: string) => Number(/(\d+)\D*$/.exec(name.replace(/\.\w+$/, ""))?.[1] ?? Number.NaN);
  const sorted = [...names].sort((a, b) => numberOf(a) - numberOf(b) || (a < b ? -1 : 1));
  if (names.length > 1 && !names.some((name) => Number.isNaN(numberOf(name)))) evenSteps(sorted.map(numberOf), where);
  if (names.length === 1) return { kind: "file", key: joinKey(folder, names[0]!) };
  return { kind: "planes", keys: sorted.map((name) => joinKey(folder, name)) };
}

function outside(path: string, where: string): IsoluxError {
  return new IsoluxError({
    kind: "invalid",
    what: "A path in the list leaves the folder of the list",
    where,
    found: path,
    expected: "a path that begins at the folder of the list, such as tiles/a.tif",
    advice: "Put the list into the folder that holds all files",
  });
}

function nothingAt(found: string, where: string): IsoluxError {
  return new IsoluxError({
    kind: "not-found",
    what: "A file of the list is not there, or holds no planes",
    where,
    found,
    expected: "a TIFF, PNG or RAW file, or a folder of planes",
  });
}
