import { describe, expect, it } from "vitest";
import { flatfieldError } from "../../src/report/plane-measures.ts";

describe("flatfieldError", () => {
  it("is the mean absolute difference of profiles of mean 1", () => {
    expect(flatfieldError([0.9, 1.1], [0.8, 1.2])).toBeCloseTo(0.1, 12);
  });

  it("does not see the scale of either profile", () => {
    expect(flatfieldError([9, 11], [0.4, 0.6])).toBeCloseTo(0.1, 12);
    expect(flatfieldError([3, 6, 9], [1, 2, 3])).toBeCloseTo(0, 12);
  });
});
