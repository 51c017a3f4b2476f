/** Turns paths and addresses, as users give them, into locations in stores, and opens files for the HDF5 library. */
import { closeSync, existsSync, openSync, readSync, type Stats, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import type { SynchronousFile } from "../../acquisition/bdv/hdf5-module.ts";
import type { TileHints } from "../../acquisition/listed/stage-axes.ts";
import type { FileAccess } from "../../acquisition/open-acquisition.ts";
import { IsoluxError } from "../../errors.ts";
import type { CorrectParameters } from "../../parameters/schema.ts";
import { DirectoryStore } from "../../zarr/disk/directory-store-node.ts";
import { codeOf, storageFault } from "../../zarr/disk/faults-node.ts";
import { readOnly, sizeOfFile } from "../../zarr/disk/files-node.ts";
import { openStore } from "../../zarr/open-store-node.ts";
import { isAddress, type WritableStore } from "../../zarr/store.ts";
import { UnchangedStore } from "../../zarr/unchanged-store.ts";
import type { Location, Place, PlaceOpener, SourceLocation } from "./location.ts";

/** How acquisitions open files that are not in their own store. */
const fileAccess: FileAccess = { openFolder: (path) => new DirectoryStore(path), openFile: openFileNode };

/** The location of an image: a path, or an address that begins with http://, https:// or s3://. */
export async function locateSource(image: string): Promise<SourceLocation> {
  if (!isAddress(image)) return locateFolder(image);
  const { store, key } = await openStore(image);
  return { store, key, locator: { kind: "address", address: image } };
}

type AskedImage = Pick<CorrectParameters, "image" | "rotation" | "tileTable"> &
  Partial<Pick<CorrectParameters, "trustPositions" | "pattern" | "overlap" | "pixelSize" | "stageAxes">>;

/** The location of an image with the user's choice of its tiles and of their positions. */
export async function locateImage(asked: AskedImage): Promise<SourceLocation> {
  const { image, rotation, tileTable, trustPositions } = asked;
  const hints = hintsOf(asked);
  return {
    ...(await locateSource(image)),
    rotation,
    tileTable,
    ...(hints !== undefined && { hints }),
    ...(trustPositions === true && { trustPositions }),
  };
}

function hintsOf({ pattern, overlap, pixelSize, stageAxes }: AskedImage): TileHints | undefined {
  if ([pattern, overlap, pixelSize, stageAxes].every((hint) => hint === undefined)) return undefined;
  return {
    ...(pattern !== undefined && { pattern }),
    ...(overlap !== undefined && { overlapYx: overlap }),
    ...(pixelSize !== undefined && { pixelSizeUmZyx: pixelSize }),
    ...(stageAxes !== undefined && { stageAxes }),
  };
}

/** The same for images from which only profiles or figures are made: a plate or a well stands for all its fields. */
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

// How other threads and processes open a place again.

/** The folder of a place. @throws IsoluxError `unsupported` where it is in no folder */
export function storeAt({ locator }: Place): WritableStore {
  if (locator?.kind === "directory") return new DirectoryStore(locator.path);
  throw new IsoluxError({ kind: "unsupported", what: "A worker thread cannot open a store that is only in memory" });
}

/** The source of a task: a folder of this machine, or an address. */
export async function openSource(place: Place): Promise<SourceLocation> {
  const { locator, key, rotation, tileTable, isPooled, hints, trustPositions, state } = place;
  const location =
    locator?.kind === "address"
      ? await locateSource(locator.address)
      : { store: storeAt(place), key, locator: locator!, access: fileAccess };
  return {
    ...location,
    ...(state === undefined ? {} : { store: new UnchangedStore(location.store, state) }),
    rotation,
    tileTable,
    isPooled,
    ...(hints !== undefined && { hints }),
    trustPositions,
  };
}

/** How processes find places that others have written to a file. */
export const nodePlaceOpener: PlaceOpener = {
  source: openSource,
  folder: (place) => ({ store: storeAt(place), key: place.key, locator: place.locator! }),
};

/** A file of a file system, for the HDF5 library. @throws IsoluxError `not-found`, `storage`, or `corrupt` for a pipe or device */
export function openFileNode(path: string): SynchronousFile {
  return new FileOnDisk(path, sizeOf(path));
}

/**
 * Keeps a descriptor open from the first read to the release, so that none stays open however many files are in use.
 */
class FileOnDisk implements SynchronousFile {
  readonly location: string;
  readonly byteLength: number;
  #descriptor: number | undefined;

  constructor(path: string, byteLength: number) {
    this.location = path;
    this.byteLength = byteLength;
  }

  read(into: Uint8Array, offset: number): number {
    try {
      this.#descriptor ??= openSync(this.location, readOnly);
      let filled = 0;
      while (filled < into.length) {
        const count = readSync(this.#descriptor, into, filled, into.length - filled, offset + filled);
        if (count === 0) break;
        filled += count;
      }
      return filled;
    } catch (cause) {
      throw storageFault(cause, "read", this.location);
    }
  }

  release(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

function sizeOf(path: string): number {
  let facts: Stats;
  try {
    facts = statSync(path);
  } catch (cause) {
    if (codeOf(cause) !== "ENOENT") throw storageFault(cause, "read", path);
    throw new IsoluxError({ kind: "not-found", what: "There is no such file", where: path, cause });
  }
  return sizeOfFile(facts, path);
}
