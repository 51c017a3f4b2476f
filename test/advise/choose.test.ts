import { describe, expect, it } from "vitest";
import { choiceBy, dimUnevenness, holdsTissue, ruleOf, type Scored } from "../../src/advise/choose.ts";
import type { Subject } from "../../src/advise/subject.ts";
import type { Profile } from "../../src/profile/profile.ts";
import { MemoryStack } from "../../src/sample/plane-stack.ts";

const shapeYx = [32, 32] as const;
const pixels = shapeYx[0] * shapeYx[1];
const pairs = [0, 1, 2, 3];
const light = Float32Array.from({ length: pixels }, (_, i) => 1 - 0.3 * Math.abs((i % 32) / 16 - 1));

/** Planes of this light over an offset of 100, each with sample in a fourth of the field, or always in its left half. */
function subjectOf(sample: "anywhere" | "left"): Subject {
  const planes = new MemoryStack("uint16", 40, shapeYx);
  for (let n = 0; n < 40; n++) {
    for (let i = 0; i < pixels; i++) {
      const column = i % 32;
      const isSample = sample === "left" ? column < 16 : column >> 3 === n % 4;
      planes.pixels[n * pixels + i] = Math.round(100 + light[i]! * (isSample ? 900 : 200));
    }
  }
  return { planes, fieldYx: shapeYx } as unknown as Subject;
}

const flat = (flatfield: Float32Array): Profile => {
  return { shapeYx, flatfield, darkfield: new Float32Array(pixels).fill(100), baseline: 0 };
};
const even = flat(new Float32Array(pixels).fill(1));
const truth = flat(light);

const scored = (figure: number, profile: Profile | undefined, more: Partial<Scored> = {}): Scored => ({
  figures: Float64Array.from(pairs, (pair) => figure * (1 + 0.01 * pair)),
  profiles: [profile],
  losesImage: false,
  isScreened: false,
  ...more,
});

const chosen = (candidates: readonly Scored[], sample: "anywhere" | "left" = "left") =>
  choiceBy(ruleOf([subjectOf(sample)], candidates), pairs);

describe("a choice among candidates", () => {
  it("demands a gain that is more than profiles are wrong by", () => {
    expect(chosen([scored(0.005, undefined), scored(0.0025, even)])).toBe(0);
    expect(chosen([scored(0.006, undefined), scored(0.0025, even)])).toBe(1);
  });

  it("prefers the simpler one unless another is clearly better", () => {
    const none = scored(0.05, undefined);
    expect(chosen([none, scored(0.01, even), scored(0.0097, even)])).toBe(1);
    expect(chosen([none, scored(0.01, even), scored(0.009, even)])).toBe(2);
  });

  it("passes over what would set a part of the image to 0, and what was made only to be compared", () => {
    const none = scored(0.05, undefined);
    expect(chosen([none, scored(0.01, even, { losesImage: true }), scored(0.02, even)])).toBe(2);
    expect(chosen([none, scored(0.01, even, { isScreened: true })])).toBe(0);
  });

  it("passes over a fit that took tissue in one half of every tile for light, though seams agree best with it", () => {
    const half = flat(light.map((value, i) => value * (i % 32 < 16 ? 1.5 : 0.5)));
    const [none, alone, fit] = [scored(0.05, undefined), scored(0.015, truth), scored(0.004, half)];
    expect(holdsTissue(fit, none, alone, pairs)).toBe(true);
    expect(chosen([none, alone, fit])).toBe(2);
    expect(chosen([none, alone, { ...fit, holdsTissue: true }])).toBe(1);
    // Overlaps that explain little say little of the light; and light may be a little more than they show.
    expect(holdsTissue(fit, none, scored(0.03, truth), pairs)).toBe(true);
    const fifth = flat(light.map((value, i) => value * (i % 32 < 16 ? 1.2 : 0.8)));
    expect(holdsTissue(scored(0.004, fifth), none, alone, pairs)).toBe(true);
    expect(holdsTissue(scored(0.004, fifth), none, scored(0.03, truth), pairs)).toBe(false);
    expect(holdsTissue(scored(0.004, flat(light.map((value) => value ** 1.5))), none, alone, pairs)).toBe(false);
    expect(holdsTissue(scored(0.004, even), none, scored(0.015, half), pairs)).toBe(false);
  });

  it("believes dim planes where overlaps cannot tell, but not where sample never leaves a part of the field", () => {
    const candidates = [scored(0.05, undefined), scored(0.01, even), scored(0.0101, truth)];
    expect(chosen(candidates, "anywhere")).toBe(2);
    expect(chosen(candidates, "left")).toBe(1);
    expect(chosen([...candidates.slice(0, 2), scored(0.02, truth)], "anywhere")).toBe(1);
  });
});

it("dim planes show how even a profile makes the light", () => {
  const subject = subjectOf("anywhere");
  expect(dimUnevenness([subject], [truth])).toBeLessThan(0.005);
  expect(dimUnevenness([subject], [even])).toBeGreaterThan(0.05);
  expect(dimUnevenness([subject, subjectOf("left")], [truth, truth])).toBeGreaterThan(0.5);
});
