import { describe, expect, it } from "vitest";
import { KernelMemory } from "../../src/kernels/kernel-memory.ts";
import { bytes, doubles, floats, integers, layoutOf, layoutOfAll, pixels } from "../../src/kernels/layout.ts";

describe("KernelMemory", () => {
  it("gives arrays one after the other that do not overlap, until it is full", () => {
    const memory = KernelMemory.open(1000)!;
    const words = memory.pixels("uint16", 7)!.fill(65535);
    const floats = memory.floats(3)!.fill(1.5);
    const bytes = memory.bytes(1)!.fill(255);
    expect([...words, ...floats, ...bytes]).toEqual([...new Array(7).fill(65535), 1.5, 1.5, 1.5, 255]);
    expect([words, floats, bytes].map((array) => array.byteOffset % 64)).toEqual([0, 0, 0]);
    expect(memory.bytes(2 ** 20)).toBeUndefined();
    expect(memory.pixels("uint16", 2 ** 20)).toBeUndefined();
    expect(memory.pixels("float32", 2 ** 20)).toBeUndefined();
    expect(memory.bytes(10)).toHaveLength(10);
  });

  it("takes back what was taken since a mark", () => {
    const memory = KernelMemory.open(1000)!;
    memory.bytes(10);
    const mark = memory.mark();
    const first = memory.bytes(500)!;
    memory.release(mark);
    expect(memory.bytes(500)!.byteOffset).toBe(first.byteOffset);
  });

  it("knows its arrays", () => {
    const [memory, other] = [KernelMemory.open(100)!, KernelMemory.open(100)!];
    const [a, b] = [memory.bytes(4)!, other.bytes(4)!];
    expect([a, a.subarray(2), b, new Uint8Array(4)].map((array) => memory.holds(array))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it("is not there where the machine has not so much, or says so", () => {
    expect(KernelMemory.open(2 ** 40)).toBeUndefined();
    expect(() => KernelMemory.need(2 ** 40)).toThrow("need more memory than there is");
  });
});

describe("a layout", () => {
  it("takes the very bytes that it tells, whatever its parts", () => {
    const layout = layoutOf({
      flags: bytes(3),
      rows: layoutOfAll([floats(17), floats(1)]),
      more: layoutOf({ sums: doubles(9), places: integers(5), pixels: pixels("uint16", 33) }),
    });
    const memory = KernelMemory.need(layout.bytes);
    const before = memory.mark();
    const taken = layout.take(memory);
    expect(memory.mark() - before).toBe(layout.bytes);
    const arrays = [taken.flags, ...taken.rows, taken.more.sums, taken.more.places, taken.more.pixels];
    expect(arrays.map(({ length }) => length)).toEqual([3, 17, 1, 9, 5, 33]);
    arrays.forEach((array, n) => void array.fill(n + 1));
    expect(arrays.every((array, n) => array.every((value) => value === n + 1))).toBe(true);
  });

  it("says where the memory was opened for less", () => {
    const layout = doubles(2 ** 20);
    expect(() => layout.take(KernelMemory.need(1000))).toThrow(/bytes left, not 8388608/);
  });
});
