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

  it("is read once, however many quotes a string without an end has", () => {
    expect(() => parse(`[NaN, "${'\\"'.repeat(2_000_000)}`)).toThrow("no JSON");
    const long = '\\\\\\"'.repeat(1_000_000);
    expect(parse(`[NaN, "${long}", Infinity]`)).toEqual(["NaN", '\\"'.repeat(1_000_000), "Infinity"]);
  });
});
