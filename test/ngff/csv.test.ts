import fc from "fast-check";
import { expect, it } from "vitest";
import { parseCsv } from "../../src/ngff/column-table.ts";

it("CSV gives back rows however they were quoted", () => {
  const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;
  const text = fc.string({ unit: fc.constantFrom("a", ",", '"', "\n", "\r\n", " ", "é") });
  const rowsOfText = fc.integer({ min: 1, max: 4 }).chain((columns) => {
    return fc.array(fc.array(text, { minLength: columns, maxLength: columns }), { minLength: 1, maxLength: 4 });
  });
  fc.assert(
    fc.property(rowsOfText, fc.constantFrom("\n", "\r\n"), fc.boolean(), (rows, lineBreak, isEnded) => {
      const lines = rows.map((row) => row.map(quoted).join(","));
      expect(parseCsv(lines.join(lineBreak) + (isEnded ? lineBreak : ""))).toEqual(rows);
    }),
  );
});

it("CSV has values without quotes and empty ones", () => {
  expect(parseCsv("a,b,\r\n1,,x y\n")).toEqual([
    ["a", "b", ""],
    ["1", "", "x y"],
  ]);
  expect(parseCsv("a,\n1,")).toEqual([
    ["a", ""],
    ["1", ""],
  ]);
  expect(parseCsv("")).toEqual([]);
  expect(() => parseCsv('a,"b')).toThrow("no value at character 2");
});
