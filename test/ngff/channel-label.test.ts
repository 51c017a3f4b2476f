import { describe, expect, it } from "vitest";
import { canNameFolder, channelNames, checkChannelLabel } from "../../src/ngff/channel-label.ts";

describe("names of channels", () => {
  it.each([[["DAPI", "β-Tubulin (λ 488 nm)", "-rf", "__proto__"]], [["GFP", "GFP_2", "488"]]])(
    "are the labels where these can name folders everywhere: %j",
    (labels) => {
      expect(channelNames(labels)).toEqual(labels);
    },
  );

  it.each([
    // Equal but for case or the form of an accent: one folder on many disks.
    [
      ["dapi", "DAPI", "Dapi"],
      ["dapi", "DAPI_2", "Dapi_3"],
    ],
    [
      ["Caf\u00e9", "Cafe\u0301"],
      ["Caf\u00e9", "Cafe\u0301_2"],
    ],
    [
      ["GFP ", "gfp"],
      ["GFP_2", "gfp"],
    ],
    // Names of devices, and letters that Windows does not have in names.
    [
      ["CON", "lpt1", "nul.txt", "console"],
      ["CON_", "lpt1_", "nul_.txt", "console"],
    ],
    [
      ["a*b?", "c:d|e", "x."],
      ["a_b_", "c_d_e", "x"],
    ],
    [
      ["405/488 nm", "405\\488 nm", "a\u0000b"],
      ["405_488 nm", "405_488 nm_2", "a_b"],
    ],
    [
      ["", " ", "..", ".", undefined, "..."],
      ["channel_1", "channel_2", "channel_3", "channel_4", "channel_5", "channel_6"],
    ],
  ])("of %j are %j", (labels, names) => {
    expect(channelNames(labels)).toEqual(names);
    for (const name of names) checkChannelLabel(name);
  });

  it("are cut where labels are too long for a folder", () => {
    const [name, other] = channelNames(["é".repeat(300), "é".repeat(301)]);
    expect(name).toMatch(/^é{100,125}$/);
    expect(other).toBe(`${name}_2`);
    expect(canNameFolder(other!)).toBe(true);
    expect(canNameFolder("é".repeat(300))).toBe(false);
  });
});
