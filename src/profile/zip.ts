/**
 * Zip archives held in memory, as NumPy and others write them: stored and deflated members, zip64, members written to a
 * stream (their sizes are taken from the directory at the end). Checksums are verified.
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */

import { inflateSync } from "fflate";
import { IsoluxError } from "../errors.ts";
import { crc32 } from "../zarr/codecs/checksums.ts";

/** A member of an archive, still packed. */
export interface ZipMember {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc32: number;
  readonly packedBytes: number;
  readonly bytes: number;
  /** Where its own header begins in the archive. */
  readonly headerOffset: number;
}

const endSignature = 0x06054b50;
const end64Signature = 0x06064b50;
const locator64Signature = 0x07064b50;
const directorySignature = 0x02014b50;
const memberSignature = 0x04034b50;
const unknown32 = 0xffffffff;

/**
 * The members of an archive by name, without unpacking them. `where` names the archive in messages.
 * @throws IsoluxError `corrupt` where the bytes are no zip archive or its end is missing
 */
export function listZip(archive: Uint8Array, where: string): ReadonlyMap<string, ZipMember> {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  try {
    const { count, offset } = findDirectory(view, where);
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
    throw cause instanceof RangeError ? broken(where, cause) : cause;
  }
}

/** Finds the list of members from the end of the archive: `count` entries from `offset`. */
function findDirectory(view: DataView, where: string): { count: number; offset: number } {
  const earliest = Math.max(0, view.byteLength - 22 - 0xffff);
  let end = view.byteLength - 22;
  while (end >= earliest && view.getUint32(end, true) !== endSignature) end--;
  if (end < earliest) {
    const isZip = view.byteLength >= 4 && view.getUint32(0, true) === memberSignature;
    const what = isZip ? "A zip archive is cut short" : "This is not a zip archive";
    throw new IsoluxError({
      kind: "corrupt",
      what,
      where,
      found: `${view.byteLength} bytes`,
      expected: "an .npz file",
    });
  }
  const locator = end - 20;
  if (locator >= 0 && view.getUint32(locator, true) === locator64Signature) {
    const end64 = bigOffset(view, locator + 8);
    if (view.getUint32(end64, true) !== end64Signature) throw broken(where);
    return { count: bigOffset(view, end64 + 32), offset: bigOffset(view, end64 + 48) };
  }
  return { count: view.getUint16(end + 10, true), offset: view.getUint32(end + 16, true) };
}

function directoryEntry(view: DataView, at: number, where: string): { member: ZipMember; next: number } {
  if (view.getUint32(at, true) !== directorySignature) throw broken(where);
  const nameEnd = at + 46 + view.getUint16(at + 28, true);
  const extraEnd = nameEnd + view.getUint16(at + 30, true);
  const sizes = [view.getUint32(at + 24, true), view.getUint32(at + 20, true), view.getUint32(at + 42, true)];
  widen(sizes, view, nameEnd, extraEnd);
  const member: ZipMember = {
    name: new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at + 46, nameEnd - at - 46)),
    method: view.getUint16(at + 10, true),
    encrypted: (view.getUint16(at + 8, true) & 1) === 1,
    crc32: view.getUint32(at + 16, true),
    bytes: sizes[0]!,
    packedBytes: sizes[1]!,
    headerOffset: sizes[2]!,
  };
  return { member, next: extraEnd + view.getUint16(at + 32, true) };
}

/** Replaces sizes that do not fit in 32 bits by those of the zip64 field, which holds just these, in this order. */
function widen(sizes: number[], view: DataView, extraStart: number, extraEnd: number): void {
  for (let at = extraStart; at + 4 <= extraEnd; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    let field = at + 4;
    for (const [index, size] of sizes.entries()) {
      if (size !== unknown32) continue;
      sizes[index] = bigOffset(view, field);
      field += 8;
    }
  }
}

function bigOffset(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

/**
 * Unpacks a member and verifies its checksum; a stored member is a view into the archive.
 * @throws IsoluxError `corrupt` where it is cut short or its checksum does not match; `unsupported` where it is encrypted
 *   or packed by another method than deflate
 */
export function unpackZipMember(archive: Uint8Array, member: ZipMember, where: string): Uint8Array {
  if (member.encrypted || (member.method !== 0 && member.method !== 8)) {
    const found = member.encrypted ? "encryption" : `compression method ${member.method}`;
    throw new IsoluxError({
      kind: "unsupported",
      what: "A member of a zip archive is packed in a way that is not read",
      where,
      found,
      expected: "stored or deflated",
    });
  }
  const bytes = inflated(packedBytes(archive, member, where), member, where);
  if (bytes.length !== member.bytes || crc32(bytes) !== member.crc32) throw broken(where);
  return bytes;
}

function packedBytes(archive: Uint8Array, member: ZipMember, where: string): Uint8Array {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const at = member.headerOffset;
  if (at + 30 > archive.length || view.getUint32(at, true) !== memberSignature) throw broken(where);
  const start = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  if (start + member.packedBytes > archive.length) throw broken(where);
  return archive.subarray(start, start + member.packedBytes);
}

function inflated(packed: Uint8Array, member: ZipMember, where: string): Uint8Array {
  if (member.method === 0) return packed;
  // Deflate packs at most 1032 to 1: a larger claim is a broken archive, not a reason to allocate.
  if (member.bytes > 1032 * packed.length + 1032) throw broken(where);
  try {
    return inflateSync(packed, { out: new Uint8Array(member.bytes) });
  } catch (cause) {
    throw broken(where, cause);
  }
}

function broken(where: string, cause?: unknown): IsoluxError {
  return new IsoluxError({
    kind: "corrupt",
    what: "A zip archive is damaged",
    where,
    advice: "Copy or save the file again",
    cause,
  });
}
