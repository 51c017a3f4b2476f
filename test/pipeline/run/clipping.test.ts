import { describe, expect, it } from "vitest";
import type { ChannelProfile } from "../../../src/pipeline/profiles/channel-profile.ts";
import { clippingWarnings } from "../../../src/pipeline/run/losses.ts";

/** A channel of one tile of 4 x 5 x 5 pixels. */
const clipped = (clippedLow: number, clippedHigh: number) => {
  const tiles = [{ number: 1, name: "FOV_0", box: { start: [0, 0, 0], stop: [4, 5, 5] } }];
  const target = { channel: { index: 0, label: "MBP" }, tiles };
  const profile = { target, profile: { darkfield: Float32Array.of(100) } } as unknown as ChannelProfile;
  return { profile, background: 240, clippedLow, clippedHigh };
};

const none = async () => 0;

describe("what is cut off", () => {
  it("is no news where it is next to nothing", async () => {
    expect(await clippingWarnings([clipped(0, 0), clipped(1, 5)], none)).toEqual([]);
  });

  it("is told where it is more than a hundredth of a channel, with what was taken off, or much of it at the top", async () => {
    const [low, high] = await clippingWarnings([clipped(2, 0), clipped(0, 25)], none);
    expect(low).toMatch(
      /^Channel MBP: 2.00 % .* would be negative and become 0: the dark-field with the background of 240 counts .* is more/,
    );
    expect(high).toMatch(/^Channel MBP: 25.00 % of the pixels exceed what the pixel type holds/);
  });

  it("is no news where pixels were 0 before", async () => {
    expect(await clippingWarnings([clipped(25, 0)], async () => 0.25)).toEqual([]);
  });
});
