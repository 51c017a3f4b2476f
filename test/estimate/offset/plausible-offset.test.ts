import { expect, it } from "vitest";
import { refuseImplausibleOffset } from "../../../src/estimate/offset/plausible-offset.ts";
import { randomStream } from "../../../src/sample/choose-planes.ts";

const random = randomStream(3, 0);
/** Pixels of an exponential brightness above a floor, with noise. */
const pixels = (floor: number, light: number, type: "uint16" | "float32" = "uint16") => {
  const values = Float32Array.from(
    { length: 20_000 },
    () => floor - light * Math.log(1 - random()) + 6 * (random() - 0.5),
  );
  return type === "float32" ? values : Uint16Array.from(values, (value) => Math.max(0, Math.round(value)));
};
const check = (offset: number, shown: ArrayLike<number>) => () =>
  refuseImplausibleOffset(offset, { pixels: shown, where: "channel 488" });

it("offsets below or above what an unsigned image allows are refused, and say what it shows", () => {
  const image = pixels(700, 300);
  for (const offset of [-5000, -1200, 1500, 20_000])
    expect(check(offset, image)).toThrow(/camera offset is .*channel 488/);
  expect(check(-5000, image)).toThrow(/-5000 counts, and pixels of 99\d counts on average/);
  for (const offset of [-100, 0, 100, 690]) expect(check(offset, image)).not.toThrow();
});

it("an image of hardly any light may lie around its offset, and pixels that were never stored say nothing", () => {
  const dark = Uint16Array.from(pixels(100, 1), (value, i) => (i % 3 === 0 ? 0 : value));
  expect(check(101, dark)).not.toThrow();
  expect(check(-5000, dark)).toThrow(/further below 0/);
});

it("images less a background allow what was subtracted", () => {
  for (const image of [pixels(-30, 200, "float32"), pixels(-30, 200)]) {
    expect(check(-400, image)).not.toThrow();
    expect(check(-1e6, image)).toThrow(/further below 0/);
  }
});
