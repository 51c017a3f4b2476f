/** Where sources lie: from paths and addresses, as users give them, to locations in stores. */

import { existsSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { openFileNode } from "../acquisition/bdv/open-file-node.ts";
import type { FileAccess } from "../acquisition/open-acquisition.ts";
import { IsoluxError } from "../errors.ts";
import type { CorrectParameters } from "../parameters/schema.ts";
import { isAddress } from "../zarr/address.ts";
import { DirectoryStore } from "../zarr/directory-store.ts";
import { openStore } from "../zarr/open-store-node.ts";
import type { Location, SourceLocation } from "./location.ts";

/** How acquisitions reach files that are not in their own store. */
export const fileAccess: FileAccess = { openFolder: (path) => new DirectoryStore(path), openFile: openFileNode };

/** The location of an image: a path, or an address that begins with http://, https:// or s3://. */
export async function locateSource(image: string): Promise<SourceLocation> {
  if (!isAddress(image)) return locateFolder(image);
  const { store, key } = await openStore(image);
  return { store, key, locator: { kind: "address", address: image } };
}

type AskedImage = Pick<CorrectParameters, "image" | "rotation" | "tileTable"> &
  Partial<Pick<CorrectParameters, "trustPositions">>;

/** The location of an image and, where a user says so, which of its tiles are meant and where they lie. */
export async function locateImage({ image, rotation, tileTable, trustPositions }: AskedImage): Promise<SourceLocation> {
  return {
    ...(await locateSource(image)),
    ...(rotation !== undefined && { rotation }),
    ...(tileTable !== undefined && { tileTable }),
    ...(trustPositions === true && { trustPositions }),
  };
}

/** The same for what only profiles or figures are taken from: a plate or a well stands for all its fields. */
export async function locatePool(asked: AskedImage): Promise<SourceLocation> {
  return { ...(await locateImage(asked)), isPooled: true };
}

/** The location of a folder: its name in the store of the folder above it, so that siblings can be reached. */
export function locateFolder(path: string): Location {
  const full = resolve(path);
  const parent = dirname(full);
  return {
    store: new DirectoryStore(parent),
    key: basename(full),
    locator: { kind: "directory", path: parent },
    access: fileAccess,
  };
}

/** The location of a folder of profiles. @throws IsoluxError `not-found` */
export function locateModels(path: string): Location {
  const full = resolve(path);
  if (existsSync(full) && statSync(full).isDirectory()) {
    return { store: new DirectoryStore(full), key: "", locator: { kind: "directory", path: full } };
  }
  throw new IsoluxError({ kind: "not-found", what: "There is no such models folder", where: full });
}
