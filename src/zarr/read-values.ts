/** Reads whole arrays of tables: texts, and numbers of any type. */
import { limits } from "../limits.ts";
import { elementCount } from "../shapes.ts";
import { ZarrArray } from "./array.ts";
import { chunksTouching, readBox } from "./box.ts";
import { decodeBytes } from "./codecs/codec.ts";
import { contentSize } from "./codecs/content-size.ts";
import { corruptChunk } from "./codecs/corrupt-chunk.ts";
import { corruptMetadata, unsupportedArray } from "./metadata/checks.ts";
import { parseArrayDocument, readArrayDocument } from "./metadata/document.ts";
import { joinKey, type ReadableStore } from "./store.ts";
import { type StoredValues, storedValues } from "./stored-values.ts";

interface OpenedValues extends Pick<StoredValues, "form" | "shape" | "fill"> {
  /** Of the stored type; `undefined` where there are no values. */
  readonly array: ZarrArray | undefined;
  readonly where: string;
}

/**
 * The numbers of an array in C order, in doubles.
 * @throws IsoluxError `not-found`; `corrupt`, also where its shape is larger than any table's; `unsupported`
 */
export async function readNumbers(
  store: ReadableStore,
  key: string,
): Promise<{ readonly shape: readonly number[]; readonly values: readonly number[] }> {
  const opened = await openValues(store, key);
  const { form, shape, array, where } = opened;
  if (array === undefined) return { shape, values: [] };
  if (form.kind !== "numbers" && form.kind !== "integers") {
    throw unsupportedArray(where, "kind of values", form.kind, "numbers");
  }
  const items = await readAll(array);
  if (form.kind === "numbers") return { shape, values: Array.from(items) };
  const { byteOrder } = array.metadata;
  const [low, high] = byteOrder === "big" ? [1, 0] : [0, 1];
  const toNumber = (at: number) => {
    const bits = (BigInt(items[at + high]!) << 32n) | BigInt(items[at + low]!);
    return Number(form.isSigned ? BigInt.asIntN(64, bits) : bits);
  };
  return { shape, values: Array.from({ length: elementCount(shape) }, (_, at) => toNumber(2 * at)) };
}

/**
 * The texts of an array of one axis.
 * @throws IsoluxError as {@link readNumbers}; `corrupt` also where there are fewer texts than its shape says
 */
export async function readTexts(store: ReadableStore, key: string): Promise<string[]> {
  const opened = await openValues(store, key);
  const { form, shape, array, where } = opened;
  if (shape.length !== 1) throw corruptMetadata(where, "shape", shape, "one axis");
  if (array === undefined) return [];
  switch (form.kind) {
    case "texts":
      return await readChunksOfTexts(opened, array);
    case "code-points":
    case "bytes": {
      const items = await readAll(array);
      return Array.from({ length: shape[0]! }, (_, n) =>
        textOf(items.subarray(n * form.items, (n + 1) * form.items), where),
      );
    }
    case "numbers":
    case "integers":
      return (await readNumbers(store, key)).values.map(String);
  }
}

async function openValues(store: ReadableStore, key: string): Promise<OpenedValues> {
  const found = await readArrayDocument(store, key);
  const { form, document, shape, fill } = storedValues(found);
  const { where } = found;
  const count = elementCount(shape);
  // A shape is a claim: one that no table can have is not read, which would take all time and memory there are.
  if (count > limits.tableValues) throw corruptMetadata(where, "shape", shape, `at most ${limits.tableValues} values`);
  if (count === 0) return { form, shape, fill, where, array: undefined };
  const metadata = parseArrayDocument({ ...found, document });
  // A chunk of texts is as long as they are.
  const array = new ZarrArray(store, key, metadata, form.kind === "texts" ? limits.table : undefined);
  if (form.items > 1) await checkWide(array, fill, where);
  return { form, shape, fill, where, array };
}

/** Values of several items must be contiguous in C order; the fill value applies to single items, so it must be 0. */
async function checkWide(array: ZarrArray, fill: unknown, where: string): Promise<void> {
  const { shape, chunkShape, order } = array.metadata;
  if (shape.length > 1 && order !== "C") throw unsupportedArray(where, "order", JSON.stringify(order), '"C"');
  if (fill === undefined || fill === null || fill === 0 || fill === "" || fill === "0") return;
  for (const coords of chunksTouching(
    chunkShape,
    shape.map(() => 0),
    shape,
  )) {
    if ((await array.readEncoded(coords)) !== undefined) continue;
    throw unsupportedArray(where, "fill value", JSON.stringify(fill), "0 where chunks are missing");
  }
}

async function readAll(array: ZarrArray) {
  const { shape } = array.metadata;
  const origin = shape.map(() => 0);
  return await readBox(array, origin, shape);
}

/** A text of fixed length, without the zeros at its end. */
function textOf(items: ArrayLike<number>, where: string): string {
  let end = items.length;
  while (end > 0 && items[end - 1] === 0) end--;
  const codes = Array.from({ length: end }, (_, at) => items[at]!);
  if (items instanceof Uint8Array) return decoded(Uint8Array.from(codes), where);
  if (codes.some((code) => code > 0x10ffff)) throw corruptChunk(where, "characters that are none", "texts");
  return codes.map((code) => String.fromCodePoint(code)).join("");
}

async function readChunksOfTexts({ shape, fill }: OpenedValues, array: ZarrArray): Promise<string[]> {
  const [count, inChunk] = [shape[0]!, array.chunkLength];
  const texts: string[] = [];
  for (let chunk = 0; chunk < array.chunkGrid[0]!; chunk++) {
    const place = joinKey(array.store.location, array.chunkKey([chunk]));
    const wanted = Math.min(inChunk, count - chunk * inChunk);
    const bytes = await array.readEncoded([chunk]);
    if (bytes === undefined && typeof fill !== "string") throw corruptChunk(place, "no chunk", `${wanted} texts`);
    const own = bytes === undefined ? Array.from({ length: wanted }, () => fill as string) : undefined;
    texts.push(...(own ?? parseTexts(await contentOf(array, bytes!, place), wanted, place)));
  }
  return texts;
}

/** The bytes of a chunk of texts, whose length is in the chunk itself. */
async function contentOf(array: ZarrArray, bytes: Uint8Array, where: string): Promise<Uint8Array> {
  const { codec } = array.metadata;
  const size = contentSize(codec, bytes);
  if (size === undefined || size > limits.table) {
    throw corruptChunk(where, size === undefined ? "a chunk that does not state its size" : `${size} bytes`, "texts");
  }
  return await decodeBytes(codec, bytes, size, where);
}

/** Texts one after the other, each after its length in bytes, all after their number: in 32 bits, little-endian. */
function parseTexts(bytes: Uint8Array, wanted: number, where: string): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const held = bytes.length < 4 ? 0 : view.getUint32(0, true);
  if (held < wanted) throw corruptChunk(where, `${held} texts`, `${wanted} texts`);
  const texts: string[] = [];
  for (let at = 4; texts.length < wanted; ) {
    const end = at + 4 <= bytes.length ? at + 4 + view.getUint32(at, true) : Number.POSITIVE_INFINITY;
    if (end > bytes.length) throw corruptChunk(where, `${texts.length} texts`, `${wanted} texts`);
    texts.push(decoded(bytes.subarray(at + 4, end), where));
    at = end;
  }
  return texts;
}

function decoded(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw corruptChunk(where, "bytes that are no text", "UTF-8", cause);
  }
}
