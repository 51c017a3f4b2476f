/**
 * The directory of a zip archive, which stands at its end, and its members: stored and deflated ones, zip64, members that
 * were written to a stream (their sizes are taken from the directory). Checksums are verified.
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
import { IsoluxError } from "../../errors.ts";
import { tooLarge } from "../../limits.ts";
import { crc32 } from "../codecs/checksums.ts";
import { inflateUpTo } from "../codecs/inflate-up-to.ts";

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

/** Where the directory lies in an archive. */
interface DirectoryPlace {
  readonly count: number;
  readonly offset: number;
}

const endSignature = 0x06054b50;
const end64Signature = 0x06064b50;
const locator64Signature = 0x07064b50;
const directorySignature = 0x02014b50;
const memberSignature = 0x04034b50;
const unknown32 = 0xffffffff;
const endBytes = 22;

/** An archive's last bytes, in which its directory is named: with the longest comment, and what zip64 puts before. */
export const zipTailBytes = endBytes + 0xffff + 20 + 4096;
/** A member's own header, without its name and extra fields. */
export const memberHeaderBytes = 30;

/**
 * Finds the directory from the end of an archive.
 * @param tail its last bytes: {@link zipTailBytes}, or all of them
 * @param bytes of the archive
 * @param expected what the archive should be, for messages
 * @throws IsoluxError `corrupt` where it is no zip archive or its end is missing
 */
export function findDirectory(tail: Uint8Array, bytes: number, where: string, expected: string): DirectoryPlace {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  let end = view.byteLength - endBytes;
  while (end >= 0 && view.getUint32(end, true) !== endSignature) end--;
  if (end < Math.max(0, view.byteLength - endBytes - 0xffff)) {
    const isZip = bytes === tail.length && bytes >= 4 && view.getUint32(0, true) === memberSignature;
    const what = isZip ? "A zip archive is cut short" : "This is not a zip archive";
    throw new IsoluxError({ kind: "corrupt", what, where, found: `${bytes} bytes`, expected });
  }
  const locator = end - 20;
  if (locator >= 0 && view.getUint32(locator, true) === locator64Signature) {
    const end64 = bigOffset(view, locator + 8) - (bytes - tail.length);
    if (end64 < 0 || view.getUint32(end64, true) !== end64Signature) throw damagedZip(where);
    return { count: bigOffset(view, end64 + 32), offset: bigOffset(view, end64 + 48) };
  }
  return { count: view.getUint16(end + 10, true), offset: view.getUint32(end + 16, true) };
}

/**
 * The member whose entry of the directory begins at `at`, and where the next one begins.
 * @throws IsoluxError `corrupt`; RangeError for an offset beyond the directory
 */
export function directoryEntry(view: DataView, at: number, where: string): { member: ZipMember; next: number } {
  if (view.getUint32(at, true) !== directorySignature) throw damagedZip(where);
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
 * Where the bytes of a member begin, counted from its own header, which is given from its start on.
 * @throws IsoluxError `corrupt`
 */
export function memberStart(header: Uint8Array, where: string): number {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (header.length < memberHeaderBytes || view.getUint32(0, true) !== memberSignature) throw damagedZip(where);
  return memberHeaderBytes + view.getUint16(26, true) + view.getUint16(28, true);
}

/** @throws IsoluxError `unsupported` where a member is encrypted or packed by another method than deflate */
export function checkMethod({ encrypted, method }: ZipMember, where: string): void {
  if (!encrypted && (method === 0 || method === 8)) return;
  throw new IsoluxError({
    kind: "unsupported",
    what: "A member of a zip archive is compressed in a way that is not supported",
    where,
    found: encrypted ? "encryption" : `compression method ${method}`,
    expected: "stored or deflated",
  });
}

/** What a content says of its own length, by its beginning; `undefined` where that does not say it yet. */
export type ClaimedBytes = (start: Uint8Array) => number | undefined;

/** What follows the content of a member may be padding, not more than this. */
const mostPadding = 2 ** 16;

/**
 * Unpacks the bytes of a member and verifies its checksum; those of a stored one are returned as they are.
 * @param claimedBytes where the archive says plainly more than the content does, it is not unpacked
 * @throws IsoluxError `corrupt` where they are cut short, too many or their checksum does not match
 */
export function unpackMember(
  packed: Uint8Array,
  member: ZipMember,
  where: string,
  mostBytes: number,
  claimedBytes?: ClaimedBytes,
): Uint8Array {
  if (member.bytes > mostBytes) {
    throw tooLarge("A member of a zip archive is too large", where, mostBytes, `${member.bytes} bytes`);
  }
  const bytes = inflated(packed, member, where, claimedBytes);
  if (bytes.length !== member.bytes || crc32(bytes) !== member.crc32) throw damagedZip(where);
  return bytes;
}

function inflated(packed: Uint8Array, member: ZipMember, where: string, claimedBytes?: ClaimedBytes): Uint8Array {
  if (member.method === 0) return packed;
  // Deflate packs at most 1032 to 1: a larger claim is a broken archive, not a reason to allocate.
  if (member.bytes > 1032 * packed.length + 1032) throw damagedZip(where);
  try {
    let isChecked = claimedBytes === undefined;
    return inflateUpTo(packed, "raw", (start) => {
      const claimed = isChecked || start.length === 0 ? undefined : claimedBytes!(start);
      if (claimed !== undefined) isChecked = true;
      if (claimed !== undefined && member.bytes > claimed + mostPadding) throw damagedZip(where);
      return member.bytes;
    });
  } catch (cause) {
    throw damagedZip(where, cause);
  }
}

/** The error for an archive that contradicts itself. */
export function damagedZip(where: string, cause?: unknown): IsoluxError {
  return new IsoluxError({ kind: "corrupt", what: "A zip archive is damaged", where, cause });
}
