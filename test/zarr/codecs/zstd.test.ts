import { describe, expect, test } from "vitest";
import { IsoluxError } from "../../../src/errors.ts";
import { decodeZstd } from "../../../src/zarr/codecs/codec.ts";
import { encodeZstd, zstdContentBounds } from "../../../src/zarr/codecs/zstd.ts";
import { bytesOf, makePixels, pixelKinds } from "../pixels.ts";
import { expectSamePixels } from "../same-pixels.ts";

/** Written by libzstd's streaming interface, which announces no size: 400 bytes and their checksum. */
const streamed = Uint8Array.from(
  Buffer.from(
    "28b52ffd0458450400240500070e15050c13030a1101080f16060d14040b1202091000070e15050c13030a1101080f16060d14040b12020910" +
      "00070e15050c13030a1101080f16060d14040b1202091000070e15050c13030a1101080f1800732b01e018e018e018e018e018e018e018e0" +
      "18e018e018e018e018e018e018e018e018e018e018e018e018e018e018e0984b849c8b59",
    "hex",
  ),
);
const streamedContent = Uint8Array.from({ length: 400 }, (_, at) => (at * 7 + (at >> 4)) % 23);

async function refuses(bytes: Uint8Array, byteCount: number): Promise<void> {
  await expect(decodeZstd(bytes, byteCount, "a/0.0")).rejects.toBeInstanceOf(IsoluxError);
}

function join(...parts: readonly ArrayLike<number>[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => Array.from(part)));
}

describe("zstd", () => {
  test("round trips at any level", async () => {
    for (const kind of pixelKinds) {
      const content = bytesOf(makePixels("uint16", 3001, kind));
      for (const level of [-5, 0, 1, 9, 22, 100]) {
        expectSamePixels(await decodeZstd(await encodeZstd(content, level, 2), content.length, "x"), content);
      }
    }
  });

  test("content sizes of every width are read", async () => {
    for (const length of [1, 255, 256, 65_791, 65_792, 200_000]) {
      const encoded = await encodeZstd(bytesOf(makePixels("uint8", length, "dim")), 3, 1);
      expect(zstdContentBounds(encoded)).toEqual({ least: length, most: length });
    }
  });

  test("a frame that announces no size decodes", async () => {
    expect(zstdContentBounds(streamed)).toEqual({ least: 0, most: 131_072 });
    expectSamePixels(await decodeZstd(streamed, 400, "x"), streamedContent);
    await refuses(streamed, 399);
    await refuses(streamed, 401);
  });

  test("several frames, and frames to skip, decode as one", async () => {
    const skippable = Uint8Array.of(0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3);
    const decoded = await decodeZstd(join(streamed, skippable, streamed), 800, "x");
    expectSamePixels(decoded, join(streamedContent, streamedContent));
  });

  test("a stream that is cut, longer or repeated is refused", async () => {
    const content = bytesOf(makePixels("uint16", 300, "dim"));
    const encoded = await encodeZstd(content, 3, 2);
    for (let length = 0; length < encoded.length; length++) await refuses(encoded.subarray(0, length), content.length);
    await refuses(join(encoded, [0]), content.length);
    await refuses(join(encoded, encoded), content.length);
    for (let length = 0; length < streamed.length; length++) await refuses(streamed.subarray(0, length), 400);
  });

  test("changed bytes never crash or change the length", async () => {
    for (let at = 0; at < streamed.length; at++) {
      const broken = streamed.slice();
      broken[at]! ^= 0x41;
      const decoded = await decodeZstd(broken, 400, "x").catch((error: unknown) => {
        expect(error).toBeInstanceOf(IsoluxError);
      });
      // With a checksum, what decodes is right
      if (decoded) expectSamePixels(decoded, streamedContent);
    }
  });

  test("a stream that would fill the memory is refused before it is decoded", async () => {
    const block = [0x4c, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    const bomb = join([0x28, 0xb5, 0x2f, 0xfd, 0, 0x58], ...Array.from({ length: 5000 }, () => block), [1, 0, 0]);
    expect(zstdContentBounds(bomb)).toEqual({ least: 0, most: 5000 * 131_072 });
    await expect(decodeZstd(bomb, 1000, "a/0.0")).rejects.toThrow("expected 1000 bytes");
  });
});
