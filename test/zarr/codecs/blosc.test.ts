import * as fc from "fast-check";
import Blosc from "numcodecs/blosc";
import { describe, expect, test } from "vitest";
import { IsoluxError } from "../../../src/errors.ts";
import { bytesPerPixel, elementCount, type PixelType } from "../../../src/shapes.ts";
import { copyBox } from "../../../src/zarr/box.ts";
import { decodeBlosc } from "../../../src/zarr/codecs/blosc-decode.ts";
import { encodeBlosc } from "../../../src/zarr/codecs/blosc-encode.ts";
import { BloscPieces, isForPieces, startBytesWith } from "../../../src/zarr/codecs/blosc-pieces.ts";
import type { PaddedChunk } from "../../../src/zarr/codecs/padded-blocks.ts";
import { type BloscCodec, bloscInnerCodecs } from "../../../src/zarr/metadata/metadata.ts";
import { bytesOf, makePixels, pixelKinds } from "../pixels.ts";
import { expectSamePixels } from "../same-pixels.ts";

const shuffles = ["none", "byte", "bit", "auto"] as const;
const types: readonly PixelType[] = ["uint8", "uint16", "float32"];

function blosc(settings: Partial<BloscCodec> = {}): BloscCodec {
  return { kind: "blosc", inner: "lz4", level: 5, shuffle: "byte", blockBytes: 0, ...settings };
}

async function fault(promise: Promise<unknown>): Promise<IsoluxError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(IsoluxError);
  return error as IsoluxError;
}

/** Decodes bytes that may be broken: pixels of the right length, or an error that says where. */
async function decodeBroken(bytes: Uint8Array, byteCount: number): Promise<Uint8Array | undefined> {
  try {
    const content = await decodeBlosc(bytes, byteCount, "here/0.0");
    expect(content.length).toBe(byteCount);
    return content;
  } catch (error) {
    expect(error).toBeInstanceOf(IsoluxError);
    expect((error as IsoluxError).kind).toBe("corrupt");
    expect((error as IsoluxError).message).toContain("here/0.0");
    return undefined;
  }
}

test("single bytes are called shuffled, as c-blosc calls them, and stay where they are", async () => {
  const content = bytesOf(makePixels("uint8", 20_011, "dim"));
  const shuffled = await encodeBlosc(blosc(), content, 1);
  const plain = await encodeBlosc(blosc({ shuffle: "none" }), content, 1);
  expect([shuffled[2]! & 1, plain[2]! & 1]).toEqual([1, 0]);
  expect(shuffled.slice(3)).toEqual(plain.slice(3));
});

describe.each(bloscInnerCodecs)("Blosc with %s", (inner) => {
  test.each(shuffles)("%s shuffle: chunks of c-blosc decode, and c-blosc decodes ours", async (shuffle) => {
    for (const type of types) {
      for (const kind of pixelKinds) {
        const content = bytesOf(makePixels(type, 20_011, kind));
        for (const level of type === "uint16" ? [0, 1, 5, 9] : [5]) {
          const codec = blosc({ inner, level, shuffle });
          const ours = await encodeBlosc(codec, content, bytesPerPixel(type));
          expectSamePixels(await decodeBlosc(ours, content.length, "ours"), content);
          const numbers = { none: 0, byte: 1, bit: 2, auto: type === "uint8" ? 2 : 1 };
          const reference = Blosc.fromConfig({ id: "blosc", cname: inner, clevel: level, shuffle: numbers[shuffle] });
          expectSamePixels(new Uint8Array(await reference.decode(ours)), content);
          if (type !== "uint16") continue;
          const theirs = await reference.encode(content);
          expectSamePixels(await decodeBlosc(theirs, content.length, "theirs"), content);
        }
      }
    }
  });

  test("lengths and block sizes of any kind", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5000 }),
        fc.constantFrom(0, 1, 128, 129, 1000, 4096, 100_000),
        fc.constantFrom(...types),
        fc.constantFrom(...shuffles),
        fc.constantFrom(...pixelKinds),
        async (length, blockBytes, type, shuffle, kind) => {
          const content = bytesOf(makePixels(type, length, kind));
          const encoded = await encodeBlosc(blosc({ inner, shuffle, blockBytes }), content, bytesPerPixel(type));
          expectSamePixels(await decodeBlosc(encoded, content.length, "ours"), content);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("a chunk cut at any length is refused", async () => {
    const content = bytesOf(makePixels("uint16", 1000, "dim"));
    const encoded = await encodeBlosc(blosc({ inner, blockBytes: 500 }), content, 2);
    for (let length = 0; length < encoded.length; length++) {
      expect(await decodeBroken(encoded.subarray(0, length), content.length)).toBeUndefined();
    }
  });

  test("bytes after a chunk are refused", async () => {
    const content = bytesOf(makePixels("uint16", 1000, "dim"));
    const encoded = await encodeBlosc(blosc({ inner }), content, 2);
    const longer = new Uint8Array(encoded.length + 1);
    longer.set(encoded);
    expect(await decodeBroken(longer, content.length)).toBeUndefined();
  });

  test("flipped bits never crash, hang or change the length", async () => {
    const content = bytesOf(makePixels("uint16", 1000, "repeats"));
    const encoded = await encodeBlosc(blosc({ inner, blockBytes: 500 }), content, 2);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(encoded.length - 1), fc.integer({ min: 1, max: 255 })), {
          minLength: 1,
          maxLength: 3,
        }),
        async (flips) => {
          const broken = encoded.slice();
          for (const [at, mask] of flips) broken[at]! ^= mask;
          await decodeBroken(broken, content.length);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("the Blosc container", () => {
  test("carries the size of the items, which numcodecs gets wrong", async () => {
    for (const [type, itemBytes] of [
      ["uint8", 1],
      ["uint16", 2],
      ["float32", 4],
    ] as const) {
      const encoded = await encodeBlosc(blosc(), bytesOf(makePixels(type, 1000, "dim")), itemBytes);
      expect(encoded[3]).toBe(itemBytes);
    }
  });

  test("chunks that do not shrink are stored", async () => {
    const noise = bytesOf(makePixels("uint16", 5000, "noise"));
    for (const inner of ["lz4", "zlib", "zstd"] as const) {
      expect((await encodeBlosc(blosc({ inner }), noise, 2)).length).toBeLessThanOrEqual(noise.length + 16);
    }
    const tiny = Uint8Array.of(1, 2, 3, 4);
    expect((await encodeBlosc(blosc(), tiny, 2)).length).toBe(20);
  });

  test("every bit of the header matters", async () => {
    const content = bytesOf(makePixels("uint16", 2000, "ramp"));
    const encoded = await encodeBlosc(blosc({ shuffle: "none" }), content, 2);
    for (let bit = 0; bit < 128; bit++) {
      const broken = encoded.slice();
      broken[bit >> 3]! ^= 1 << (bit & 7);
      const decoded = await decodeBroken(broken, content.length);
      // The shuffle flags and the item size say what the bytes mean: no structure can tell
      const meansOtherwise = [16, 18].includes(bit) || bit >> 3 === 3;
      if (!meansOtherwise) expect(decoded, `bit ${bit}`).toBeUndefined();
    }
  });

  test("offsets of blocks that overlap are refused", async () => {
    const content = bytesOf(makePixels("uint16", 20_000, "dim"));
    const encoded = await encodeBlosc(blosc({ inner: "zstd", blockBytes: 10_000 }), content, 2);
    const broken = encoded.slice();
    // The second block where the first one is
    broken.copyWithin(20, 16, 20);
    expect(await decodeBroken(broken, content.length)).toBeUndefined();
  });

  test("an error says what was found and expected", async () => {
    const content = bytesOf(makePixels("uint16", 1000, "dim"));
    const encoded = await encodeBlosc(blosc(), content, 2);
    expect((await fault(decodeBlosc(encoded.subarray(0, 3), 2000, "a/0.0"))).message).toBe(
      "A chunk is damaged (a/0.0): found 3 bytes, expected a Blosc header of 16 bytes. " +
        "Copy this file again from its source, or write the image again.",
    );
    expect((await fault(decodeBlosc(encoded, 4000, "a/0.0"))).message).toContain(
      "found a Blosc chunk of 2000 bytes, expected 4000 bytes",
    );
  });
});

describe("chunks in pieces", () => {
  const length = 10 * 2 ** 20 + 3;
  const content = bytesOf(makePixels("uint16", length, "dim"));
  content.fill(9, 6 * 2 ** 20, 9 * 2 ** 20);

  async function inPieces(codec: BloscCodec, bytes: Uint8Array | PaddedChunk): Promise<Uint8Array | undefined> {
    const written: Uint8Array[] = [];
    let isWriting = false;
    const buffer = new Uint8Array(2 ** 25);
    const byteCount = bytes instanceof Uint8Array ? bytes.length : 2 * elementCount(bytes.chunkShape);
    const pieces = await BloscPieces.begin(codec, byteCount, 2, buffer, async (piece) => {
      expect(isWriting).toBe(false);
      isWriting = true;
      await new Promise((resolve) => setTimeout(resolve, 1));
      written.push(piece.slice());
      isWriting = false;
    });
    if (!(await pieces.add(bytes))) return undefined;
    const chunk = await pieces.end();
    if (written.length > 0) expect(chunk.start.length).toBe(startBytesWith(buffer.length));
    const whole = Buffer.concat([chunk.start, ...written]);
    expect(whole.length).toBe(chunk.byteCount);
    return whole;
  }

  test.each([
    blosc(),
    blosc({ shuffle: "none", level: 1 }),
    blosc({ inner: "zstd", shuffle: "bit" }),
    blosc({ inner: "lz4hc", shuffle: "bit", blockBytes: 2 ** 19 }),
  ])("are the same bytes: $inner, $shuffle, level $level", async (codec) => {
    expect(isForPieces(codec, content.length, 2)).toBe(true);
    const whole = await inPieces(codec, content);
    expect(Buffer.compare(whole!, await encodeBlosc(codec, content, 2))).toBe(0);
  });

  test.each([
    [[1, 20, 300, 700], blosc()],
    [[1, 33, 512, 1000], blosc({ inner: "zstd", shuffle: "bit" })],
    [[1, 7, 1, 1], blosc({ shuffle: "none" })],
    [[2, 33, 512, 3], blosc({ inner: "lz4hc" })],
  ])("of a part of %j are those of the chunk that is filled around it", async (shape, codec) => {
    const chunkShape = [2, 33, 512, 1000];
    const part = makePixels("uint16", elementCount(shape), "dim");
    const whole = new Uint16Array(elementCount(chunkShape)).fill(513);
    copyBox(part, shape, [0, 0, 0, 0], whole, chunkShape, [0, 0, 0, 0], shape);
    const padded = { bytes: bytesOf(part), shape, chunkShape, fill: bytesOf(Uint16Array.of(513)) };
    const pieces = await inPieces(codec, padded);
    expect(Buffer.compare(pieces!, await encodeBlosc(codec, bytesOf(whole), 2))).toBe(0);
  });

  test("that fit into the first are all start", async () => {
    const flat = new Uint8Array(content.length).fill(3);
    const whole = await inPieces(blosc(), flat);
    expect(Buffer.compare(whole!, await encodeBlosc(blosc(), flat, 2))).toBe(0);
  });

  test("end where they would not become smaller", async () => {
    const noise = bytesOf(makePixels("uint16", length, "noise"));
    expect(await inPieces(blosc({ shuffle: "none" }), noise)).toBeUndefined();
  });

  test.each([
    [blosc({ inner: "snappy" }), content.length],
    [blosc({ level: 0 }), content.length],
    [blosc({ inner: "zstd", blockBytes: 2 ** 22 }), content.length],
    [blosc(), 2 ** 20],
  ])("are not for %j of %i bytes", (codec, bytes) => expect(isForPieces(codec, bytes, 2)).toBe(false));
});
