/** The documents and arrays of an image that is served: those that a correction would write, in chunks without shards. */

import type { StoredFolder } from "../acquisition/acquisition.ts";
import { IsoluxError } from "../errors.ts";
import { chunksWithin, usualCodec } from "../pipeline/output/new-array.ts";
import type { OutputImage, OutputLevel } from "../pipeline/output/template.ts";
import { arrayBytes, type Czyx } from "../shapes.ts";
import { encodeJson, type JsonObject, parseJson, readJson } from "../zarr/json.ts";
import { MemoryStore } from "../zarr/memory-store.ts";
import { serializeArrayMetadata } from "../zarr/metadata/document.ts";
import type { ArrayMetadata, Codec } from "../zarr/metadata/metadata.ts";
import { joinKey } from "../zarr/store.ts";

/**
 * How served chunks are encoded: quickly, as a correction would write them, or as plain pixels, for readers on the same
 * machine.
 */
export type ServedCodec = "lz4" | "same" | "raw";

/** What is served beside the pixels, and the arrays that these are in. */
export interface ServedImage {
  /** Finest first. */
  readonly levels: readonly OutputLevel[];
  /** Metadata by their keys in the image. */
  readonly documents: MemoryStore;
  /** Objects that are as the source has them. */
  readonly copies: CopiedObjects;
}

/** Objects of a source that an image has unchanged: tables and labels, which may be large. */
interface CopiedObjects extends StoredFolder {
  /** Their names in the image: nothing else is read there. */
  readonly names: ReadonlySet<string>;
}

/** More names would take more memory than they are worth. */
const mostCopies = 100_000;

/**
 * The image that is served for an output that is not written.
 * @param source the image whose tables and labels it has
 * @param note called with what is left out
 */
export async function servedImage(
  image: OutputImage,
  codec: ServedCodec,
  source: StoredFolder,
  note: (text: string) => void,
): Promise<ServedImage> {
  const documents = new MemoryStore(joinKey(source.store.location, source.key));
  await image.writeUnchanged({ store: documents, key: "" }, "copies");
  const levels = image.levels.map((level) => {
    return { ...level, metadata: servedArray(level.metadata, codec, image.copied === undefined) };
  });
  for (const [index, { path, metadata }] of levels.entries()) {
    if (metadata !== image.levels[index]!.metadata) await rewrite(documents, path, metadata);
  }
  let names = (await image.copied?.()) ?? [];
  if (names.length > mostCopies) {
    names = names.filter((name) => name.startsWith("tables/"));
    note("The image has too many label objects: they are not served.");
  }
  return { levels, documents, copies: { store: source.store, key: source.key, names: new Set(names) } };
}

/** Chunks of more bytes are divided where the source has no chunks of its own. */
const mostNewBytes = 32 * 2 ** 20;

/** @param isNew whether it mirrors no array of the source, so that its chunks may be smaller where they are not compared */
function servedArray(written: ArrayMetadata, codec: ServedCodec, isNew: boolean): ArrayMetadata {
  const { shardShape, indexLocation: _, ...unsharded } = written;
  const metadata = shardShape === undefined ? written : unsharded;
  if (codec === "same") return metadata;
  const encoded = { ...metadata, codec: encodingOf(codec) };
  const isLarge = isNew && arrayBytes(metadata.type, metadata.chunkShape) > mostNewBytes;
  if (!isLarge || metadata.chunkShape.length !== 4) return encoded;
  const smaller = chunksWithin(metadata.chunkShape as unknown as Czyx);
  return smaller === undefined ? encoded : { ...encoded, chunkShape: [1, ...smaller] };
}

function encodingOf(codec: Exclude<ServedCodec, "same">): Codec {
  return codec === "lz4" ? usualCodec : { kind: "none" };
}

/** Changes an array's document in what says how pixels are stored; all else stays as a correction would write it. */
async function rewrite(documents: MemoryStore, path: string, metadata: ArrayMetadata): Promise<void> {
  const key = joinKey(path, metadata.zarrFormat === 2 ? ".zarray" : "zarr.json");
  const written = await readJson(documents, key);
  const what = "An array's metadata cannot be served";
  if (written === undefined) throw new IsoluxError({ kind: "corrupt", what, where: key });
  const served = parseJson(serializeArrayMetadata(metadata), { kind: "corrupt", what, where: key }) as JsonObject;
  const { chunks, compressor, filters, chunk_grid, codecs } = served;
  const stored = metadata.zarrFormat === 2 ? { chunks, compressor, filters } : { chunk_grid, codecs };
  await documents.set(key, encodeJson({ ...written, ...stored }));
}
