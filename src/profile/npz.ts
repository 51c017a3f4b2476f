/** NumPy's archives of named arrays (.npz). */

import { IsoluxError } from "../errors.ts";
import { decodeNpy, type NpyArray, type NpySource, npyParts } from "./npy.ts";
import { listZip, unpackZipMember } from "./zip.ts";
import { encodeZip, zipParts } from "./zip-encode.ts";

/** An archive in memory, whose arrays are unpacked when they are asked for. */
export interface NpzArchive {
  /** The names of the arrays, in the order of the archive. */
  readonly keys: readonly string[];
  has(key: string): boolean;
  /**
   * The array of a name.
   * @throws IsoluxError `not-found` where there is no such key, naming those that there are; `corrupt` and
   *   `unsupported` as {@link decodeNpy}
   */
  read(key: string): NpyArray;
}

/**
 * Opens an archive, stored or compressed. `where` names the file in messages.
 * @throws IsoluxError `corrupt` where the bytes are no zip archive or are cut short
 */
export function openNpz(bytes: Uint8Array, where: string): NpzArchive {
  const members = listZip(bytes, where);
  const keys = [...members.keys()].filter((name) => name.endsWith(".npy")).map((name) => name.slice(0, -".npy".length));
  return {
    keys,
    has: (key) => keys.includes(key),
    read(key) {
      const place = `${where}, key "${key}"`;
      const member = members.get(`${key}.npy`);
      if (member === undefined) throw missingKey(place, keys);
      return decodeNpy(unpackZipMember(bytes, member, place), place);
    },
  };
}

/** Writes an archive of stored arrays, which `numpy.load` reads without pickling; the same arrays give the same bytes. */
export function encodeNpz(arrays: Readonly<Record<string, NpySource>>): Uint8Array {
  return encodeZip(membersOf(arrays));
}

/** What {@link encodeNpz} gives in parts, to be laid end to end: the arrays are not copied. */
export function npzParts(arrays: Readonly<Record<string, NpySource>>): readonly Uint8Array[] {
  return zipParts(membersOf(arrays));
}

function membersOf(arrays: Readonly<Record<string, NpySource>>): Record<string, readonly Uint8Array[]> {
  return Object.fromEntries(Object.entries(arrays).map(([key, source]) => [`${key}.npy`, npyParts(source)]));
}

function missingKey(where: string, keys: readonly string[]): IsoluxError {
  return new IsoluxError({
    kind: "not-found",
    what: "An array is missing from the archive",
    where,
    found: keys.length === 0 ? "no arrays" : keys.join(", "),
  });
}
