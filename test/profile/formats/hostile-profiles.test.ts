/** Profiles that claim more than they are, or unpack to more than they claim: refused before they take memory. */
import { deflateRawSync, deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { decodePng } from "../../../src/acquisition/pages/png.ts";
import { decodeTiff, encodeTiff } from "../../../src/profile/formats/image-file.ts";
import { decodeMat } from "../../../src/profile/formats/mat.ts";
import { encodeNpy } from "../../../src/profile/npy.ts";
import { decodeProfile } from "../../../src/profile/npz-profile.ts";
import { checkPixels } from "../../../src/profile/validate.ts";
import { crc32 } from "../../../src/zarr/codecs/checksums.ts";

const zeros = deflateSync(new Uint8Array(2 ** 27), { level: 9 });

/** Below the 134 MB that all of it takes. A decoder keeps some of its own, 70 MB with Node 20 and 82 MB with Node 24. */
const lessThanWhole = 1.1e8;

function peakOf(task: () => unknown): number {
  const before = process.memoryUsage().rss;
  task();
  return process.memoryUsage().rss - before;
}

function png(rows: number, columns: number, packed: Uint8Array): Uint8Array {
  const chunk = (type: string, data: Uint8Array) => {
    const named = Buffer.concat([Buffer.from(type), data]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE(crc32(named), 4);
    return Buffer.concat([ends.subarray(0, 4), named, ends.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(columns, 0);
  header.writeUInt32BE(rows, 4);
  header[8] = 8;
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", packed), chunk("IEND", new Uint8Array(0))]);
}

function mat(claimed: number): Uint8Array {
  const head = Buffer.alloc(136);
  head.write("MATLAB 5.0 MAT-file".padEnd(124));
  head.writeUInt16LE(0x100, 124);
  head.write("IM", 126);
  const content = Buffer.alloc(2 ** 27);
  content.writeUInt32LE(14, 0);
  content.writeUInt32LE(claimed, 4);
  const packed = deflateSync(content, { level: 9 });
  head.writeUInt32LE(15, 128);
  head.writeUInt32LE(packed.length, 132);
  return Buffer.concat([head, packed]);
}

/** An archive of one deflated member that claims a size. */
function npz(name: string, content: Uint8Array, claimed = content.length): Uint8Array {
  const packed = deflateRawSync(content, { level: 9 });
  const facts = Buffer.alloc(26);
  facts.writeUInt16LE(20, 0);
  facts.writeUInt16LE(8, 4);
  facts.writeUInt32LE(crc32(content), 10);
  facts.writeUInt32LE(packed.length, 14);
  facts.writeUInt32LE(claimed, 18);
  facts.writeUInt16LE(name.length, 22);
  const member = Buffer.concat([Buffer.from("PK\u0003\u0004", "latin1"), facts, Buffer.from(name), packed]);
  const entry = Buffer.concat([
    Buffer.from("PK\u0001\u0002\u0014\u0000", "latin1"),
    facts,
    Buffer.alloc(14),
    Buffer.from(name),
  ]);
  const end = Buffer.alloc(22);
  end.write("PK\u0005\u0006", "latin1");
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(entry.length, 12);
  end.writeUInt32LE(member.length, 16);
  return Buffer.concat([member, entry, end]);
}

const corrupt = expect.objectContaining({ name: "IsoluxError", where: expect.stringContaining("here") });
const errorOf = (task: () => unknown) => {
  try {
    task();
    return undefined;
  } catch (error) {
    return error;
  }
};

describe("a profile", () => {
  it("is unpacked no further than its shape: PNG", () => {
    expect(peakOf(() => expect(errorOf(() => decodePng(png(1, 1, zeros), "here"))).toEqual(corrupt))).toBeLessThan(
      lessThanWhole,
    );
    expect(
      errorOf(() => decodePng(png(5000, 5000, zeros), "here", (pixels) => checkPixels(pixels, 2 ** 23, "here"))),
    ).toMatchObject({ kind: "invalid" });
  });

  it("is unpacked no further than its first element: MATLAB", () => {
    for (const claimed of [16, 2 ** 27 - 8]) {
      const file = mat(claimed);
      expect(peakOf(() => expect(errorOf(() => decodeMat(file, "here", 2 ** 20))).toEqual(corrupt))).toBeLessThan(
        lessThanWhole,
      );
    }
  });

  it("is unpacked no further than its archive says, which is no more than its tiles need: npz", () => {
    const large = encodeNpy({ shape: [1, 2 ** 25], data: new Float32Array(2 ** 25) });
    for (const file of [npz("flatfield.npy", large), npz("flatfield.npy", large, 200)]) {
      const peak = peakOf(() => {
        expect(errorOf(() => decodeProfile(file, "here", "note", 2 ** 23))).toEqual(corrupt);
      });
      expect(peak).toBeLessThan(lessThanWhole);
    }
  });
});

describe("a TIFF file", () => {
  const image = encodeTiff([Float32Array.of(1, 2, 3, 4, 5, 6)], [2, 3]);
  /** The place of the value of a tag in its only directory. */
  const valueAt = (bytes: Uint8Array, tag: number) => {
    const view = new DataView(bytes.buffer);
    for (let at = 10; ; at += 12) if (view.getUint16(at, true) === tag) return at + 8;
  };
  const changed = (at: number, value: number) => {
    const bytes = image.slice();
    new DataView(bytes.buffer).setUint32(at, value, true);
    return bytes;
  };

  it("whose page names itself as the next is refused", async () => {
    const next = 10 + 12 * new DataView(image.buffer).getUint16(8, true);
    await expect(decodeTiff(changed(next, 8), "here")).rejects.toEqual(corrupt);
  });

  it("with a height that one bit makes too large is refused, whichever bit", async () => {
    const [height, strips] = [valueAt(image, 257), valueAt(image, 278)];
    for (let bit = 2; bit < 32; bit++) {
      await expect(decodeTiff(changed(height, (2 | (1 << bit)) >>> 0), "here"), `bit ${bit}`).rejects.toEqual(corrupt);
    }
    await expect(decodeTiff(changed(strips, 1), "here")).rejects.toThrow("1 of 2 strips");
  });

  /** One strip, packed in some way, of bytes in a row. */
  const packed = (way: number, bytes: readonly number[], columns: number) => {
    const tags = [
      [256, columns],
      [257, 1],
      [258, 8],
      [259, way],
      [262, 1],
      [273, 200],
      [277, 1],
      [278, 1],
      [279, bytes.length],
    ] as const;
    const file = Buffer.alloc(200);
    file.write("II*\0");
    file.writeUInt32LE(8, 4);
    file.writeUInt16LE(tags.length, 8);
    for (const [n, [tag, value]] of tags.entries()) {
      file.writeUInt16LE(tag, 10 + 12 * n);
      file.writeUInt16LE(4, 12 + 12 * n);
      file.writeUInt32LE(1, 14 + 12 * n);
      file.writeUInt32LE(value, 18 + 12 * n);
    }
    return Buffer.concat([file, Uint8Array.from(bytes)]);
  };
  /** Codes of the widths that LZW has, as bytes. */
  const lzw = (codes: readonly (readonly [code: number, width: number])[]) => {
    const bits = codes.map(([code, width]) => code.toString(2).padStart(width, "0")).join("");
    return (bits.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, "0"), 2));
  };

  it("packed by LZW is read: the example of TIFF 6.0, section 13", async () => {
    const codes = [256, 7, 258, 8, 8, 258, 6, 6, 257].map((code) => [code, 9] as const);
    const [page] = await decodeTiff(packed(5, lzw(codes), 9), "here");
    expect([...page!.data]).toEqual([7, 7, 7, 8, 8, 7, 7, 6, 6]);
  });

  it("packed by LZW is read to codes of twelve bits and anew", async () => {
    const random = (n: number) => (Math.imul(n, 2654435761) >>> 13) % 5;
    const content = Array.from({ length: 30_000 }, (_, n) => random(n));
    const table = new Map<string, number>();
    const codes: [number, number][] = [[256, 9]];
    let [next, width, text] = [258, 9, ""];
    const reset = () => {
      table.clear();
      [next, width] = [258, 9];
    };
    const codeOf = (letters: string) => table.get(letters) ?? Number(letters.split(",")[0]);
    for (const byte of content) {
      const longer = text === "" ? `${byte}` : `${text},${byte}`;
      if (text === "" || table.has(longer)) {
        text = longer;
        continue;
      }
      codes.push([codeOf(text), width]);
      table.set(longer, next++);
      if (next === 512 || next === 1024 || next === 2048) width++;
      if (next === 4094) {
        codes.push([256, 12]);
        reset();
      }
      text = `${byte}`;
    }
    codes.push([codeOf(text), width], [257, width]);
    const [page] = await decodeTiff(packed(5, lzw(codes), content.length), "here");
    expect([...page!.data]).toEqual(content);
    expect(codes.some(([, bits]) => bits === 12)).toBe(true);
  });

  it("packed by runs is read, with literals and without", async () => {
    // The example of TIFF 6.0, section 9
    const bytes = [0xfe, 0xaa, 0x02, 0x80, 0x00, 0x2a, 0xfd, 0xaa, 0x03, 0x80, 0x00, 0x2a, 0x22, 0xf7, 0xaa];
    const content = "aa aa aa 80 00 2a aa aa aa aa 80 00 2a 22 aa aa aa aa aa aa aa aa aa aa"
      .split(" ")
      .map((two) => Number.parseInt(two, 16));
    const [page] = await decodeTiff(packed(32773, bytes, content.length), "here");
    expect([...page!.data]).toEqual(content);
  });

  it.each([
    ["deflate", 8, [...zeros.subarray(0, 60_000)]],
    ["runs", 32773, Array.from({ length: 60_000 }, (_, n) => (n % 2 === 0 ? 0x81 : 0))],
    ["LZW", 5, lzw([[256, 9], ...Array.from({ length: 250 }, (_, n) => [n === 0 ? 0 : 257 + n, 9] as const)])],
  ])("is unpacked no further than its pixels: %s", async (_, way, bytes) => {
    await expect(decodeTiff(packed(way as number, bytes as number[], 10), "here")).rejects.toEqual(corrupt);
  });
});
