/** Arrays of numbers with the same bits are equal: element by element, the comparison takes longer than the test. */
import { expect } from "vitest";

const added = Symbol.for("isolux.compareArrays");

// The files of a process share their testers.
if (!Reflect.has(globalThis, added)) {
  Reflect.set(globalThis, added, true);
  expect.addEqualityTesters([
    (a: unknown, b: unknown) => {
      if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b) || a.constructor !== b.constructor) return undefined;
      // Others may still be equal, as NaNs are; and if not, the differences are to be shown.
      return Buffer.compare(bytesOf(a), bytesOf(b)) === 0 ? true : undefined;
    },
  ]);
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
