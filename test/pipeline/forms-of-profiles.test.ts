import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { correctForm, expectRight, unpack } from "../support/input-forms.ts";

it.each([
  "profile-largest-1",
  "profile-16-bit",
  "profile-percent",
  "profile-least-1",
  "profile-leading-axis",
  "profile-big-endian",
  "profile-fortran",
  "profile-one-dark-number",
  "profile-names-in-capitals",
  "profile-pages",
  "profile-factor-and-shift",
])("a %s corrects as NumPy does", async (form) => {
  const folder = await unpack(form);
  expect(await correctForm(folder)).toEqual([]);
  await expectRight(folder);
  await rm(folder, { recursive: true });
});

it.each<[form: string, reason: RegExp]>([
  ["refused-transposed", /a profile of 16 x 12 px for tiles of 12 x 16 px.*Its rows and columns are swapped/],
  ["refused-cropped", /a profile of 10 x 16 px for tiles of 12 x 16 px/],
  ["refused-several", /The flat-field is not an image .*found shape 3 x 12 x 16/],
  ["refused-complex", /a type that is not read .*found <c16/],
  ["refused-no-rows", /The table of tiles has no rows/],
  ["refused-overlapping", /overlap in the image .*expected tiles that lie side by side/],
  ["refused-too-few-names", /There is no profile for channel "channel_2"/],
  ["refused-other-case", /There is no profile for channel "dapi" .*found folders for "DAPI"/],
  ["refused-three-pages", /found 3 images \(pages or colours\), expected 2, one for each channel/],
])("what nothing tells how to read is %s, and nothing is written", async (form, reason) => {
  const folder = await unpack(form);
  await expect(correctForm(folder)).rejects.toThrow(reason);
  expect(existsSync(join(folder, "out"))).toBe(false);
  await rm(folder, { recursive: true });
});
