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

it("a value may be as long as the text, in quotes or without", () => {
  const quoted = 'a"'.repeat(2 ** 21);
  const plain = "b".repeat(2 ** 22);
  const rows = parseCsv(`x,"${quoted.replaceAll('"', '""')}"\n${plain},1`);
  expect(rows.map((row) => row.map((value) => value.length))).toEqual([
    [1, quoted.length],
    [plain.length, 1],
  ]);
  expect(rows[0]![1] === quoted && rows[1]![0] === plain).toBe(true);
});

it.each(['a,"b', 'a,b"c', "a\rb", '"a"b'])("what is no table is refused: %j", (text) => {
  expect(() => parseCsv(text)).toThrow("no value at character");
});
