import { describe, expect, it } from "vitest";
import { parseJson } from "../../src/zarr/json.ts";

const parse = (text: string) => parseJson(new TextEncoder().encode(text), { kind: "corrupt", what: "no JSON" });

describe("JSON as Python writes it", () => {
  it("has its odd numbers as text, and leaves text alone", () => {
    expect(parse('{"a": NaN, "b": [-Infinity,Infinity], "NaN": "NaN, \\"Infinity"}')).toEqual({
      a: "NaN",
      b: ["-Infinity", "Infinity"],
      NaN: 'NaN, "Infinity',
    });
  });

  it.each(["[NaNo]", "[-NaN]", "[--Infinity]", "[1NaN]"])("is no JSON where it is %s", (text) => {
    expect(() => parse(text)).toThrow("no JSON");
  });
});
