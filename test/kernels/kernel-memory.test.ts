import { describe, expect, it } from "vitest";
import { KernelMemory, memoryOf } from "../../src/kernels/kernel-memory.ts";

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

  it("knows its arrays, and tells those of one memory from others", () => {
    const [memory, other] = [KernelMemory.open(100)!, KernelMemory.open(100)!];
    const [a, b, c] = [memory.bytes(4)!, memory.floats(4)!, other.bytes(4)!];
    expect(memoryOf(a, b.subarray(2))).toBe(memory);
    expect(memoryOf(c)).toBe(other);
    expect(memoryOf(a, c)).toBeUndefined();
    expect(memoryOf(a, new Uint8Array(4))).toBeUndefined();
    expect(memoryOf(new Uint8Array(4))).toBeUndefined();
  });

  it("is not there where the machine has not so much", () => {
    expect(KernelMemory.open(2 ** 40)).toBeUndefined();
  });
});
