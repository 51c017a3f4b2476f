/**
 * Reads the members of a zip archive as objects, wherever the archive lies: on a disk or a server, by ranges of its bytes.
 * Zipped OME-Zarr images (`.ozx`) store their chunks without compression of their own, so that parts of them can be read.
 * @see https://ngff.openmicroscopy.org/rfc/9/
 */
import { IsoluxError } from "../../errors.ts";
import { limits, tooLarge } from "../../limits.ts";
import {
  type ByteRange,
  checkSize,
  joinKey,
  type ObjectFacts,
  type ReadableStore,
  type ReadOptions,
  type StoreEntry,
} from "../store.ts";
import {
  checkMethod,
  damagedZip,
  directoryEntry,
  findDirectory,
  memberHeaderBytes,
  memberStart,
  unpackMember,
  type ZipMember,
  zipTailBytes,
} from "./zip-directory.ts";

/** Extra fields of a member's own header that are read with its bytes: those of zip64 and of times have fewer. */
const usualExtraBytes = 64;

/** The objects in a zip archive. */
export class ZipStore implements ReadableStore {
  readonly location: string;
  readonly #archive: ReadableStore;
  readonly #key: string;
  readonly #facts: ObjectFacts;
  readonly #directory: DataView;
  /** Where each member's entry begins in the directory: all that is kept of it, as there may be a million. */
  readonly #entries: ReadonlyMap<string, number>;
  /** The names of all members in their order, so that those of one folder follow each other; made when first needed. */
  #names: readonly string[] | undefined;

  private constructor(archive: ReadableStore, key: string, facts: ObjectFacts, directory: Uint8Array, count: number) {
    this.location = joinKey(archive.location, key);
    this.#archive = archive;
    this.#key = key;
    this.#facts = facts;
    this.#directory = new DataView(directory.buffer, directory.byteOffset, directory.byteLength);
    this.#entries = entriesOf(this.#directory, count, this.location);
  }

  /**
   * Opens the archive at `key` of a store. Its directory is read, and kept.
   * @throws IsoluxError `not-found`, `corrupt` where it is no zip archive or damaged, `storage`
   */
  static async open(archive: ReadableStore, key: string): Promise<ZipStore> {
    const where = joinKey(archive.location, key);
    const facts = await archive.facts(key);
    if (facts === undefined) throw new IsoluxError({ kind: "not-found", what: "There is no such file", where });
    const tailBytes = Math.min(facts.bytes, zipTailBytes);
    const tail = await partOf(archive, key, facts.bytes - tailBytes, tailBytes);
    try {
      const { count, offset } = findDirectory(tail, facts.bytes, where, "a zip archive");
      const bytes = facts.bytes - offset;
      if (bytes < 0) throw damagedZip(where);
      if (bytes > limits.zipDirectory)
        throw tooLarge("The directory of a zip archive is too large", where, limits.zipDirectory);
      return new ZipStore(archive, key, facts, await partOf(archive, key, offset, bytes), count);
    } catch (cause) {
      throw cause instanceof RangeError ? damagedZip(where, cause) : cause;
    }
  }

  async get(key: string, { mostBytes = limits.metadata }: ReadOptions = {}): Promise<Uint8Array | undefined> {
    const member = this.#member(key);
    if (member === undefined) return undefined;
    const where = joinKey(this.location, key);
    checkSize(member.bytes, mostBytes, where);
    return unpackMember(await this.#packed(member, where), member, where, mostBytes);
  }

  async getRange(key: string, range: ByteRange): Promise<Uint8Array | undefined> {
    const member = this.#member(key);
    if (member === undefined) return undefined;
    const offset = range.kind === "slice" ? range.offset : Math.max(0, member.bytes - range.length);
    const length = Math.max(0, Math.min(range.length, member.bytes - offset));
    const where = joinKey(this.location, key);
    if (member.method === 0 && !member.encrypted) {
      if (member.bytes !== member.packedBytes) throw damagedZip(where);
      const header = await this.#part(member.headerOffset, memberHeaderBytes, where);
      return await this.#part(member.headerOffset + memberStart(header, where) + offset, length, where);
    }
    checkParts(member, where);
    const bytes = unpackMember(await this.#packed(member, where), member, where, limits.packedShard);
    return bytes.subarray(offset, offset + length);
  }

  async list(folder: string): Promise<StoreEntry[]> {
    this.#names ??= [...this.#entries.keys()].sort();
    return entriesBelow(this.#names, folder === "" ? "" : `${folder}/`);
  }

  async facts(key: string): Promise<ObjectFacts | undefined> {
    const member = this.#member(key);
    return member && { ...this.#facts, bytes: member.bytes };
  }

  #member(key: string): ZipMember | undefined {
    const entry = this.#entries.get(key);
    return entry === undefined ? undefined : directoryEntry(this.#directory, entry, this.location).member;
  }

  /** The bytes of a member as they are stored. In most archives one read suffices for its header and them. */
  async #packed(member: ZipMember, where: string): Promise<Uint8Array> {
    checkMethod(member, where);
    checkSize(member.packedBytes, limits.object, where);
    const { headerOffset, name, packedBytes } = member;
    const guess = memberHeaderBytes + new TextEncoder().encode(name).length + usualExtraBytes + packedBytes;
    const read = await this.#part(headerOffset, Math.min(guess, this.#facts.bytes - headerOffset), where);
    const start = memberStart(read, where);
    const packed = read.subarray(start, start + packedBytes);
    return packed.length === packedBytes ? packed : await this.#part(headerOffset + start, packedBytes, where);
  }

  async #part(offset: number, length: number, where: string): Promise<Uint8Array> {
    if (offset < 0 || length < 0 || offset + length > this.#facts.bytes) throw damagedZip(where);
    return await partOf(this.#archive, this.#key, offset, length);
  }
}

/** @throws IsoluxError `corrupt` where the archive has become shorter, or is gone */
async function partOf(archive: ReadableStore, key: string, offset: number, length: number): Promise<Uint8Array> {
  if (length === 0) return new Uint8Array(0);
  const bytes = await archive.getRange(key, { kind: "slice", offset, length });
  if (bytes?.length === length) return bytes;
  throw damagedZip(joinKey(archive.location, key));
}

/** Of two members of one name the later one counts, as where an archive was updated. */
function entriesOf(directory: DataView, count: number, where: string): Map<string, number> {
  const entries = new Map<string, number>();
  let at = 0;
  for (let index = 0; index < count; index++) {
    const { member, next } = directoryEntry(directory, at, where);
    if (!member.name.endsWith("/")) entries.set(member.name, at);
    at = next;
  }
  return entries;
}

/**
 * What lies in a folder, by its name with a slash at its end. Of a file and a folder of one name the folder counts;
 * what has no name, after two slashes, is left out.
 */
function entriesBelow(names: readonly string[], prefix: string): StoreEntry[] {
  const kinds = new Map<string, StoreEntry["kind"]>();
  for (let at = firstFrom(names, prefix); names[at]?.startsWith(prefix); ) {
    const cut = names[at]!.indexOf("/", prefix.length);
    if (cut < 0) {
      kinds.set(names[at]!.slice(prefix.length), "object");
      at++;
    } else {
      kinds.set(names[at]!.slice(prefix.length, cut), "folder");
      // The digit zero follows the slash
      at = firstFrom(names, `${names[at]!.slice(0, cut)}0`);
    }
  }
  kinds.delete("");
  const byName = (a: StoreEntry, b: StoreEntry) => (a.name < b.name ? -1 : 1);
  return [...kinds].map(([name, kind]) => ({ name, kind })).sort(byName);
}

/** The place of the first name that does not stand before another. */
function firstFrom(names: readonly string[], least: string): number {
  let [start, end] = [0, names.length];
  while (start < end) {
    const middle = (start + end) >>> 1;
    if (names[middle]! < least) start = middle + 1;
    else end = middle;
  }
  return start;
}

/**
 * To read a part of a compressed member all of it is unpacked, again for each part.
 * @throws IsoluxError `unsupported` where that is too much
 */
function checkParts(member: ZipMember, where: string): void {
  if (member.bytes <= limits.packedShard) return;
  throw new IsoluxError({
    kind: "unsupported",
    what: "A shard in a zip archive is compressed once more, so that no part of it can be read",
    where,
    found: `${member.bytes} bytes`,
    expected: `a stored member, or at most ${limits.packedShard} bytes`,
    advice: "Pack the image anew without compression (zip -0)",
  });
}
