import { expect, it } from "vitest";
import { rowsOfImage } from "../../../src/estimate/empty/empty.ts";
import { gaussianBlur } from "../../../src/estimate/empty/gaussian.ts";
import { openNpz } from "../../../src/profile/npz.ts";
import { imageOf, largestDifference, numbersOf, numpyFixture } from "../../profile/numpy-fixtures.ts";

const scipy = openNpz(numpyFixture("scipy.npz"), "scipy.npz");

it.each([0, 1, 2, 3, 4])("gives SciPy's bits, also where the kernel is larger than the image: case %i", (index) => {
  const { shapeYx, data } = imageOf(scipy, `gauss${index}_in`);
  const sigmaPx = numbersOf(scipy, `gauss${index}_sigma`).data[0]!;
  const blurred = gaussianBlur(rowsOfImage(data, shapeYx[1]), shapeYx, sigmaPx);
  expect(largestDifference(blurred, imageOf(scipy, `gauss${index}_out`).data)).toBe(0);
});

it("leaves the image as it is for sigma 0", () => {
  const image = Float32Array.of(1, 5, 2);
  expect(gaussianBlur(rowsOfImage(image, 3), [1, 3], 0)).toEqual(image);
});
