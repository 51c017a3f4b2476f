import { deflateRawSync, deflateSync, gunzipSync, gzipSync, inflateRawSync, inflateSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { IsoluxError } from "../../../src/errors.ts";
import { crc32 } from "../../../src/zarr/codecs/checksums.ts";
import {
  adler32,
  type DeflateEngine,
  decodeGzip,
  decodeZlib,
  encodeGzip,
  encodeZlib,
  setDeflate,
} from "../../../src/zarr/codecs/gzip.ts";
import { bytesOf, makePixels, pixelKinds } from "../pixels.ts";
import { expectSamePixels } from "../same-pixels.ts";

/** An engine as a server would set it: it returns Node's pooled buffers. */
const nodeEngine: DeflateEngine = {
  inflate: (bytes, expectedBytes) => inflateRawSync(bytes, { maxOutputLength: expectedBytes + 1 }),
  deflate: (bytes, level) => deflateRawSync(bytes, { level }),
};

const formats = {
  gzip: { encode: encodeGzip, decode: decodeGzip, theirEncode: gzipSync, theirDecode: gunzipSync },
  zlib: { encode: encodeZlib, decode: decodeZlib, theirEncode: deflateSync, theirDecode: inflateSync },
};

afterEach(() => setDeflate());

test("checksums have their published values", () => {
  const check = new TextEncoder().encode("123456789");
  expect(crc32(check)).toBe(0xcbf43926);
  expect(adler32(new TextEncoder().encode("Wikipedia"))).toBe(0x11e60398);
  expect(crc32(new Uint8Array(0))).toBe(0);
  expect(adler32(new Uint8Array(0))).toBe(1);
});

describe.each(["fflate", "node:zlib"])("deflate by %s", (engine) => {
  const setEngine = (): void => setDeflate(engine === "fflate" ? undefined : nodeEngine);

  describe.each(["gzip", "zlib"] as const)("%s", (name) => {
    const { encode, decode, theirEncode, theirDecode } = formats[name];

    test("round trips, and both directions with zlib itself", () => {
      setEngine();
      for (const kind of pixelKinds) {
        const content = bytesOf(makePixels("uint16", 10_001, kind));
        for (const level of [0, 1, 6, 9]) {
          const encoded = encode(content, level);
          expectSamePixels(decode(encoded, content.length, "x"), content);
          expectSamePixels(new Uint8Array(theirDecode(encoded)), content);
          expectSamePixels(decode(new Uint8Array(theirEncode(content, { level })), content.length, "x"), content);
        }
      }
    });

    test("content is an array of its own, of plain bytes", () => {
      setEngine();
      const content = decode(encode(Uint8Array.of(1, 2, 3, 4), 1), 4, "x");
      expect(content.constructor).toBe(Uint8Array);
      expect(content.buffer.byteLength).toBe(4);
    });

    test("a stream that is cut, longer or changed is refused", () => {
      setEngine();
      const content = bytesOf(makePixels("uint16", 500, "dim"));
      const encoded = encode(content, 6);
      const refuses = (bytes: Uint8Array, byteCount = content.length): void => {
        expect(() => decode(bytes, byteCount, "a/0.0")).toThrow(IsoluxError);
      };
      for (let length = 0; length < encoded.length; length++) refuses(encoded.subarray(0, length));
      refuses(Uint8Array.from([...encoded, 0]));
      refuses(encoded, content.length - 1);
      refuses(encoded, content.length + 1);
      for (let at = name === "gzip" ? 10 : 2; at < encoded.length; at++) {
        const broken = encoded.slice();
        broken[at]! ^= 0x10;
        try {
          expectSamePixels(decode(broken, content.length, "a/0.0"), content);
        } catch (error) {
          expect(error).toBeInstanceOf(IsoluxError);
        }
      }
    });

    test("a stream that would fill the memory is stopped", () => {
      setEngine();
      const bomb = new Uint8Array(theirEncode(new Uint8Array(2 ** 24)));
      expect(() => decode(bomb, 100, "a/0.0")).toThrow(IsoluxError);
    });
  });
});

test("gzip headers may carry a name, a comment, more fields and a checksum", () => {
  const content = Uint8Array.of(5, 6, 7, 8, 9);
  const plain = encodeGzip(content, 1);
  const header = [0x1f, 0x8b, 8, 2 | 4 | 8 | 16, 0, 0, 0, 0, 0, 3, 3, 0, 1, 2, 3, 65, 66, 0, 67, 0, 0, 0];
  expectSamePixels(decodeGzip(Uint8Array.from([...header, ...plain.subarray(10)]), 5, "x"), content);
});
