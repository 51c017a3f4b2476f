import { expect, it } from "vitest";
import { concatenate } from "../src/concatenate.ts";

it("lays arrays end to end", () => {
  expect(concatenate(Uint8Array, [Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3)])).toEqual(
    Uint8Array.of(1, 2, 3),
  );
  expect(concatenate(Float64Array, [Float64Array.of(0.5), Float64Array.of(-1)])).toEqual(Float64Array.of(0.5, -1));
  expect(concatenate(Uint8Array, [])).toEqual(new Uint8Array(0));
});
