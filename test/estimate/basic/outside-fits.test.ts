import { describe, expect, it } from "vitest";
import { fitBasic } from "../../../src/estimate/basic/fit.ts";
import { basicDefaults } from "../../../src/estimate/basic/parameters.ts";
import { sumOfDifferences } from "../../../src/estimate/basic/reweighted-fit.ts";
import type { PixelArray } from "../../../src/shapes.ts";
import { readNpz } from "../../support/npz.ts";
import { hasReferenceData, referenceFolder } from "../../support/reference-data.ts";

const folder = `${referenceFolder}data/basicpy/`;

/** A fit of the 63 real tiles of a brain section, compared with the one that BaSiCPy made of them in its JAX era. */
async function differences(darkfield: boolean, sort: boolean) {
  const { shape, data } = readNpz(`${folder}wsi_brain.npz`).images!;
  const stack = { pixels: data as PixelArray, planeCount: shape[0]!, shapeYx: [shape[1]!, shape[2]!] as const };
  const expected = readNpz(`${folder}golden/ladmap.wsi_brain.dark${Number(darkfield)}.sort${Number(sort)}.npz`);
  const parameters = { ...basicDefaults, getDarkfield: darkfield, sortIntensity: sort };
  const fit = await fitBasic(stack, parameters);
  const difference = (found: Float64Array, name: string) =>
    sumOfDifferences(found, Float64Array.from(expected[name]!.data)) / found.length;
  return {
    flatfield: difference(fit.flatfield, "flatfield"),
    darkfield: difference(fit.darkfield, "darkfield"),
    baselines: difference(fit.baselines, "baseline"),
  };
}

describe.skipIf(!hasReferenceData)("BaSiC against fits that others made of real tiles", () => {
  // BaSiCPy stopped after four reweightings then; with these tiles that was enough for it and is for us.
  it.each([
    { darkfield: false, sort: false },
    { darkfield: true, sort: true },
  ])("wsi_brain, dark-field: $darkfield, sorted: $sort", async ({ darkfield, sort }) => {
    const found = await differences(darkfield, sort);
    expect(found.flatfield).toBeLessThan(1e-6);
    // The dark-field is 185 counts, the baselines are 2700 on average.
    expect(found.darkfield).toBeLessThan(1e-3);
    expect(found.baselines).toBeLessThan(5e-3);
  });
});
