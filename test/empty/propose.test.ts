import { describe, expect, it } from "vitest";
import { type ChannelView, proposeEmptyRegions } from "../../src/empty/propose.ts";
import type { Finding } from "../../src/empty/score-tiles.ts";

const structure: Finding = { kind: "structure", fieldShare: 0.2 };

/** A tile whose planes of 10 full-resolution planes are clean (.) or not (S). */
function tile(tileNumber: number, planes: string, side?: string): ChannelView {
  const scores = [...planes].map((mark, at) => ({
    planes: [10 * at, 10 * (at + 1)] as const,
    level: 100,
    finding: mark === "." ? ({ kind: "clean" } as const) : structure,
  }));
  const finding = planes.includes("S") ? structure : ({ kind: "clean" } as const);
  return { tileNumber, finding, planes: scores, ...(side !== undefined && { side }) };
}

describe("the proposal of empty regions", () => {
  it("is the tiles that are clean in all planes of all channels", () => {
    const first = [tile(1, "......"), tile(2, ".SSSS."), tile(3, "......")];
    const second = [tile(1, "......"), tile(2, "......"), tile(3, "..S...")];
    expect(proposeEmptyRegions([first], 60)).toEqual({ kind: "tiles", fovList: [1, 3], planeCount: 120 });
    expect(proposeEmptyRegions([first, second], 60)).toEqual({ kind: "tiles", fovList: [1], planeCount: 60 });
  });

  it("is planes at the ends where no tile is clean, in as many tiles as give most planes", () => {
    const tiles = [tile(1, "..SS.."), tile(2, "..SSS."), tile(3, "SSSSSS")];
    expect(proposeEmptyRegions([tiles], 60)).toEqual({
      kind: "planes",
      fovList: [1, 2],
      zLevels: [20, 49],
      planeCount: 60,
    });
  });

  it("has planes of one end where the other has none", () => {
    expect(proposeEmptyRegions([[tile(1, "SSSS..")]], 60)).toMatchObject({ zLevels: [0, 39], planeCount: 20 });
    expect(proposeEmptyRegions([[tile(1, "...SSS")]], 60)).toMatchObject({ zLevels: [30, 60], planeCount: 30 });
  });

  it("serves every side of the light sheet, or is none", () => {
    const served = [tile(1, "......", "Left"), tile(2, "SSSSSS", "Left"), tile(3, "......", "Right")];
    expect(proposeEmptyRegions([served], 60)).toMatchObject({ kind: "tiles", fovList: [1, 3] });
    const unserved = [tile(1, "......", "Left"), tile(2, "SSSSSS", "Right")];
    expect(proposeEmptyRegions([unserved], 60)).toEqual({
      kind: "none",
      reason: "Clean tiles (1) were lit from one side only; a profile of the other (Right) needs some too.",
    });
  });
});
