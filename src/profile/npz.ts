/** Reads and writes NumPy's archives of named arrays (.npz). */

import { concatenate } from "../concatenate.ts";
import { IsoluxError } from "../errors.ts";
import { limits } from "../limits.ts";
import { crc32 } from "../zarr/codecs/checksums.ts";
import {
  type ClaimedBytes,
  checkMethod,
  damagedZip,
  directoryEntry,
  findDirectory,
  memberStart,
  unpackMember,
  type ZipMember,
} from "../zarr/zip/zip-directory.ts";
import { claimedNpyBytes, decodeNpy, type NpyArray, type NpySource, npyParts } from "./npy.ts";

/** An archive in memory, whose arrays are decompressed when they are read. */
export interface NpzArchive {
  /** The names of the arrays, in the order of the archive. */
  readonly keys: readonly string[];
  has(key: string): boolean;
  /**
   * The array of a name.
   * @throws IsoluxError `not-found` where there is no such key, with a list of those that exist; `corrupt` and
   * `unsupported` as {@link decodeNpy}
   */
  read(key: string): NpyArray;
}

/**
 * Opens an archive, stored or compressed. `where` names the file in messages.
 * @param mostBytes arrays of more are refused
 * @throws IsoluxError `corrupt` where the bytes are no zip archive or are cut short
 */
export function openNpz(bytes: Uint8Array, where: string, mostBytes: number = limits.object): NpzArchive {
  const members = listZip(bytes, where);
  const keys = [...members.keys()].filter((name) => name.endsWith(".npy")).map((name) => name.slice(0, -".npy".length));
  return {
    keys,
    has: (key) => keys.includes(key),
    read(key) {
      const place = `${where}, key "${key}"`;
      const member = members.get(`${key}.npy`);
      if (member === undefined) throw missingKey(place, keys);
      return decodeNpy(unpackZipMember(bytes, member, place, mostBytes, claimedNpyBytes), place);
    },
  };
}

/** Writes an archive of uncompressed arrays for `numpy.load` without pickling; the same arrays give the same bytes. */
export function encodeNpz(arrays: Readonly<Record<string, NpySource>>): Uint8Array {
  return encodeZip(membersOf(arrays));
}

/** The output of {@link encodeNpz} in parts, to be concatenated: the arrays are not copied. */
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

// Writes zip archives of uncompressed members. Own code, as a library would compute the checksums, most of the work, in
// plain arithmetic: here the fastest available implementation is used. @see
// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT

const memberSignature = 0x04034b50;
const directorySignature = 0x02014b50;
const endSignature = 0x06054b50;
const memberHeaderBytes = 30;
const directoryEntryBytes = 46;
const endBytes = 22;
/** The version of the format that readers must support: 2.0, for folders and deflate. */
const formatVersion = 20;
/** The names are in UTF-8. */
const utf8Flag = 0x800;
/** The earliest day that a zip archive can state, 1 January 1980: the same bytes whenever it is written. */
const earliestDate = 0x21;

interface Member {
  readonly name: Uint8Array;
  readonly flags: number;
  readonly parts: readonly Uint8Array[];
  readonly bytes: number;
  readonly crc32: number;
}

/** An archive of uncompressed members, each given in parts: less than 4 GiB in all, the same bytes whenever written. */
export function encodeZip(members: Readonly<Record<string, readonly Uint8Array[]>>): Uint8Array {
  return concatenate(Uint8Array, zipParts(members));
}

/** The output of {@link encodeZip} in parts, to be concatenated: those of members are not copied. */
function zipParts(members: Readonly<Record<string, readonly Uint8Array[]>>): readonly Uint8Array[] {
  const listed = Object.entries(members).map(([name, parts]) => memberOf(name, parts));
  const directoryBytes = listed.reduce((sum, { name }) => sum + directoryEntryBytes + name.length, 0);
  const directory = new Uint8Array(directoryBytes + endBytes);
  const view = new DataView(directory.buffer);
  const parts: Uint8Array[] = [];
  let [at, entryAt] = [0, 0];
  for (const member of listed) {
    entryAt = writeDirectoryEntry(directory, view, entryAt, member, at);
    parts.push(memberHeader(member), ...member.parts);
    at += memberHeaderBytes + member.name.length + member.bytes;
  }
  view.setUint32(directoryBytes, endSignature, true);
  view.setUint16(directoryBytes + 8, listed.length, true);
  view.setUint16(directoryBytes + 10, listed.length, true);
  view.setUint32(directoryBytes + 12, directoryBytes, true);
  view.setUint32(directoryBytes + 16, at, true);
  return [...parts, directory];
}

function memberHeader(member: Member): Uint8Array {
  const header = new Uint8Array(memberHeaderBytes + member.name.length);
  const view = new DataView(header.buffer);
  view.setUint32(0, memberSignature, true);
  writeFacts(view, 4, member);
  header.set(member.name, memberHeaderBytes);
  return header;
}

function memberOf(name: string, parts: readonly Uint8Array[]): Member {
  const encoded = new TextEncoder().encode(name);
  return {
    name: encoded,
    flags: encoded.length === name.length ? 0 : utf8Flag,
    parts,
    bytes: parts.reduce((sum, part) => sum + part.length, 0),
    crc32: parts.reduce((crc, part) => crc32(part, crc), 0),
  };
}

/** An entry of the directory at the end, for a member at `memberAt`; returns the position of the next one. */
function writeDirectoryEntry(
  archive: Uint8Array,
  view: DataView,
  at: number,
  member: Member,
  memberAt: number,
): number {
  view.setUint32(at, directorySignature, true);
  view.setUint16(at + 4, formatVersion, true);
  writeFacts(view, at + 6, member);
  view.setUint32(at + 42, memberAt, true);
  archive.set(member.name, at + directoryEntryBytes);
  return at + directoryEntryBytes + member.name.length;
}

/** The 26 bytes that a member's header and its directory entry have in common; without time and extra fields. */
function writeFacts(view: DataView, at: number, { name, flags, bytes, crc32 }: Member): void {
  view.setUint16(at, formatVersion, true);
  view.setUint16(at + 2, flags, true);
  view.setUint16(at + 8, earliestDate, true);
  view.setUint32(at + 10, crc32, true);
  view.setUint32(at + 14, bytes, true);
  view.setUint32(at + 18, bytes, true);
  view.setUint16(at + 22, name.length, true);
}

/**
 * The members of an archive by name, without unpacking them. `where` names the archive in messages.
 * @throws IsoluxError `corrupt` where the bytes are no zip archive or its end is missing
 */
export function listZip(archive: Uint8Array, where: string): ReadonlyMap<string, ZipMember> {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  try {
    const { count, offset } = findDirectory(archive, archive.length, where, "an .npz file");
    const members = new Map<string, ZipMember>();
    let at = offset;
    for (let index = 0; index < count; index++) {
      const { member, next } = directoryEntry(view, at, where);
      members.set(member.name, member);
      at = next;
    }
    return members;
  } catch (cause) {
    // A RangeError is an offset beyond the end of the archive.
    throw cause instanceof RangeError ? damagedZip(where, cause) : cause;
  }
}

/**
 * Unpacks a member and verifies its checksum; a stored member is a view into the archive.
 * @param claimedBytes what the content says of its own length: where the archive says plainly more, it is not unpacked
 * @throws IsoluxError `corrupt` where it is cut short, too large or its checksum does not match; `unsupported` where it is
 *   encrypted or packed by another method than deflate
 */
export function unpackZipMember(
  archive: Uint8Array,
  member: ZipMember,
  where: string,
  mostBytes: number = limits.object,
  claimedBytes?: ClaimedBytes,
): Uint8Array {
  checkMethod(member, where);
  return unpackMember(packedBytes(archive, member, where), member, where, mostBytes, claimedBytes);
}

function packedBytes(archive: Uint8Array, member: ZipMember, where: string): Uint8Array {
  const { headerOffset, packedBytes: count } = member;
  if (headerOffset > archive.length) throw damagedZip(where);
  const start = headerOffset + memberStart(archive.subarray(headerOffset), where);
  if (start + count > archive.length) throw damagedZip(where);
  return archive.subarray(start, start + count);
}
