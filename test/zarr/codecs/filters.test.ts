import { describe, expect, it } from "vitest";
import { decodeBytes, encodeBytes } from "../../../src/zarr/codecs/codec.ts";
import type { Codec } from "../../../src/zarr/metadata/metadata.ts";
import type { NumpyType } from "../../../src/zarr/numpy-type.ts";

const little = (type: NumpyType["type"]): NumpyType => ({ type, byteOrder: "little" });
const bytesOf = (numbers: { readonly buffer: ArrayBufferLike }) => new Uint8Array(numbers.buffer);

describe("a filter", () => {
  it.each<[name: string, codec: Codec, numbers: { readonly buffer: ArrayBufferLike }, stored: readonly number[]]>([
    // 10, +3, -6 as 65530, +65530 as -6
    ["delta", { kind: "delta", as: little("uint16") }, Uint16Array.of(10, 13, 7, 1), [10, 0, 3, 0, 250, 255, 250, 255]],
    ["delta of int8", { kind: "delta", as: little("int8") }, Int8Array.of(-100, 100), [156, 200]],
    [
      "delta of big-endian numbers",
      { kind: "delta", as: { type: "uint16", byteOrder: "big" } },
      Uint8Array.of(1, 0, 1, 2),
      [1, 0, 0, 2],
    ],
    ["shuffle", { kind: "shuffle", itemBytes: 2 }, Uint8Array.of(1, 2, 3, 4, 5, 6), [1, 3, 5, 2, 4, 6]],
    [
      "fixedscaleoffset",
      { kind: "scale", offset: 100, scale: 4, of: little("float32"), as: little("uint8") },
      Float32Array.of(100, 100.25, 101.5, 163.75),
      [0, 1, 6, 255],
    ],
  ])("%s gives the bytes of numcodecs, and the numbers back", async (_, codec, numbers, stored) => {
    const bytes = bytesOf(numbers);
    const before = bytes.slice();
    const encoded = await encodeBytes(codec, bytes, 1);
    expect([...encoded]).toEqual(stored);
    expect(bytes).toEqual(before);
    expect(await decodeBytes(codec, encoded, bytes.length, "x")).toEqual(bytes);
  });

  it("that scales rounds ties to even and stays within its type", async () => {
    const codec: Codec = { kind: "scale", offset: 0, scale: 1, of: little("float64"), as: little("int8") };
    const encoded = await encodeBytes(codec, bytesOf(Float64Array.of(0.5, 1.5, -0.5, -1.5, 1000, -1000)), 8);
    expect([...new Int8Array(encoded.buffer)]).toEqual([0, 2, 0, -2, 127, -128]);
  });

  it("of no whole items is refused", async () => {
    const codec: Codec = { kind: "delta", as: little("uint16") };
    await expect(decodeBytes(codec, Uint8Array.of(1, 2, 3), 4, "x")).rejects.toThrow("found 3 bytes");
  });
});

describe("a chain of codecs", () => {
  const gzip: Codec = { kind: "gzip", level: 1 };
  const zstd: Codec = { kind: "zstd", level: 1 };
  const blosc: Codec = { kind: "blosc", inner: "lz4", level: 5, shuffle: "byte", blockBytes: 0 };
  const crc: Codec = { kind: "crc32c", of: { kind: "none" } };
  const zlib: Codec = { kind: "zlib", level: 1 };
  const delta: Codec = { kind: "delta", as: little("uint16") };
  const bytes = bytesOf(Uint16Array.from({ length: 999 }, (_, i) => (i * i) % 60013));

  it.each<[codecs: readonly Codec[]]>([
    [[gzip, zstd, crc]],
    [[zstd, gzip]],
    [[blosc, { kind: "lz4", acceleration: 1 }]],
    [[{ kind: "lz4", acceleration: 1 }, blosc]],
    [[crc, zstd]],
    [[delta, { kind: "shuffle", itemBytes: 2 }, zlib]],
  ])("%j gives back what it encoded, and refuses what was cut", async (codecs) => {
    const chain: Codec = { kind: "chain", codecs };
    const encoded = await encodeBytes(chain, bytes, 2);
    expect(await decodeBytes(chain, encoded, bytes.length, "x")).toEqual(bytes);
    const cut = decodeBytes(chain, encoded.slice(0, encoded.length / 2), bytes.length, "x");
    await expect(cut).rejects.toMatchObject({ kind: "corrupt" });
  });

  it("whose stream tells a size beyond all measure is refused", async () => {
    const encoded = await encodeBytes({ kind: "chain", codecs: [zstd, gzip] }, bytes, 2);
    new DataView(encoded.buffer, encoded.byteOffset).setUint32(encoded.length - 4, 0xfffffff0, true);
    const decoded = decodeBytes({ kind: "chain", codecs: [zstd, gzip] }, encoded, bytes.length, "x");
    await expect(decoded).rejects.toThrow("a stream that states no size, or a wrong one");
  });
});
