import { expect, it } from "vitest";
import {
  formatBound,
  formatBytes,
  formatCount,
  formatNumber,
  formatPercent,
  formatRanges,
  formatSeconds,
  formatShare,
} from "../src/quantities.ts";

it("quantities read well", () => {
  expect([[0, 1, 2], [3, 1, 2, 7, 9, 10], []].map((numbers) => formatRanges(numbers))).toEqual([
    "0-2",
    "1-3, 7, 9-10",
    "",
  ]);
  expect(formatRanges([1, 3, 4, 9], ",")).toBe("1,3-4,9");
  expect([0, 999, 1000, 12_345_678, 999_600_000, 3e15].map(formatBytes)).toEqual([
    "0 B",
    "999 B",
    "1 kB",
    "12.3 MB",
    "1.00 GB",
    "3 PB",
  ]);
  expect([0, 9.94, 9.96, 59.7, 61, 3599, 3725].map(formatSeconds)).toEqual([
    "0.0 s",
    "9.9 s",
    "10 s",
    "1 min 00 s",
    "1 min 01 s",
    "59 min 59 s",
    "1 h 02 min",
  ]);
  expect([0, 0.03125, 1.234, 45.67, 1234.5, Number.NaN].map(formatNumber)).toEqual([
    "0",
    "0.031",
    "1.23",
    "45.7",
    "1235",
    "NaN",
  ]);
  expect([0, 1e-6, 0.0312, 1].map(formatShare)).toEqual(["0 %", "< 0.01 %", "3.12 %", "100.00 %"]);
  expect([undefined, Number.NaN, 0.0312].map((share) => formatPercent(share, "–"))).toEqual(["–", "–", "3.12 %"]);
  expect([0, 1, 9].map((count) => formatCount(count, "tile"))).toEqual(["0 tiles", "1 tile", "9 tiles"]);
  expect([1, 5].map((count) => formatCount(count, "try", "tries"))).toEqual(["1 try", "5 tries"]);
});

it("bounds of bytes are never less than they are", () => {
  expect([0, 999, 1001, 12_340_001, 1_304_000_001, 9.991e9].map(formatBound)).toEqual([
    "0 B",
    "999 B",
    "1.01 kB",
    "12.4 MB",
    "1.31 GB",
    "10 GB",
  ]);
});
