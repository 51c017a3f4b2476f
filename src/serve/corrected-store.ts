/** A corrected image as a store: an OME-Zarr whose chunks are made when they are read. */
import type { Level } from "../acquisition/level.ts";
import { limits } from "../limits.ts";
import type { DisplayWindow } from "../ngff/corrected-attributes.ts";
import { attributesDocument } from "../ngff/group.ts";
import { type OutputImage, outputLevels } from "../pipeline/output/template.ts";
import { displayWindows } from "../pipeline/run/display-windows.ts";
import type { Czyx } from "../shapes.ts";
import { sha256 } from "../zarr/codecs/sha256.ts";
import type { JsonObject } from "../zarr/json.ts";
import {
  type ByteRange,
  checkSize,
  joinKey,
  type ObjectFacts,
  type ReadableStore,
  type ReadOptions,
  type StoreEntry,
} from "../zarr/store.ts";
import type { ChunkService, HeldChunk } from "./chunk-service.ts";
import type { ServedImage } from "./served-image.ts";
import type { SourceWatch } from "./source-watch.ts";

/** What a corrected store is made of. */
interface CorrectedParts {
  readonly location: string;
  readonly image: ServedImage;
  readonly chunks: ChunkService;
  /** Whether the pixels are those of the source. */
  readonly isRaw: boolean;
  /** Tells the image from others: what it is made of, and how. */
  readonly identity: string;
  /** Levels of the source whose chunks are those of a level of the image, which is corrected from them; by index. */
  readonly sources: readonly (Level | undefined)[];
  readonly watch?: SourceWatch;
  /** Ends the workers. */
  close(): Promise<void>;
}

/** An object of the image that is being read; its memory is free again once it is released. */
export interface HeldObject {
  readonly size: number;
  /** The bytes from `start` to `end`, in pieces. */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
  release(): void;
}

/** What a key names. */
type Named =
  | { readonly kind: "document" }
  | { readonly kind: "copy" }
  | { readonly kind: "chunk"; readonly level: number; readonly chunk: Czyx };

/**
 * An OME-Zarr that is computed when it is read. Documents are those that a correction would write, chunks are corrected
 * by the same code. Chunks of nothing but the fill value are absent, as in what is written. Its folders of arrays cannot
 * be listed.
 */
export class CorrectedStore implements ReadableStore {
  readonly location: string;
  /** Every chunk is work: not all of them are to be made to learn which there are. */
  readonly isRemote = true;
  /** Finest first. */
  readonly levels: readonly Level[];
  readonly #parts: CorrectedParts;
  /** The document that makes it an image, by its name. */
  #attributes: { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> } | undefined;

  constructor(parts: CorrectedParts) {
    this.location = parts.location;
    this.#parts = parts;
    this.levels = outputLevels({ key: "", levels: parts.image.levels }, this, "");
  }

  /** Sets the document of its attributes, which tell of pixels that only the store itself can make. */
  describe({ name, bytes }: { readonly name: string; readonly bytes: Uint8Array }): void {
    this.#attributes = { name, bytes: new Uint8Array(bytes) };
  }

  async get(key: string, { mostBytes = limits.metadata }: ReadOptions = {}): Promise<Uint8Array | undefined> {
    const object = await this.open(key);
    if (object === undefined) return undefined;
    try {
      checkSize(object.size, mostBytes, joinKey(this.location, key));
      return await collect(object, 0, object.size);
    } finally {
      object.release();
    }
  }

  async getRange(key: string, range: ByteRange): Promise<Uint8Array | undefined> {
    const object = await this.open(key);
    if (object === undefined) return undefined;
    try {
      const { size } = object;
      const start = range.kind === "slice" ? Math.min(size, range.offset) : Math.max(0, size - range.length);
      return await collect(object, start, Math.min(size, start + range.length));
    } finally {
      object.release();
    }
  }

  async list(folder: string): Promise<StoreEntry[] | undefined> {
    const { documents, copies } = this.#parts.image;
    if (this.levels.some(({ array }) => folder === array.key || folder.startsWith(`${array.key}/`))) return undefined;
    const listed = new Map((await documents.list(folder)).map((entry) => [entry.name, entry]));
    const prefix = folder === "" ? "" : `${folder}/`;
    const own = folder === "" && this.#attributes !== undefined ? [this.#attributes.name] : [];
    for (const name of [...copies.names, ...own]) {
      if (!name.startsWith(prefix)) continue;
      const [first, ...inner] = name.slice(prefix.length).split("/");
      listed.set(first!, { name: first!, kind: inner.length > 0 ? "folder" : "object" });
    }
    return [...listed.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async facts(key: string): Promise<ObjectFacts | undefined> {
    const object = await this.open(key);
    if (object === undefined) return undefined;
    object.release();
    const tag = await this.tag(key);
    return { bytes: object.size, modifiedMs: 0, tag };
  }

  /** Whether a key is one of the image, without a look at what it names. */
  async names(key: string): Promise<boolean> {
    return (await this.#named(key)) !== undefined;
  }

  /**
   * What tells the content of an object from others, known without making it; `undefined` for what is no object.
   * @throws IsoluxError `invalid` where the source was changed
   */
  async tag(key: string): Promise<string | undefined> {
    const named = await this.#named(key);
    if (named === undefined) return undefined;
    const { identity, watch, isRaw } = this.#parts;
    await watch?.check();
    const state = await this.#stateOf(key, named);
    return sha256(new TextEncoder().encode([identity, isRaw, key, state].join("\n"))).slice(0, 32);
  }

  /**
   * Reads an object, or `undefined` where there is none: for those who send it on.
   * @param signal takes the request back
   * @throws IsoluxError where it cannot be made, or the source was changed
   */
  async open(key: string, signal?: AbortSignal): Promise<HeldObject | undefined> {
    const named = await this.#named(key);
    if (named === undefined) return undefined;
    await this.#parts.watch?.check();
    const { documents, copies } = this.#parts.image;
    switch (named.kind) {
      case "document": {
        const own = this.#attributes?.name === key ? this.#attributes.bytes : undefined;
        return held({ bytes: own ?? new Uint8Array((await documents.get(key))!), release: () => undefined });
      }
      case "copy":
        return await heldCopy(copies.store, joinKey(copies.key, key));
      case "chunk": {
        const { level, chunk } = named;
        const made = await this.#parts.chunks.chunk({ level, chunk, isRaw: this.#parts.isRaw }, signal);
        return made.bytes === undefined ? void made.release() : held(made);
      }
    }
  }

  /** Ends the workers that make chunks; nothing can be read any more. */
  async close(): Promise<void> {
    await this.#parts.close();
  }

  /** Keys come from a grammar: nothing else is read, wherever it would lie. */
  async #named(key: string): Promise<Named | undefined> {
    for (const [level, one] of this.levels.entries()) {
      if (!key.startsWith(`${one.array.key}/`)) continue;
      const chunk = one.objectAt(key);
      if (chunk !== undefined) return { kind: "chunk", level, chunk };
    }
    const { documents, copies } = this.#parts.image;
    if (key === this.#attributes?.name || (await documents.facts(key)) !== undefined) return { kind: "document" };
    return copies.names.has(key) ? { kind: "copy" } : undefined;
  }

  async #stateOf(key: string, named: Named): Promise<string> {
    const { image, watch, sources } = this.#parts;
    if (named.kind === "document") return "";
    if (named.kind === "copy") {
      const { store, key: folder } = image.copies;
      return (await watch?.stateOf(store, joinKey(folder, key))) ?? "";
    }
    const source = sources[named.level];
    // Whether what is made of many objects is as it was for another server is not known
    if (source === undefined || watch === undefined) return `${watch?.sinceMs ?? ""}`;
    return await watch.stateOf(source.array.store, source.chunkKey(named.chunk));
  }
}

function held({ bytes, release }: HeldChunk): HeldObject | undefined {
  if (bytes === undefined) return undefined;
  return {
    size: bytes.byteLength,
    async *read(start, end) {
      yield bytes.subarray(start, end);
    },
    release,
  };
}

/** An object of the source, which passes through memory in pieces. */
async function heldCopy(store: ReadableStore, key: string): Promise<HeldObject | undefined> {
  const facts = await store.facts(key);
  if (facts === undefined) return undefined;
  return {
    size: facts.bytes,
    async *read(start, end) {
      for (let offset = start; offset < end; offset += limits.piece) {
        const length = Math.min(limits.piece, end - offset);
        const piece = await store.getRange(key, { kind: "slice", offset, length });
        if (piece === undefined || piece.length === 0) return;
        yield piece;
      }
    },
    release: () => undefined,
  };
}

/** The bytes of an object, which are the reader's: those of a chunk stay for others. */
async function collect(object: HeldObject, start: number, end: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(Math.max(0, end - start));
  let at = 0;
  for await (const piece of object.read(start, end)) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** Bytes of the coarsest level that are looked at for what viewers show at first. */
const mostShown = 128e6;

/** Adds the attributes, once the pixels of the coarsest level tell between which values channels are shown. */
export async function addAttributes(
  store: CorrectedStore,
  { zarrFormat }: Pick<OutputImage, "zarrFormat">,
  attributesFor: (windows: readonly (DisplayWindow | undefined)[]) => JsonObject,
): Promise<void> {
  const windows = await displayWindows(store.levels.at(-1)!, { mostBytes: mostShown });
  store.describe(attributesDocument({ zarrFormat, attributes: attributesFor(windows) }));
}
