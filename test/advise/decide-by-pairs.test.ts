import { describe, expect, it } from "vitest";
import { unchangedChannels, unlessUnchanged } from "../../src/advise/settle.ts";

const pairCount = 6;
/** The tiles of some channels, each with six pairs. */
const tilesOf = (...labels: string[]) =>
  labels.map((label) => ({ target: { channel: { label } }, overlaps: { pairCount } }));
/** Figures of six pairs of each channel: about as large as said, none like the other. */
const figures = (...sizes: number[]) =>
  Float64Array.from({ length: pairCount * sizes.length }, (_, pair) => {
    return sizes[Math.floor(pair / pairCount)]! * (1 + 0.02 * (pair % pairCount));
  });
const scoresOf = (raw: Float64Array, corrected: Float64Array, heldOut: Float64Array) => ({
  pairs: [...raw.keys()],
  candidates: [{ figures: raw }, { figures: corrected }],
  chosen: 1,
  heldOut,
});

describe("a choice that improves no channel", () => {
  it("is no correction, where pairs that had no part in it are as they were", () => {
    // All pairs favour the candidate; chosen without a fold, it is no correction.
    const raw = figures(0.01);
    const scores = scoresOf(raw, figures(0.006), raw);
    expect(unchangedChannels(tilesOf("488"), scores)).toEqual(["488"]);
    expect(unlessUnchanged(tilesOf("488"), scores)).toEqual({ ...scores, chosen: 0, heldOut: raw });
  });

  it("is no correction, where each of several channels gains less than profiles are wrong by", () => {
    const [raw, heldOut] = [figures(0.01, 0.02), figures(0.0075, 0.0175)];
    const { chosen } = unlessUnchanged(tilesOf("488", "561"), scoresOf(raw, heldOut, heldOut));
    expect(chosen).toBe(0);
  });

  it("stays, with the others left as they are, where it improves one channel", () => {
    const [raw, heldOut] = [figures(0.05, 0.01), figures(0.005, 0.01)];
    const scores = scoresOf(raw, heldOut, heldOut);
    expect(unchangedChannels(tilesOf("488", "561"), scores)).toEqual(["561"]);
    expect(unlessUnchanged(tilesOf("488", "561"), scores)).toBe(scores);
  });

  it("counts both sides of a channel as one", () => {
    const [raw, heldOut] = [figures(0.05, 0.01), figures(0.005, 0.01)];
    expect(unchangedChannels(tilesOf("488", "488"), scoresOf(raw, heldOut, heldOut))).toEqual([]);
  });
});
