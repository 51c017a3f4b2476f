import { describe, expect, it } from "vitest";
import type { ChannelProfile } from "../../src/pipeline/channel-profile.ts";
import { clippingWarnings } from "../../src/pipeline/clipping.ts";

/** A channel of one tile of 4 x 5 x 5 pixels. */
const clipped = (clippedLow: number, clippedHigh: number) => {
  const tiles = [{ number: 1, name: "FOV_0", box: { start: [0, 0, 0], stop: [4, 5, 5] } }];
  const profile = { target: { channel: { index: 0, label: "MBP" }, tiles } } as unknown as ChannelProfile;
  return { profile, background: 0, clippedLow, clippedHigh };
};

describe("what is cut off", () => {
  it("is no news as far as an empty background explains it", () => {
    expect(clippingWarnings([clipped(0, 0), clipped(60, 5)])).toEqual([]);
  });

  it("is told where it is most of a channel, or much of it at the top", () => {
    const [low, high] = clippingWarnings([clipped(99, 0), clipped(0, 25)]);
    expect(low).toMatch(/^Channel MBP: 99.00 % of the pixels would be negative and are 0 now/);
    expect(high).toMatch(/^Channel MBP: 25.00 % of the pixels exceed what the pixel type holds/);
  });
});
