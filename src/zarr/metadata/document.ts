/** Finds, reads and writes the metadata document of an array in a store. */
import { IsoluxError } from "../../errors.ts";
import { isJsonObject, parseJson } from "../json.ts";
import { joinKey, type ObjectStore, type ReadableStore } from "../store.ts";
import type { ArrayMetadata, ZarrFormat } from "./metadata.ts";
import { parseArrayMetadata as parse2, serializeArrayMetadata as serialize2 } from "./version-2.ts";
import { parseArrayMetadata as parse3, serializeArrayMetadata as serialize3 } from "./version-3.ts";

/** The document of an array, before it is parsed. */
export interface ArrayDocument {
  readonly zarrFormat: ZarrFormat;
  readonly document: unknown;
  /** Its full key, for messages. */
  readonly where: string;
}

const documentNames = { 2: ".zarray", 3: "zarr.json" } as const;

/** As {@link readArrayMetadata}, but only the document: its content is not checked. @throws IsoluxError the same */
export async function readArrayDocument(
  store: ReadableStore,
  key: string,
  zarrFormat?: ZarrFormat,
): Promise<ArrayDocument> {
  const [older, newer] = await Promise.all([
    zarrFormat === 3 ? undefined : readDocument(store, key, 2),
    zarrFormat === 2 ? undefined : readDocument(store, key, 3),
  ]);
  if (newer !== undefined && !isGroup(newer.document)) return newer;
  if (older !== undefined) return older;
  throw await explainMissing(store, key, newer !== undefined, zarrFormat);
}

/** The metadata in a document. @throws IsoluxError `unsupported`, `corrupt` */
export function parseArrayDocument({ zarrFormat, document, where }: ArrayDocument): ArrayMetadata {
  return (zarrFormat === 2 ? parse2 : parse3)(document, where);
}

/** The name of an array's metadata document, in the array's folder. */
function documentName({ zarrFormat }: Pick<ArrayMetadata, "zarrFormat">): ".zarray" | "zarr.json" {
  return documentNames[zarrFormat];
}

/** The document of an array's version, with exactly these properties. @throws IsoluxError `invalid` */
export function serializeArrayMetadata(metadata: ArrayMetadata): Uint8Array {
  return (metadata.zarrFormat === 2 ? serialize2 : serialize3)(metadata);
}

/** Writes the metadata of an array into the folder `key`. @throws IsoluxError `invalid`, `storage` */
export async function writeArrayMetadata(store: ObjectStore, key: string, metadata: ArrayMetadata): Promise<void> {
  await store.set(joinKey(key, documentName(metadata)), serializeArrayMetadata(metadata));
}

async function readDocument(
  store: ReadableStore,
  key: string,
  zarrFormat: ZarrFormat,
): Promise<ArrayDocument | undefined> {
  const documentKey = joinKey(key, documentNames[zarrFormat]);
  const where = joinKey(store.location, documentKey);
  const bytes = await store.get(documentKey);
  if (bytes === undefined) return undefined;
  const what = "The metadata of a Zarr array are not valid JSON";
  return { zarrFormat, document: parseJson(bytes, { kind: "corrupt", what, where }), where };
}

function isGroup(document: unknown): boolean {
  return isJsonObject(document) && document.node_type === "group";
}

/** Says what there is instead of the document of an array. */
async function explainMissing(
  store: ReadableStore,
  key: string,
  isNewGroup: boolean,
  zarrFormat?: ZarrFormat,
): Promise<IsoluxError> {
  const isOldGroup = zarrFormat !== 3 && (await store.facts(joinKey(key, ".zgroup"))) !== undefined;
  const expected = zarrFormat === undefined ? "a .zarray or zarr.json" : `a ${documentNames[zarrFormat]}`;
  return new IsoluxError({
    kind: "not-found",
    what: isNewGroup || isOldGroup ? "This is a Zarr group and no array" : "There is no Zarr array",
    where: joinKey(store.location, key),
    expected: `${expected} document`,
    advice: store.absenceNote,
  });
}
