import { describe, expect, it } from "vitest";
import type { OffsetEvidence } from "../../../src/estimate/offset/combine-offsets.ts";
import { shareOffsets } from "../../../src/estimate/refine/share-offsets.ts";

const limits = { bound: 400, brightness: 700 };
const seen = (offset: number, standardError: number, source: OffsetEvidence["source"] = "overlaps") => ({
  source,
  offset,
  standardError,
});
const profile = (channel: string, evidence: readonly OffsetEvidence[], own = limits) => ({
  channel,
  signs: { evidence, limits: own },
});

describe("the sides of a channel", () => {
  it("have the offset that one of them shows", () => {
    const [left, right] = shareOffsets([profile("488", [seen(100, 5)]), profile("488", [seen(150, 90)])]);
    expect(left).toMatchObject({ kind: "found", isShared: true });
    expect(right).toEqual(left);
    expect(Math.abs((left as { offset: number }).offset - 100)).toBeLessThan(5);
  });

  it("are no more certain together than the better one alone, and less where they contradict each other", () => {
    const errorOf = (a: number, b: number) => {
      const [left] = shareOffsets([profile("488", [seen(a, 5)]), profile("488", [seen(b, 5)])]);
      return (left as { standardError: number }).standardError;
    };
    const [alone] = shareOffsets([profile("488", [seen(100, 5)])]);
    expect(errorOf(100, 100)).toBeCloseTo((alone as { standardError: number }).standardError, 6);
    expect(errorOf(80, 120)).toBeGreaterThan(3 * errorOf(100, 100));
  });

  it("have none where the dimmest planes of one of them do not allow it", () => {
    const offsets = shareOffsets([profile("488", [seen(100, 5)]), profile("488", [], { bound: 20, brightness: 700 })]);
    expect(offsets.map(({ kind }) => kind)).toEqual(["unknown", "unknown"]);
  });
});

describe("channels", () => {
  it("keep what they show themselves", () => {
    const [a, b] = shareOffsets([profile("488", [seen(100, 4)]), profile("561", [seen(140, 4)])]);
    expect([a, b].map((found) => Math.round((found as { offset: number }).offset))).toEqual([100, 140]);
    expect(a).not.toHaveProperty("isShared");
  });

  it("take what another one shows where they show nothing and nothing contradicts it, and name it", () => {
    const [, b] = shareOffsets([profile("488", [seen(100, 4)]), profile("561", [])]);
    expect(b).toMatchObject({ kind: "found", ofChannel: "488" });
  });

  it("take nothing that is brighter than their dimmest planes, or that the others do not agree on", () => {
    const dim = { bound: 60, brightness: 700 };
    expect(shareOffsets([profile("488", [seen(100, 4)]), profile("561", [], dim)])[1]).toEqual({ kind: "unknown" });
    const [, , c] = shareOffsets([profile("488", [seen(100, 4)]), profile("561", [seen(160, 4)]), profile("640", [])]);
    expect(c).toEqual({ kind: "unknown" });
  });

  it("take nothing from another camera's error that would be much of their own light", () => {
    const dark = { bound: 130, brightness: 30 };
    expect(shareOffsets([profile("488", [seen(100, 4)]), profile("561", [], dark)])[1]).toEqual({ kind: "unknown" });
  });
});
