import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32, crc32c } from "../../../src/zarr/codecs/checksums.ts";
import { decodeBytes, encodeBytes } from "../../../src/zarr/codecs/codec.ts";
import type { Codec } from "../../../src/zarr/metadata/metadata.ts";

/** The definition: one bit after the other. */
function crcByBits(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

describe("crc32c", () => {
  test.each([
    ["nothing", new Uint8Array(0), 0],
    ["the usual digits", new TextEncoder().encode("123456789"), 0xe3069283],
    // RFC 3720, appendix B.4
    ["32 bytes of zero", new Uint8Array(32), 0x8a9136aa],
    ["32 bytes of ones", new Uint8Array(32).fill(255), 0x62a8ab43],
    ["32 bytes that rise", Uint8Array.from({ length: 32 }, (_, at) => at), 0x46dd794e],
    ["32 bytes that fall", Uint8Array.from({ length: 32 }, (_, at) => 31 - at), 0x113fdb5c],
  ])("of %s is what is published", (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });

  test("is that of the definition, wherever the bytes lie in their memory", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(7), (bytes, shift) => {
        const memory = new Uint8Array(shift + bytes.length + 3);
        memory.set(bytes, shift);
        expect(crc32c(memory.subarray(shift, shift + bytes.length))).toBe(crcByBits(bytes));
      }),
    );
  });
});

test("CRC-32 is zlib's, in one part or two, wherever the bytes lie in their memory", () => {
  // zlib.crc32 of Python
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
  expect(crc32(Uint8Array.from({ length: 256 }, (_, at) => at))).toBe(0x29058c73);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), fc.nat(7), (bytes, cut, shift) => {
      const memory = new Uint8Array(shift + bytes.length);
      memory.set(bytes, shift);
      const placed = memory.subarray(shift);
      expect(crc32(placed.subarray(cut), crc32(placed.subarray(0, cut)))).toBe(crc32(bytes));
    }),
  );
});

test.each<Codec>([{ kind: "none" }, { kind: "gzip", level: 1 }])("follows the bytes of %j", async (of) => {
  const codec: Codec = { kind: "crc32c", of };
  const bytes = Uint8Array.from({ length: 99 }, (_, at) => at % 7);
  const encoded = await encodeBytes(codec, bytes, 1);
  const inner = await encodeBytes(of, bytes, 1);
  expect(encoded.subarray(0, -4)).toEqual(inner);
  expect(new DataView(encoded.buffer).getUint32(inner.length, true)).toBe(crcByBits(inner));
  expect(await decodeBytes(codec, encoded, 99, "x")).toEqual(bytes);
  for (let at = 0; at < encoded.length; at++) {
    const broken = encoded.slice();
    broken[at]! ^= 16;
    await expect(decodeBytes(codec, broken, 99, "x")).rejects.toThrow("crc32c checksum does not match");
  }
  await expect(decodeBytes(codec, encoded.subarray(0, 3), 99, "x")).rejects.toThrow("a checksum at their end");
});
