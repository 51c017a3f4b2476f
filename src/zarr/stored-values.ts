/**
 * How arrays of texts and of wide integers, which are no pixel types, are stored in arrays of bytes or words: AnnData
 * names rows and columns by them.
 * @see https://github.com/zarr-developers/zarr-extensions/tree/main/codecs/vlen-utf8
 */
import { isJsonObject, type JsonObject, showJson } from "./json.ts";
import { corruptMetadata, unsupportedArray } from "./metadata/checks.ts";
import type { ArrayDocument } from "./metadata/document.ts";

/** The type of an array's values, and the number of items of the stored type in each. */
type ValueForm =
  | { readonly kind: "numbers"; readonly items: 1 }
  /** Texts of any length, one after the other with their lengths: the size of chunks varies. */
  | { readonly kind: "texts"; readonly items: 1 }
  /** Texts of this many code points of 32 bits. */
  | { readonly kind: "code-points"; readonly items: number }
  /** Texts of this many bytes. */
  | { readonly kind: "bytes"; readonly items: number }
  /** Integers of 64 bits in two words each. */
  | { readonly kind: "integers"; readonly items: 2; readonly isSigned: boolean };

/** The form of an array's values, and its document as that of an array of bytes or words in the same chunks. */
export interface StoredValues {
  readonly form: ValueForm;
  readonly document: JsonObject;
  readonly shape: readonly number[];
  /** The value of a missing chunk. */
  readonly fill: unknown;
}

const textCodec = "vlen-utf8";
const numbers: ValueForm = { kind: "numbers", items: 1 };

/** Reads the form of an array's values. @throws IsoluxError `corrupt` where the document is broken */
export function storedValues({ zarrFormat, document, where }: ArrayDocument): StoredValues {
  if (!isJsonObject(document)) throw corruptMetadata(where, "document", document, "a JSON object");
  const { shape } = document;
  if (!Array.isArray(shape) || !shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0)) {
    throw corruptMetadata(where, "shape", shape, "a list of integers from 0 on");
  }
  const stored = zarrFormat === 2 ? ofVersion2(document, where) : ofVersion3(document);
  return { ...stored, shape, fill: document.fill_value };
}

type Rewritten = Pick<StoredValues, "form" | "document">;

function ofVersion2(document: JsonObject, where: string): Rewritten {
  const { dtype, filters, shape, chunks } = document;
  const type = typeof dtype === "string" ? dtype : "";
  if (type === "|O") {
    const [first, ...others] = Array.isArray(filters) ? filters : [];
    if (!isJsonObject(first) || first.id !== textCodec) {
      throw unsupportedArray(where, "encoding of objects", showJson(filters ?? null), textCodec);
    }
    const plain = { dtype: "|u1", fill_value: 0, filters: others.length === 0 ? null : others };
    return { form: { kind: "texts", items: 1 }, document: { ...document, ...plain } };
  }
  if (type === "|b1") return { form: numbers, document: { ...document, dtype: "|u1", fill_value: 0 } };
  const form = wideForm(/^[<>]([iu])8$/.exec(type)?.[1], /^[<>]U(\d+)$/.exec(type)?.[1], /^\|S(\d+)$/.exec(type)?.[1]);
  if (form === undefined) return { form: numbers, document };
  const stored = form.kind === "bytes" ? "|u1" : `${type.slice(0, 1)}u4`;
  const widened = { shape: widen(shape, form.items), chunks: widen(chunks, form.items) };
  return { form, document: { ...document, ...widened, dtype: stored, fill_value: 0 } };
}

function ofVersion3(document: JsonObject): Rewritten {
  const { data_type: type, codecs, shape, chunk_grid: grid } = document;
  const name = isJsonObject(type) ? type.name : type;
  const plain = { ...document, data_type: "uint8", fill_value: 0 };
  if (name === "string") {
    return { form: { kind: "texts", items: 1 }, document: { ...plain, codecs: withoutTexts(codecs) } };
  }
  if (name === "bool") return { form: numbers, document: plain };
  const length = isJsonObject(type) && isJsonObject(type.configuration) ? Number(type.configuration.length_bytes) : 0;
  const form = wideForm(
    { int64: "i", uint64: "u" }[String(name)],
    name === "fixed_length_utf32" ? String(length / 4) : undefined,
    name === "null_terminated_bytes" ? String(length) : undefined,
  );
  if (form === undefined || !isJsonObject(grid)) return { form: numbers, document };
  const configuration = isJsonObject(grid.configuration) ? grid.configuration : {};
  return {
    form,
    document: {
      ...document,
      data_type: form.kind === "bytes" ? "uint8" : "uint32",
      fill_value: 0,
      shape: widen(shape, form.items),
      chunk_grid: {
        ...grid,
        configuration: { ...configuration, chunk_shape: widen(configuration.chunk_shape, form.items) },
      },
      codecs: inShards(codecs, (settings) => ({ ...settings, chunk_shape: widen(settings.chunk_shape, form.items) })),
    },
  };
}

function wideForm(sign?: string, codePoints?: string, bytes?: string): ValueForm | undefined {
  if (sign !== undefined) return { kind: "integers", items: 2, isSigned: sign === "i" };
  if (codePoints !== undefined) return { kind: "code-points", items: Number(codePoints) };
  return bytes === undefined ? undefined : { kind: "bytes", items: Number(bytes) };
}

/** Extents of which the last counts items instead of values; invalid extents are refused later. */
function widen(extents: unknown, items: number): unknown {
  return Array.isArray(extents) ? extents.map((one, at) => (at === extents.length - 1 ? one * items : one)) : extents;
}

/** The codecs, with bytes in place of texts, within shards too. */
function withoutTexts(codecs: unknown): unknown {
  if (!Array.isArray(codecs)) return codecs;
  const plain = codecs.map((codec) => (isJsonObject(codec) && codec.name === textCodec ? { name: "bytes" } : codec));
  return inShards(plain, (settings) => ({ ...settings, codecs: withoutTexts(settings.codecs) }));
}

/** The codecs, with other settings of shards. */
function inShards(codecs: unknown, change: (settings: JsonObject) => JsonObject): unknown {
  if (!Array.isArray(codecs)) return codecs;
  return codecs.map((codec) =>
    isJsonObject(codec) && codec.name === "sharding_indexed" && isJsonObject(codec.configuration)
      ? { ...codec, configuration: change(codec.configuration) }
      : codec,
  );
}
