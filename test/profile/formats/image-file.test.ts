import { deflateSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodePng, encodePng } from "../../../src/acquisition/pages/png.ts";
import { decodeImageFile, decodeTiff, encodeTiff } from "../../../src/profile/formats/image-file.ts";
import { decodeMat, encodeMat } from "../../../src/profile/formats/mat.ts";
import { onlyImage } from "../../../src/profile/formats/read-profile.ts";
import { decodeNpy, encodeNpy } from "../../../src/profile/npy.ts";
import { elementCount, type Yx } from "../../../src/shapes.ts";
import { crc32 } from "../../../src/zarr/codecs/checksums.ts";
import { largestDifference } from "../numpy-fixtures.ts";
import { flat, formatFixture, shapeYx } from "./format-fixtures.ts";

const shapes: fc.Arbitrary<Yx> = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }));
const filled = <T>(value: fc.Arbitrary<T>, shape: Yx) =>
  fc.array(value, { minLength: elementCount(shape), maxLength: elementCount(shape) });

/** A PNG file of 2 x 3 pixels in three colours. */
function colourPng(...colours: readonly Uint8Array[]): Uint8Array {
  const rows = [0, 1].flatMap((y) => [0, ...[0, 1, 2].flatMap((x) => colours.map((colour) => colour[3 * y + x]!))]);
  const number = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
  const chunk = (type: string, data: readonly number[]) => {
    const named = [...new TextEncoder().encode(type), ...data];
    return [...number(data.length), ...named, ...number(crc32(Uint8Array.from(named)))];
  };
  const header = chunk("IHDR", [...number(3), ...number(2), 8, 2, 0, 0, 0]);
  const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  return Uint8Array.from([
    ...signature,
    ...header,
    ...chunk("IDAT", [...deflateSync(Uint8Array.from(rows))]),
    ...chunk("IEND", []),
  ]);
}

describe("PNG", () => {
  it("is read with each of its filters", () => {
    const truth = decodeNpy(formatFixture("image/filtered.npy"), "npy");
    const image = decodePng(formatFixture("image/filtered.png"), "png");
    expect(image).toEqual({ shape: truth.shape, data: truth.data });
  });

  it("of 8 bits is read", () => {
    const { shape, data } = decodePng(formatFixture("image/slide8.png"), "png");
    expect({ shape, data }).toEqual({ shape: shapeYx, data: Uint8Array.from(flat, (value) => Math.round(30 * value)) });
  });

  it("comes back as it was written", () => {
    const images = shapes.chain((shape) => fc.tuple(fc.constant(shape), filled(fc.nat(65535), shape)));
    fc.assert(
      fc.property(images, ([shape, values]) => {
        const pixels = Uint16Array.from(values);
        expect(decodePng(encodePng(pixels, shape), "x")).toEqual({ shape, data: pixels });
      }),
    );
  });

  it("in colours is read where all of them are the same", () => {
    const grey = Uint8Array.of(10, 20, 30, 40, 50, 60);
    expect(decodePng(colourPng(grey, grey, grey), "a.png")).toEqual({ shape: [2, 3], data: grey });
  });

  it("in colours that differ is refused", () => {
    const grey = Uint8Array.of(10, 20, 30, 40, 50, 60);
    expect(() => decodePng(colourPng(grey, grey, grey.toReversed()), "a.png")).toThrow(
      "The PNG image is of a form that is not read (a.png): found colours, expected plain grey of 8 or 16 bits. Save it as 16-bit greyscale, or as TIFF.",
    );
  });

  it("that was cut short or changed anywhere is refused, never read as something else", () => {
    const bytes = formatFixture("image/filtered.png");
    for (let length = 8; length < bytes.length; length++) {
      expect(() => decodePng(bytes.subarray(0, length), "a.png")).toThrow(/damaged or cut short/);
    }
    for (let at = 8; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at]! ^= 4;
      expect(() => decodePng(changed, "a.png")).toThrow(/damaged|not read/);
    }
  });
});

describe("MATLAB's format", () => {
  const function_ = flat.map((value) => value / Math.min(...flat));

  it.each([
    ["IllumGFP.mat", 0],
    ["compressed.mat", 2e-7],
  ])("%s is read", (name, tolerance) => {
    const { shape, data } = decodeMat(formatFixture(`cellprofiler/${name}`), name);
    expect(shape).toEqual(shapeYx);
    expect(largestDifference(data, function_)).toBeLessThanOrEqual(1e-15 + tolerance);
  });

  it("has to say which matrix is meant", () => {
    expect(() => decodeMat(formatFixture("cellprofiler/unclear.mat"), "x.mat")).toThrow(
      "A MATLAB file has no illumination function (x.mat): found a, b, c, expected a variable Image that is a matrix of real numbers.",
    );
  });

  it("of another version is refused", () => {
    const text = new TextEncoder().encode("MATLAB 7.3 MAT-file".padEnd(124));
    const version73 = Uint8Array.of(...text, 0, 2, 0x49, 0x4d, ...new Uint8Array(512));
    expect(() => decodeMat(version73, "x.mat")).toThrow(/found version 7\.3, expected versions 5 to 7/);
    expect(() => decodeMat(formatFixture("cellprofiler/version4.mat"), "x.mat")).toThrow(/version that is not read/);
  });

  it("is read whatever the order of its bytes", () => {
    const little = encodeMat(Float64Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
    const big = little.slice();
    big.set([1, 0, 0x4d, 0x49], 124);
    // Words of 4 bytes from the first tag on, but for the name and the doubles.
    const reverse = (start: number, stop: number, size: number) => {
      for (let at = start; at < stop; at += size) big.subarray(at, at + size).reverse();
    };
    reverse(128, 176, 4);
    reverse(184, 192, 4);
    reverse(192, 240, 8);
    expect(decodeMat(big, "x")).toEqual(decodeMat(little, "x"));
  });

  it("comes back as it was written", () => {
    const values = fc.double({ noNaN: true });
    const images = shapes.chain((shape) => fc.tuple(fc.constant(shape), filled(values, shape)));
    fc.assert(
      fc.property(images, ([shape, numbers]) => {
        const data = Float64Array.from(numbers);
        expect(decodeMat(encodeMat(data, shape), "x")).toEqual({ shape, data });
      }),
    );
  });

  it("that was cut short is refused", () => {
    const bytes = formatFixture("cellprofiler/IllumGFP.mat");
    for (let length = 136; length < bytes.length; length++) {
      expect(() => decodeMat(bytes.subarray(0, length), "x.mat")).toThrow(/damaged or cut short/);
    }
  });
});

describe("TIFF", () => {
  it("comes back as it was written, page by page", async () => {
    const values = fc.float({ noNaN: true });
    const images = shapes.chain((shape) =>
      fc.tuple(fc.constant(shape), fc.array(filled(values, shape), { minLength: 1, maxLength: 4 })),
    );
    await fc.assert(
      fc.asyncProperty(images, async ([shape, pages]) => {
        const data = pages.map((page) => Float32Array.from(page));
        const back = await decodeTiff(encodeTiff(data, shape), "x");
        expect(back).toEqual(data.map((page) => ({ shape, data: page })));
      }),
      { numRuns: 30 },
    );
  });

  it("of inverted grey is refused", async () => {
    await expect(decodeTiff(formatFixture("image/inverted.tif"), "x")).rejects.toThrow(/found inverted grey/);
  });

  it("that was cut short is refused", async () => {
    const bytes = encodeTiff([new Float32Array(24), new Float32Array(24)], [4, 6]);
    for (let length = 4; length < bytes.length; length += 7) {
      await expect(decodeTiff(bytes.subarray(0, length), "x.tif")).rejects.toThrow(
        /The TIFF file is cut short.* \(x\.tif\): found \d+ bytes/,
      );
    }
  });
});

describe("the content of a file decides", () => {
  const decodeOneImage = async (bytes: Uint8Array, where: string) =>
    onlyImage(await decodeImageFile(bytes, where), where);

  it("what it is", async () => {
    const data = Float32Array.of(1, 2);
    const files = [
      encodeNpy({ shape: [1, 2], data }),
      encodeTiff([data], [1, 2]),
      encodePng(Uint16Array.of(1, 2), [1, 2]),
      encodeMat(Float64Array.of(1, 2), [1, 2]),
    ];
    for (const bytes of files) expect([...(await decodeOneImage(bytes, "x")).data]).toEqual([1, 2]);
  });

  it.each([
    ["", "an empty file"],
    ["PK\u0003\u0004", "a zip archive"],
    ["<html>", "another format"],
  ])("that %j is none", async (text, found) => {
    await expect(decodeImageFile(new TextEncoder().encode(text), "x")).rejects.toThrow(`found ${found}, expected`);
  });

  it("of one image", async () => {
    const two = encodeTiff([new Float32Array(2), new Float32Array(2).fill(1)], [1, 2]);
    await expect(decodeOneImage(two, "x")).rejects.toThrow(/found 2 \(pages or colours\), expected one page/);
    await expect(decodeOneImage(encodeNpy({ text: "a" }), "x")).rejects.toThrow(/The array holds text/);
  });
});
