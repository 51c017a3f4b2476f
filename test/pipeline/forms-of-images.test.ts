import { rm } from "node:fs/promises";
import { expect, it } from "vitest";
import { correctForm, expectRight, unpack } from "../support/input-forms.ts";

it.each([
  "big-endian",
  "fortran-order",
  "dots-in-keys",
  "separator-not-told",
  "differences",
  "no-fill-value-zeros-stored",
  "rows-and-columns",
  "channel-rows-columns",
  "without-channels",
  "times-before-planes",
  "times-before-channels",
  "channels-before-times",
  "planes-before-channels",
  "capitals",
  "axes-by-their-type",
  "series",
  "windows-as-text",
])("an image in the form %s is corrected as NumPy does", async (form) => {
  const folder = await unpack(form);
  expect(await correctForm(folder)).toEqual([]);
  await expectRight(folder);
  await rm(folder, { recursive: true });
});

it("a chunk that is left out without a fill value reads as 0, and is told where there is light all around", async () => {
  const folder = await unpack("no-fill-value");
  expect(await correctForm(folder)).toEqual([
    expect.stringMatching(/^THE SOURCE MAY NOT BE COMPLETE: 1 chunk .* is not stored and reads as 0/),
  ]);
  await expectRight(folder);
  await rm(folder, { recursive: true });
});
