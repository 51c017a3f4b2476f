/** Finds and reads the input of commands on profiles. */

import { existsSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { IsoluxError } from "../../errors.ts";
import { type FoundProfile, findProfile } from "../../profile/formats/find-profile.ts";
import {
  filesOfKind,
  type ProfileFiles,
  type ProfileKind,
  recogniseFile,
  recogniseFolder,
} from "../../profile/formats/profile-files.ts";
import { readProfileFiles } from "../../profile/formats/read-profile.ts";
import { DirectoryStore } from "../../zarr/disk/directory-store-node.ts";

/** A file or folder, with its store. */
interface Place {
  readonly store: DirectoryStore;
  readonly name: string;
  readonly isFolder: boolean;
}

/** Finds the input of a conversion. @throws IsoluxError `not-found` */
export function placeOf(input: string): Place {
  const path = resolve(input);
  if (!existsSync(path)) {
    throw new IsoluxError({ kind: "not-found", what: "There is no such file or folder", where: input });
  }
  const isFolder = statSync(path).isDirectory();
  return { store: new DirectoryStore(isFolder ? path : dirname(path)), name: isFolder ? "" : basename(path), isFolder };
}

/**
 * Reads one profile of the input.
 * @param from its format; recognised by default
 * @param channel a label where the input is a folder of profiles, the number of a page, from 1, in a file of ASHLAR
 * @throws IsoluxError `usage`, `not-found`, and as the profiles' readers
 */
export async function readOne(
  place: Place,
  from: ProfileKind | undefined,
  channel: string | undefined,
): Promise<FoundProfile> {
  const { store, name, isFolder } = place;
  if (isFolder && channel !== undefined) return findInFolder(store, from, channel);
  const entries = (await store.list("")).filter(({ kind }) => kind === "object").map((entry) => entry.name);
  const files = isFolder ? onlyProfile(store, recogniseFolder(entries), from) : filesAt(name, entries, from);
  const page = channel === undefined ? {} : { page: { kind: "page", index: pageNumber(files, channel) } as const };
  return { files, given: await readProfileFiles(store, files, { ofOneValue: "note", ...page }) };
}

async function findInFolder(store: DirectoryStore, from: ProfileKind | undefined, label: string) {
  const found = await findProfile(store, "", { label }, "note");
  if (from === undefined || from === found.files.kind) return found;
  const files = filesOfKind(from, found.files.main, found.files.second === undefined ? [] : [found.files.second]);
  return { files, given: await readProfileFiles(store, files, { ofOneValue: "note" }) };
}

/** The profile's files by name. A name without a known ending may still be of an image, which its content shows. */
function filesAt(name: string, beside: readonly string[], from: ProfileKind | undefined): ProfileFiles {
  if (from !== undefined) return filesOfKind(from, name, beside);
  return recogniseFile(name, beside) ?? { kind: "image", main: name };
}

function onlyProfile(
  store: DirectoryStore,
  candidates: readonly ProfileFiles[],
  from: ProfileKind | undefined,
): ProfileFiles {
  const fitting = candidates.filter(({ kind }) => from === undefined || kind === from);
  if (fitting.length === 1) return fitting[0]!;
  throw new IsoluxError({
    kind: fitting.length === 0 ? "not-found" : "usage",
    what: fitting.length === 0 ? "The folder holds no profile" : "The folder holds several profiles",
    where: store.location,
    ...(candidates.length === 0 ? {} : { found: candidates.map(({ main }) => main).join(", ") }),
    expected: from === undefined ? "one" : `one of the format ${from}`,
    advice: "For a folder with a folder or file per channel, give --channel LABEL; else give the file itself",
  });
}

function pageNumber({ kind, main }: ProfileFiles, channel: string): number {
  if (kind === "ashlar" && /^[1-9]\d*$/.test(channel)) return Number(channel) - 1;
  throw new IsoluxError({
    kind: "usage",
    what: "--channel cannot be used here",
    where: main,
    found: channel,
    expected:
      kind === "ashlar" ? "the number of a page, from 1" : "a folder of profiles or a file of ASHLAR as the input",
  });
}
