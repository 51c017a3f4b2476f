import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeNpy, encodeNpy } from "../../src/profile/npy.ts";
import { openNpz } from "../../src/profile/npz.ts";
import { numpyFixture } from "./numpy-fixtures.ts";

const types = openNpz(numpyFixture("types.npz"), "types.npz");

function read(key: string) {
  const { shape, data, dtype } = types.read(key);
  return { dtype, shape, values: Array.from<number | string>(data), array: data.constructor.name };
}

describe("arrays that NumPy wrote", () => {
  const counting = [0, 1, 2, 3, 4, 5];
  it.each([
    ["f4", "<f4", [2, 3], counting.map((v) => v / 4), "Float32Array"],
    ["big_f8", ">f8", [2, 3], counting.map((v) => v / 4), "Float64Array"],
    ["big_u2", ">u2", [2, 3], counting.map((v) => v * 1000), "Uint16Array"],
    ["f2", "<f2", [6], [0, -0.5, 65504, 2 ** -24, Number.POSITIVE_INFINITY, Number.NaN], "Float32Array"],
    ["big_f2", ">f2", [2], [1.5, -2], "Float32Array"],
    ["fortran", "<i4", [2, 3], counting.map((v) => v * 10), "Int32Array"],
    ["fortran3", "<i2", [2, 3, 4], Array.from({ length: 24 }, (_, at) => at), "Int16Array"],
    ["bool", "|b1", [2], [1, 0], "Uint8Array"],
    ["i1", "|i1", [2], [-1, 5], "Int8Array"],
    ["u1", "|u1", [1], [255], "Uint8Array"],
    ["i2", "<i2", [1], [-300], "Int16Array"],
    ["u4", "<u4", [1], [4294967295], "Uint32Array"],
    ["i8", "<i8", [2], [-(2 ** 40), 2 ** 53], "Float64Array"],
    ["u8", ">u8", [1], [2 ** 63], "Float64Array"],
    ["scalar", "<f8", [], [2.5], "Float64Array"],
    ["empty", "<f4", [0, 3], [], "Float32Array"],
    ["text", "<U9", [], ["isolux é😀"], "Array"],
    ["texts", "<U3", [3], ["a", "bcd", ""], "Array"],
    ["big_text", ">U5", [], ["big"], "Array"],
  ])("reads %s", (key, dtype, shape, values, array) => {
    expect(read(key)).toEqual({ dtype, shape, values, array });
  });

  it.each([2, 3])("reads format version %i", (version) => {
    const array = decodeNpy(numpyFixture(`version${version}.npy`), "file");
    expect([array.shape, [...array.data]]).toEqual([
      [2, 3],
      [0, 1, 2, 3, 4, 5],
    ]);
  });

  it.each(["complex", "bytes"])("refuses the type %s", (key) => {
    expect(() => types.read(key)).toThrow(`A NumPy array has a type that is not read (types.npz, key "${key}")`);
  });
});

describe("broken arrays", () => {
  const whole = numpyFixture("version2.npy");
  it("are refused at whatever byte they are cut", () => {
    for (let length = 0; length < whole.length; length++) {
      expect(() => decodeNpy(whole.subarray(0, length), "cut.npy")).toThrow(/cut\.npy/);
    }
  });

  it.each([
    ["no dictionary", "nonsense"],
    [
      "a shape beyond all memory",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999, 99999999, 99999999), }",
    ],
    ["a shape that overflows", `{'descr': '<f8', 'fortran_order': False, 'shape': (0, ${"9".repeat(400)}), }`],
    ["a structured type", "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }"],
  ])("are refused with %s", (_, header) => {
    const bytes = new Uint8Array(10 + header.length);
    bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0]);
    bytes.set(new TextEncoder().encode(header), 10);
    expect(() => decodeNpy(bytes, "x.npy")).toThrow(expect.objectContaining({ name: "IsoluxError", where: "x.npy" }));
  });
});

describe("writing", () => {
  it("aligns the elements to 64 bytes and keeps every bit", () => {
    fc.assert(
      fc.property(fc.float32Array({ maxLength: 40 }), (data) => {
        const bytes = encodeNpy({ shape: [1, data.length], data });
        const array = decodeNpy(bytes, "x");
        expect((bytes.length - data.byteLength) % 64).toBe(0);
        expect(array).toEqual({ kind: "numbers", dtype: "<f4", shape: [1, data.length], data });
      }),
    );
  });

  it.each([
    [new Int8Array([-1]), "|i1"],
    [new Uint16Array([1]), "<u2"],
    [new Int32Array([-5]), "<i4"],
    [new Float64Array([0.1]), "<f8"],
  ])("names the type of %o", (data, dtype) => {
    expect(decodeNpy(encodeNpy({ shape: [1], data }), "x")).toEqual({ kind: "numbers", dtype, shape: [1], data });
  });

  it.each(["", "plain", '{"µ": "😀"}'])("keeps the text %j", (text) => {
    expect(decodeNpy(encodeNpy({ text }), "x")).toMatchObject({ shape: [], data: [text] });
  });
});

describe("an array that may lie in the bytes it was read from", () => {
  const data = Uint16Array.of(1, 2, 515);
  const file = encodeNpy({ shape: [3], data });

  it("lies there, or is a copy where nobody allowed it", () => {
    expect(decodeNpy(file, "a.npy", true)).toMatchObject({ data: { buffer: file.buffer }, shape: [3] });
    expect(decodeNpy(file, "a.npy", true)).toMatchObject({ data });
    const copy = decodeNpy(file, "a.npy");
    expect(copy.kind === "numbers" && copy.data.buffer).not.toBe(file.buffer);
  });

  it("is a copy where its elements lie across those of the machine", () => {
    const shifted = new Uint8Array(file.length + 1).subarray(1);
    shifted.set(file);
    expect(decodeNpy(shifted, "a.npy", true)).toMatchObject({ data });
  });
});
