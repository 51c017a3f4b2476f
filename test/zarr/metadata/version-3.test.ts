import { describe, expect, test } from "vitest";
import { IsoluxError } from "../../../src/errors.ts";
import { fillNumber } from "../../../src/zarr/array.ts";
import { type ArrayMetadata, describeCodec } from "../../../src/zarr/metadata/metadata.ts";
import { serializeArrayMetadata as serializeVersion2 } from "../../../src/zarr/metadata/version-2.ts";
import { parseArrayMetadata, serializeArrayMetadata } from "../../../src/zarr/metadata/version-3.ts";

const bytes = { name: "bytes", configuration: { endian: "little" } };
const crc32c = { name: "crc32c" };
const blosc = {
  name: "blosc",
  configuration: { typesize: 2, cname: "zstd", clevel: 5, shuffle: "bitshuffle", blocksize: 0 },
};
const zlib = { name: "numcodecs.zlib", configuration: { level: 3 } };
const zstd = { name: "zstd", configuration: { level: 3, checksum: false } };

const document = {
  shape: [2, 640, 5056, 8880],
  data_type: "uint16",
  chunk_grid: { name: "regular", configuration: { chunk_shape: [1, 64, 2048, 2048] } },
  chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
  fill_value: 0,
  codecs: [bytes, blosc],
  attributes: { k: 1 },
  dimension_names: ["c", "z", "y", "x"],
  zarr_format: 3,
  node_type: "array",
  storage_transformers: [],
};

function shards(changes: Record<string, unknown> = {}) {
  const configuration = {
    chunk_shape: [1, 32, 256, 256],
    codecs: [bytes, blosc],
    index_codecs: [bytes, crc32c],
    index_location: "end",
    ...changes,
  };
  return { codecs: [{ name: "sharding_indexed", configuration }] };
}

function parse(changes: Record<string, unknown> = {}): ArrayMetadata {
  return parseArrayMetadata({ ...document, ...changes }, "my.zarr/raw/0/zarr.json");
}

/** Reads what JSON can hold: no `undefined`. */
function parseText(changes: Record<string, unknown>): ArrayMetadata {
  return parseArrayMetadata(JSON.parse(JSON.stringify({ ...document, ...changes })), "my.zarr/raw/0/zarr.json");
}

function refusal(changes: Record<string, unknown>): IsoluxError {
  try {
    parseText(changes);
  } catch (error) {
    expect(error).toBeInstanceOf(IsoluxError);
    expect((error as IsoluxError).where).toBe("my.zarr/raw/0/zarr.json");
    return error as IsoluxError;
  }
  throw new Error(`accepted ${JSON.stringify(changes)}`);
}

const plain: ArrayMetadata = {
  zarrFormat: 3,
  shape: [2, 640, 5056, 8880],
  chunkShape: [1, 64, 2048, 2048],
  type: "uint16",
  byteOrder: "little",
  order: "C",
  fillValue: 0,
  separator: "/",
  keyEncoding: "default",
  codec: { kind: "blosc", inner: "zstd", level: 5, shuffle: "bit", blockBytes: 0 },
  dimensionNames: ["c", "z", "y", "x"],
  attributes: { k: 1 },
};

describe("reading zarr.json", () => {
  test("of plain chunks", () => {
    expect(parse()).toEqual(plain);
  });

  test("of shards: the chunks are what is decoded on its own", () => {
    expect(parse(shards())).toEqual({
      ...plain,
      chunkShape: [1, 32, 256, 256],
      shardShape: [1, 64, 2048, 2048],
      indexLocation: "end",
    });
    expect(parse(shards({ index_location: "start" })).indexLocation).toBe("start");
    expect(parse(shards({ index_location: undefined })).indexLocation).toBe("end");
  });

  test("of large shards of small chunks", () => {
    const chunk_grid = { name: "regular", configuration: { chunk_shape: [1, 640, 8192, 8192] } };
    expect(parse({ ...shards(), chunk_grid }).shardShape).toEqual([1, 640, 8192, 8192]);
  });

  test("pixel types and byte orders", () => {
    const big = { name: "bytes", configuration: { endian: "big" } };
    expect(parse({ codecs: [big] })).toMatchObject({ type: "uint16", byteOrder: "big", codec: { kind: "none" } });
    expect(parse({ data_type: "uint8", codecs: [big] })).toMatchObject({ type: "uint8", byteOrder: "little" });
    expect(parse({ data_type: "uint8", codecs: ["bytes"] })).toMatchObject({ type: "uint8", byteOrder: "little" });
    expect(parse({ data_type: { name: "float32" } }).type).toBe("float32");
  });

  test("what may be missing", () => {
    const { attributes: _, dimension_names: __, storage_transformers: ___, ...rest } = document;
    const { attributes, dimensionNames, ...metadata } = parseArrayMetadata(rest, "x");
    expect([attributes, dimensionNames]).toEqual([{}, undefined]);
    expect(metadata).toEqual({ ...plain, attributes: undefined, dimensionNames: undefined });
    expect(parse({ dimension_names: ["c", null, "y", "x"] }).dimensionNames).toEqual(["c", null, "y", "x"]);
    expect(parse({ extra: { must_understand: false, name: "x" } })).toEqual(plain);
  });

  test.each([
    [{ name: "default" }, { keyEncoding: "default", separator: "/" }],
    ["default", { keyEncoding: "default", separator: "/" }],
    [
      { name: "default", configuration: { separator: "." } },
      { keyEncoding: "default", separator: "." },
    ],
    [{ name: "v2" }, { keyEncoding: "v2", separator: "." }],
    [
      { name: "v2", configuration: { separator: "/" } },
      { keyEncoding: "v2", separator: "/" },
    ],
  ])("keys as of %j", (chunk_key_encoding, expected) => {
    expect(parse({ chunk_key_encoding })).toMatchObject(expected);
  });

  test.each([
    [[[0, 1, 2, 3]], "C"],
    [[[3, 2, 1, 0]], "F"],
    [[[1, 2, 3, 0]], [1, 2, 3, 0]],
    [["F"], "F"],
    // The second one counts the axes as the first one left them
    [
      [
        [1, 2, 3, 0],
        [1, 0, 2, 3],
      ],
      [2, 1, 3, 0],
    ],
    [
      [
        [1, 2, 3, 0],
        [3, 0, 1, 2],
      ],
      "C",
    ],
  ])("transpositions %j make the order %j", (orders, expected) => {
    const transposes = orders.map((order) => ({ name: "transpose", configuration: { order } }));
    expect(parse({ codecs: [...transposes, bytes] }).order).toEqual(expected);
  });

  test.each([
    ["uint16", 65535, 65535],
    ["float32", "NaN", Number.NaN],
    ["float32", "-Infinity", Number.NEGATIVE_INFINITY],
    ["float32", -1.5, -1.5],
    ["float32", "0x3f800000", 1],
    ["float32", "0xc0490fdb", Math.fround(-Math.PI)],
    ["float32", "0x7fc00001", Number.NaN],
    ["float32", "0xFF800000", Number.NEGATIVE_INFINITY],
    ["int8", -128, -128],
    ["int16", -32768, -32768],
    ["int32", 2147483647, 2147483647],
    ["uint32", 4294967295, 4294967295],
    ["float64", 1e300, 1e300],
    ["float64", "0xc00921fb54442d18", -Math.PI],
    ["float64", "0x7ff8000000000000", Number.NaN],
  ])("%s fill value %j", (data_type, fill_value, expected) => {
    const chunk_grid = { name: "regular", configuration: { chunk_shape: [1, 1, 64, 64] } };
    const metadata = parse({ data_type, fill_value, chunk_grid });
    expect(fillNumber(metadata)).toBe(expected);
    expect(JSON.parse(JSON.stringify(metadata))).toEqual(metadata);
  });

  test.each([
    [[bytes], "uncompressed"],
    [[bytes, crc32c], "uncompressed, with crc32c"],
    [[bytes, blosc], "blosc zstd, level 5, bit shuffle"],
    [[bytes, zstd, crc32c], "zstd, level 3, with crc32c"],
    [[bytes, { name: "zstd", configuration: { level: 0, checksum: true } }], "zstd, level 0, with checksum"],
    [[bytes, { name: "gzip", configuration: { level: 9 } }], "gzip, level 9"],
    [[{ name: "transpose", configuration: { order: [3, 2, 1, 0] } }, bytes], "uncompressed"],
    [[{ name: "transpose", configuration: { order: [1, 0, 3, 2] } }, bytes, blosc], "blosc zstd, level 5, bit shuffle"],
    [[bytes, zlib], "zlib, level 3"],
    [[bytes, zstd, blosc, crc32c], "zstd, level 3, then blosc zstd, level 5, bit shuffle, then crc32c"],
    [[bytes, crc32c, zstd], "crc32c, then zstd, level 3"],
    [
      [bytes, { name: "numcodecs.shuffle", configuration: { elementsize: 2 } }, zlib],
      "byte shuffle, then zlib, level 3",
    ],
    [[bytes, { name: "numcodecs.lz4", configuration: { acceleration: 1 } }], "lz4, acceleration 1"],
    [shards({ index_location: "start" }).codecs, "blosc zstd, level 5, bit shuffle"],
  ])("%j is described as %s and written as it was read", (codecs, description) => {
    const metadata = parse({ codecs });
    expect(describeCodec(metadata)).toBe(description);
    const written = JSON.parse(new TextDecoder().decode(serializeArrayMetadata(metadata)));
    expect(written).toEqual({ ...document, codecs });
    expect(JSON.parse(JSON.stringify(metadata))).toEqual(metadata);
  });

  test.each([
    [{ data_type: "int64" }, 'found "int64", expected uint8, uint16, float32, int8, int16, int32, uint32, float64'],
    [{ data_type: { name: "uint16", configuration: { x: 1 } } }, "configuration of uint16"],
    [{ chunk_grid: { name: "rectilinear", configuration: {} } }, "chunk grid of this Zarr array is not supported"],
    [{ chunk_key_encoding: "suffix" }, 'found "suffix", expected "default" or "v2"'],
    [{ storage_transformers: [{ name: "manifest" }] }, 'found ["manifest"], expected none'],
    [{ extra: { name: "x" } }, 'The extension "extra" of this Zarr array is not supported'],
    [{ codecs: [{ name: "numcodecs.pcodec" }] }, 'found "numcodecs.pcodec", expected transpose, bytes, blosc, zstd'],
    [{ codecs: [bytes, zstd, zlib] }, "found zstd, numcodecs.zlib, expected no zlib after another compressor"],
    [{ codecs: [bytes, { name: "blosc", configuration: { cname: "lzo" } }] }, "expected blosclz, lz4"],
    [{ codecs: [bytes, { name: "gzip", configuration: { level: 1, strategy: 2 } }] }, "found strategy, expected level"],
    [{ codecs: [...shards().codecs, crc32c] }, "expected no others around sharding_indexed"],
    [shards(shards()), 'found "sharding_indexed"'],
    [shards({ index_codecs: [bytes] }), "encoding of the shards' index"],
    [shards({ index_codecs: [{ name: "bytes", configuration: { endian: "big" } }, crc32c] }), "byte order"],
    [shards({ order: "morton" }), "found order"],
    [shards({ chunk_shape: [1, 1, 1, 1] }), "found 1 x 64 x 2048 x 2048 in 268435456 chunks"],
    [
      { chunk_grid: { name: "regular", configuration: { chunk_shape: [1, 640, 8192, 8192] } } },
      "found 1 x 640 x 8192 x 8192 uint16, expected less than 2 GiB each",
    ],
    [
      {
        shape: [1, 1, 1, 1, 1, 1],
        chunk_grid: { name: "regular", configuration: { chunk_shape: [1, 1, 1, 1, 1, 1] } },
      },
      "found 6",
    ],
  ])("%j is not supported", (changes, message) => {
    const error = refusal(changes);
    expect(error.message).toContain(message);
    expect(error.kind).toBe("unsupported");
  });

  test.each([
    [{ zarr_format: 2 }, "wrong in their zarr_format (my.zarr/raw/0/zarr.json): found 2, expected 3"],
    [{ node_type: "group" }, 'found "group", expected "array"'],
    [{ shape: [2, 640, -1, 8880] }, "wrong in their shape"],
    [{ shape: [2, 640, 5056] }, "expected 3 extents, as many as shape has"],
    [{ chunk_grid: undefined }, "wrong in their chunk_grid"],
    [{ chunk_grid: "regular" }, "wrong in their chunk_shape"],
    [{ chunk_grid: { name: "regular", configuration: { chunk_shape: [1, 0, 1, 1] } } }, "a list of integers from 1 on"],
    [{ data_type: undefined }, "found nothing, expected a data type"],
    [{ data_type: 7 }, "found 7"],
    [{ chunk_key_encoding: { name: "v2", configuration: { separator: "-" } } }, 'found "-"'],
    [{ chunk_key_encoding: { name: "v2", configuration: [] } }, "a name and its configuration"],
    [{ fill_value: undefined }, "found nothing"],
    [{ fill_value: null }, "found null"],
    [{ fill_value: -1 }, "found -1, expected an integer from 0 to 65535"],
    [{ fill_value: "0x0000" }, 'found "0x0000"'],
    [{ data_type: "float32", fill_value: "0x7fc0" }, '"0x" and 8 digits'],
    [{ codecs: [] }, "expected a list of codecs"],
    [{ codecs: [null] }, "wrong in their codecs"],
    [{ codecs: [zstd] }, 'found ["zstd"], expected transpose, bytes, compressors'],
    [{ codecs: [bytes, bytes] }, 'found ["bytes","bytes"]'],
    [{ codecs: [zstd, bytes] }, 'found ["zstd","bytes"]'],
    [{ codecs: ["bytes"] }, "wrong in their endian"],
    [{ codecs: [{ name: "transpose", configuration: { order: [0, 0, 1, 2] } }, bytes] }, "order of transpose"],
    [{ codecs: [bytes, { name: "blosc", configuration: { shuffle: 1 } }] }, "found 1, expected noshuffle, shuffle"],
    [{ codecs: [bytes, { name: "blosc", configuration: { typesize: 0 } }] }, "typesize"],
    [{ codecs: [bytes, { name: "gzip", configuration: { level: 10 } }] }, "found 10, expected an integer from 0 to 9"],
    [{ codecs: [bytes, { name: "zstd", configuration: { checksum: 1 } }] }, "expected true or false"],
    [shards({ chunk_shape: [1, 32, 300, 256] }), "extents that divide those of the shards, [1,64,2048,2048]"],
    [shards({ chunk_shape: [32, 256, 256] }), "extents that divide"],
    [shards({ chunk_shape: [1, 32, 4096, 256] }), "extents that divide"],
    [shards({ index_codecs: undefined }), "wrong in their index_codecs"],
    [shards({ codecs: undefined }), "codecs in sharding_indexed"],
    [shards({ index_location: "middle" }), 'expected "start" or "end"'],
    [{ dimension_names: ["c"] }, "expected 4 names or nulls"],
    [{ attributes: [] }, "wrong in their attributes"],
    [{ storage_transformers: {} }, "wrong in their storage_transformers"],
  ])("%j is corrupt", (changes, message) => {
    const error = refusal(changes);
    expect(error.message).toContain(message);
    expect(error.kind).toBe("corrupt");
  });

  test.each([[null], [[]], ["text"], [7]])("%j is no document", (value) => {
    expect(() => parseArrayMetadata(value, "x")).toThrow("expected a JSON object");
  });
});

describe("writing zarr.json", () => {
  test("as zarr-python does, byte for byte", () => {
    const metadata = parse({
      shape: [2, 10, 100],
      chunk_grid: { name: "regular", configuration: { chunk_shape: [1, 8, 64] } },
      dimension_names: ["c", "y", "x"],
      ...shards({ chunk_shape: [1, 4, 32] }),
    });
    expect(new TextDecoder().decode(serializeArrayMetadata(metadata))).toBe(byZarrPython);
  });

  test("in words that version 3 has", () => {
    const metadata = parse();
    const written = (changes: Partial<ArrayMetadata>) =>
      JSON.parse(new TextDecoder().decode(serializeArrayMetadata({ ...metadata, ...changes })));
    expect(written({ fillValue: null }).fill_value).toBe(0);
    const auto = { ...metadata.codec, shuffle: "auto" } as const;
    expect(written({ codec: auto as ArrayMetadata["codec"] }).codecs[1].configuration.shuffle).toBe("shuffle");
    const bits = written({ codec: auto as ArrayMetadata["codec"], type: "uint8" }).codecs[1].configuration;
    expect(bits).toMatchObject({ shuffle: "bitshuffle", typesize: 1 });
    expect(written({ codec: { kind: "gzip", level: -1 } }).codecs[1].configuration.level).toBe(6);
    const delta = { kind: "delta", as: { type: "uint16", byteOrder: "little" } } as const;
    expect(() => written({ codec: delta })).toThrow("found delta, expected blosc, zstd, gzip");
    expect(() => written({ zarrFormat: 2 })).toThrow(IsoluxError);
  });

  test("not in those of version 2, nor the other way round", () => {
    const { dimensionNames: _, attributes: __, keyEncoding: ___, ...rest } = plain;
    const version2 = { ...rest, zarrFormat: 2 } as const;
    expect(() => serializeVersion2(version2)).not.toThrow();
    expect(() => serializeVersion2(plain)).toThrow("Only arrays of Zarr version 2");
    expect(() => serializeVersion2({ ...version2, order: [1, 0, 2, 3] })).toThrow(IsoluxError);
    expect(() => serializeVersion2({ ...version2, shardShape: [1, 64, 2048, 2048] })).toThrow(IsoluxError);
    expect(() => serializeVersion2({ ...version2, codec: { kind: "crc32c", of: plain.codec } })).toThrow("no crc32c");
  });
});

const byZarrPython = `{
  "shape": [
    2,
    10,
    100
  ],
  "data_type": "uint16",
  "chunk_grid": {
    "name": "regular",
    "configuration": {
      "chunk_shape": [
        1,
        8,
        64
      ]
    }
  },
  "chunk_key_encoding": {
    "name": "default",
    "configuration": {
      "separator": "/"
    }
  },
  "fill_value": 0,
  "codecs": [
    {
      "name": "sharding_indexed",
      "configuration": {
        "chunk_shape": [
          1,
          4,
          32
        ],
        "codecs": [
          {
            "name": "bytes",
            "configuration": {
              "endian": "little"
            }
          },
          {
            "name": "blosc",
            "configuration": {
              "typesize": 2,
              "cname": "zstd",
              "clevel": 5,
              "shuffle": "bitshuffle",
              "blocksize": 0
            }
          }
        ],
        "index_codecs": [
          {
            "name": "bytes",
            "configuration": {
              "endian": "little"
            }
          },
          {
            "name": "crc32c"
          }
        ],
        "index_location": "end"
      }
    }
  ],
  "attributes": {
    "k": 1
  },
  "dimension_names": [
    "c",
    "y",
    "x"
  ],
  "zarr_format": 3,
  "node_type": "array",
  "storage_transformers": []
}`;
