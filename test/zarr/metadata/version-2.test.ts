import { describe, expect, test } from "vitest";
import { IsoluxError } from "../../../src/errors.ts";
import { fillNumber } from "../../../src/zarr/array.ts";
import { describeCodec } from "../../../src/zarr/metadata/metadata.ts";
import { parseArrayMetadata, serializeArrayMetadata } from "../../../src/zarr/metadata/version-2.ts";

const document = {
  chunks: [1, 64, 1024, 1024],
  compressor: { blocksize: 0, clevel: 5, cname: "lz4", id: "blosc", shuffle: 1 },
  dimension_separator: "/",
  dtype: "<u2",
  fill_value: 0,
  filters: null,
  order: "C",
  shape: [2, 640, 5056, 8880],
  zarr_format: 2,
};

function parse(changes: Record<string, unknown> = {}) {
  return parseArrayMetadata({ ...document, ...changes }, "my.zarr/raw/0/.zarray");
}

function refusal(changes: Record<string, unknown>): IsoluxError {
  try {
    parse(changes);
  } catch (error) {
    expect(error).toBeInstanceOf(IsoluxError);
    expect((error as IsoluxError).where).toBe("my.zarr/raw/0/.zarray");
    return error as IsoluxError;
  }
  throw new Error(`accepted ${JSON.stringify(changes)}`);
}

describe("reading .zarray", () => {
  test("what zarr-python writes", () => {
    expect(parse()).toEqual({
      zarrFormat: 2,
      shape: [2, 640, 5056, 8880],
      chunkShape: [1, 64, 1024, 1024],
      type: "uint16",
      byteOrder: "little",
      order: "C",
      fillValue: 0,
      separator: "/",
      codec: { kind: "blosc", inner: "lz4", level: 5, shuffle: "byte", blockBytes: 0 },
    });
  });

  test("pixel types and byte orders", () => {
    expect(parse({ dtype: "|u1" })).toMatchObject({ type: "uint8", byteOrder: "little" });
    expect(parse({ dtype: ">u2" })).toMatchObject({ type: "uint16", byteOrder: "big" });
    expect(parse({ dtype: "<f4" })).toMatchObject({ type: "float32", byteOrder: "little" });
    expect(parse({ dtype: ">f4" })).toMatchObject({ type: "float32", byteOrder: "big" });
    expect(parse({ dtype: "|i1", fill_value: -128 })).toMatchObject({ type: "int8", fillValue: -128 });
    expect(parse({ dtype: ">i2", fill_value: "-1" })).toMatchObject({ type: "int16", byteOrder: "big", fillValue: -1 });
    expect(parse({ dtype: "<i4" })).toMatchObject({ type: "int32", byteOrder: "little" });
    expect(parse({ dtype: ">u4", fill_value: 4294967295 })).toMatchObject({ type: "uint32", fillValue: 4294967295 });
    expect(parse({ dtype: "<f8", fill_value: "NaN" })).toMatchObject({ type: "float64", fillValue: "NaN" });
  });

  test("what may be missing", () => {
    const { dimension_separator: _, filters: __, ...rest } = document;
    expect(parseArrayMetadata(rest, "x").separator).toBe(".");
    expect(parse({ filters: [] }).codec.kind).toBe("blosc");
    expect(parse({ compressor: { id: "blosc" } }).codec).toEqual(parse().codec);
    expect(parse({ compressor: { id: "gzip" } }).codec).toEqual({ kind: "gzip", level: 1 });
  });

  test("fill values", () => {
    expect(fillNumber(parse({ fill_value: 65535 }))).toBe(65535);
    expect(fillNumber(parse({ fill_value: null }))).toBe(0);
    expect(fillNumber(parse({ fill_value: "0" }))).toBe(0);
    expect(fillNumber(parse({ dtype: "<f4", fill_value: "NaN" }))).toBeNaN();
    expect(fillNumber(parse({ dtype: "<f4", fill_value: "-Infinity" }))).toBe(Number.NEGATIVE_INFINITY);
    expect(fillNumber(parse({ dtype: "<f4", fill_value: -1.5 }))).toBe(-1.5);
  });

  test.each([
    [{ compressor: null }, "uncompressed"],
    [{}, "blosc lz4, level 5, byte shuffle"],
    [{ compressor: { id: "blosc", cname: "zstd", clevel: 9, shuffle: 0 } }, "blosc zstd, level 9, no shuffle"],
    [
      { compressor: { id: "blosc", cname: "zlib", clevel: 1, shuffle: -1, blocksize: 4096 } },
      "blosc zlib, level 1, auto shuffle, blocks of 4096 bytes",
    ],
    [{ compressor: { id: "zstd", level: -3, checksum: true } }, "zstd, level -3, with checksum"],
    [{ compressor: { id: "gzip", level: 9 } }, "gzip, level 9"],
    [{ compressor: { id: "zlib", level: -1 } }, "zlib, level -1"],
    [{ compressor: { id: "lz4", acceleration: 10 } }, "lz4, acceleration 10"],
    [{ filters: [{ id: "delta", dtype: "<u2" }], compressor: null }, "delta"],
    [
      {
        filters: [
          { id: "delta", dtype: "<u2" },
          { id: "shuffle", elementsize: 2 },
        ],
        compressor: { id: "zlib" },
      },
      "delta, then byte shuffle, then zlib, level 1",
    ],
    [
      { filters: [{ id: "fixedscaleoffset", dtype: "<u2", astype: "|u1", offset: 9, scale: 0.5 }], compressor: null },
      "scaled to uint8",
    ],
  ])("%j is described as %s and written as it was read", (changes, description) => {
    const metadata = parse(changes);
    expect(describeCodec(metadata)).toBe(description);
    const written = JSON.parse(new TextDecoder().decode(serializeArrayMetadata(metadata)));
    expect(parseArrayMetadata(written, "x")).toEqual(metadata);
    expect(JSON.parse(JSON.stringify(metadata))).toEqual(metadata);
  });

  test.each([
    [{ dtype: "<i8" }, '"<i8", expected uint8 (u1), uint16 (u2), float32 (f4), int8 (i1), int16 (i2), int32 (i4)'],
    [{ dtype: "|u2" }, '"|u2"'],
    [{ dtype: "toString" }, '"toString"'],
    [{ dtype: [["r", "|u1"]] }, '[["r","|u1"]]'],
    [{ compressor: { id: "bz2", level: 1 } }, "compressor of this Zarr array is not supported"],
    [{ compressor: { id: "blosc", cname: "lzo" } }, '"lzo", expected blosclz, lz4, lz4hc, snappy, zlib, zstd'],
    [{ filters: [{ id: "quantize", digits: 2 }] }, 'found ["quantize"], expected shuffle, delta of integers'],
    [{ filters: [{ id: "delta", dtype: "<u2", astype: "|i1" }] }, 'found ["delta"]'],
    [{ filters: [{ id: "delta", dtype: ">u2" }] }, 'found ["delta"]'],
    [{ dtype: "<f4", filters: [{ id: "delta", dtype: "<f4" }] }, 'found ["delta"]'],
    [{ filters: [{ id: "shuffle" }, { id: "delta", dtype: "<u2" }] }, 'found ["shuffle","delta"]'],
    [{ shape: [1, 1, 1, 1, 1, 1], chunks: [1, 1, 1, 1, 1, 1] }, "found 6, expected 1 to 5"],
    [{ shape: [], chunks: [] }, "found 0, expected 1 to 5"],
    [{ chunks: [1, 2000, 2000, 2000] }, "found 1 x 2000 x 2000 x 2000 uint16, expected less than 2 GiB each"],
  ])("%j is not supported", (changes, message) => {
    const error = refusal(changes);
    expect(error.kind).toBe("unsupported");
    expect(error.message).toContain(message);
  });

  test.each([
    [{ zarr_format: 3 }, "wrong in their zarr_format (my.zarr/raw/0/.zarray): found 3, expected 2"],
    [{ shape: undefined }, "found nothing"],
    [{ shape: [1, -1, 1, 1] }, "integers from 0 on"],
    [{ shape: [1, 1.5, 1, 1] }, "integers from 0 on"],
    [{ chunks: [1, 0, 1, 1] }, "integers from 1 on"],
    [{ chunks: [1, 1] }, "4 extents, as many as shape has"],
    [{ chunks: null }, "found null"],
    [{ dtype: undefined }, "found nothing, expected a data type"],
    [{ order: "A" }, 'found "A"'],
    [{ dimension_separator: "-" }, 'found "-"'],
    [{ fill_value: 65536 }, "an integer from 0 to 65535 or null"],
    [{ dtype: "|i1", fill_value: -129 }, "an integer from -128 to 127 or null"],
    [{ filters: "delta" }, 'found "delta", expected a list or null'],
    [{ filters: [{ id: "fixedscaleoffset", dtype: "<u2", offset: 0, scale: 0 }] }, "a scale other than 0"],
    [{ fill_value: 0.5 }, "found 0.5"],
    [{ fill_value: undefined }, "found nothing"],
    [{ compressor: "blosc" }, "an object or null"],
    [{ compressor: { id: "blosc", clevel: 10 } }, "found 10, expected an integer from 0 to 9"],
    [{ compressor: { id: "blosc", shuffle: "yes" } }, 'found "yes"'],
    [{ compressor: { id: "gzip", level: 1.5 } }, "found 1.5"],
  ])("%j is corrupt", (changes, message) => {
    const error = refusal(changes);
    expect(error.kind).toBe("corrupt");
    expect(error.message).toContain(message);
  });

  test.each([[null], [[]], ["text"], [7]])("%j is no document", (value) => {
    expect(() => parseArrayMetadata(value, "x")).toThrow("expected a JSON object");
  });
});

test("written as zarr-python writes it, byte for byte", () => {
  const expected = `{
    "chunks": [
        1,
        64,
        1024,
        1024
    ],
    "compressor": {
        "blocksize": 0,
        "clevel": 5,
        "cname": "lz4",
        "id": "blosc",
        "shuffle": 1
    },
    "dimension_separator": "/",
    "dtype": "<u2",
    "fill_value": 0,
    "filters": null,
    "order": "C",
    "shape": [
        2,
        640,
        5056,
        8880
    ],
    "zarr_format": 2
}`;
  expect(new TextDecoder().decode(serializeArrayMetadata(parse()))).toBe(expected);
});
