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
  #folders: ReadonlyMap<string, StoreEntry[]> | undefined;

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
      const header = await this.#part(member.headerOffset, memberHeaderBytes, where);
      return await this.#part(member.headerOffset + memberStart(header, where) + offset, length, where);
    }
    const bytes = unpackMember(await this.#packed(member, where), member, where, limits.object);
    return bytes.subarray(offset, offset + length);
  }

  async list(folder: string): Promise<StoreEntry[]> {
    this.#folders ??= foldersOf(this.#entries.keys());
    return this.#folders.get(folder) ?? [];
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

function foldersOf(keys: Iterable<string>): Map<string, StoreEntry[]> {
  const kinds = new Map<string, Map<string, StoreEntry["kind"]>>();
  for (const key of keys) {
    let name = key;
    let kind: StoreEntry["kind"] = "object";
    for (let depth = 0; depth < mostDepth; depth++) {
      const cut = name.lastIndexOf("/");
      const folder = name.slice(0, Math.max(0, cut));
      const entries = kinds.get(folder) ?? new Map<string, StoreEntry["kind"]>();
      kinds.set(folder, entries);
      const own = name.slice(cut + 1);
      const isKnown = entries.has(own);
      if (!isKnown) entries.set(own, kind);
      if (cut < 0 || isKnown) break;
      [name, kind] = [folder, "folder"];
    }
  }
  const byName = (a: StoreEntry, b: StoreEntry) => (a.name < b.name ? -1 : 1);
  return new Map(
    [...kinds].map(([folder, entries]) => [folder, [...entries].map(([name, kind]) => ({ name, kind })).sort(byName)]),
  );
}

/** Folders within each other in an archive: images have fewer. */
const mostDepth = 64;
