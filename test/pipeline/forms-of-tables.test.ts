import { rm } from "node:fs/promises";
import { expect, it } from "vitest";
import { correctForm, expectRight, unpack } from "../support/input-forms.ts";

const understood = (axes: string, as: string) =>
  new RegExp(`^The numbers of the table of tiles along ${axes} are read as ${as}`);

it.each<[form: string, warnings: readonly RegExp[]]>([
  ["other-table", []],
  ["tables-in-a-group", []],
  ["planes-0-apart", [/^The distance between planes is said to be 0/, understood("z", "µm for pixels of 5 µm")]],
  ["depth-in-planes", [understood("z", "a depth of 3 µm in place of 15 µm")]],
  ["all-in-pixels", [understood("z", "a depth of 3 µm"), understood("y and x", "pixels, not µm")]],
  ["pixel-size-rounded", []],
  ["beyond-the-edge", []],
  ["rows-twice", []],
  ["other-origin", [understood("z", "µm counted"), understood("y", "µm counted"), understood("x", "µm counted")]],
  ["places-on-the-stage", [/^The places in the table of tiles are those on the stage, where tiles overlap/]],
  ["names-of-their-own", []],
  ["one-column", []],
  ["wavelength-alone", []],
  ["one-name-twice", []],
  ["slashes", []],
  ["trailing-blank", []],
  ["a-number", []],
  ["decomposed", []],
])("tiles and channels in the form %s are corrected as NumPy does", async (form, warnings) => {
  const folder = await unpack(form);
  const told = await correctForm(folder);
  expect(told).toHaveLength(warnings.length);
  for (const [i, pattern] of warnings.entries()) expect(told[i]).toMatch(pattern);
  await expectRight(folder);
  await rm(folder, { recursive: true });
});
