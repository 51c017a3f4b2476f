/**
 * Writing zip archives of stored members. Own code, as a library would take the checksums, most of the work, in plain
 * arithmetic: here the fastest there is takes them.
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */

import { crc32 } from "../zarr/codecs/checksums.ts";

const memberSignature = 0x04034b50;
const directorySignature = 0x02014b50;
const endSignature = 0x06054b50;
const memberHeaderBytes = 30;
const directoryEntryBytes = 46;
const endBytes = 22;
/** Of the format that readers must know: folders and deflate, the least. */
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

/** An archive of stored members, each given in parts: of less than 4 GiB in all, the same bytes whenever written. */
export function encodeZip(members: Readonly<Record<string, readonly Uint8Array[]>>): Uint8Array {
  const parts = zipParts(members);
  const archive = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    archive.set(part, at);
    at += part.length;
  }
  return archive;
}

/** What {@link encodeZip} gives in parts, to be laid end to end: those of members are not copied. */
export function zipParts(members: Readonly<Record<string, readonly Uint8Array[]>>): readonly Uint8Array[] {
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

/** An entry of the directory at the end, for a member that begins at `memberAt`; gives where the next one goes. */
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

/** What a member's header and its entry in the directory both tell, in 26 bytes; time and extra fields are none. */
function writeFacts(view: DataView, at: number, { name, flags, bytes, crc32 }: Member): void {
  view.setUint16(at, formatVersion, true);
  view.setUint16(at + 2, flags, true);
  view.setUint16(at + 8, earliestDate, true);
  view.setUint32(at + 10, crc32, true);
  view.setUint32(at + 14, bytes, true);
  view.setUint32(at + 18, bytes, true);
  view.setUint16(at + 22, name.length, true);
}
