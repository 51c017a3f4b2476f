import { describe, expect, it } from "vitest";
import { parseNumbers, writeNumbers } from "../../app/panels/number-lists.ts";

const known = new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 12]);

describe("lists of numbers", () => {
  it("are read as people write them", () => {
    expect(parseNumbers("1, 3, 7-9", known)).toEqual([1, 3, 7, 8, 9]);
    expect(parseNumbers(" 9;2 2  1-3", known)).toEqual([1, 2, 3, 9]);
    expect(parseNumbers("", known)).toEqual([]);
  });

  it("are refused where they are none, or name what is not there", () => {
    for (const text of ["one", "1-", "-3", "1.5", "11", "8-12", "1--3", "99999999"]) {
      expect(parseNumbers(text, known), text).toBeUndefined();
    }
  });

  it("are written with ranges", () => {
    expect(writeNumbers([9, 8, 7, 3, 1])).toBe("1, 3, 7-9");
    expect(writeNumbers([1, 2, 12])).toBe("1, 2, 12");
    expect(writeNumbers([])).toBe("");
  });
});
