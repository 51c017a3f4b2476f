import type { ChannelQuality } from "./quality-report.ts";

/**
 * What a reader of the figures would stumble over: the seam difference is a share of the brightness, so it grows where a
 * background was taken off, although the counts of neighbours agree better and the verdict, which does not depend on a
 * constant, says so.
 */
export function explainFigures(channels: readonly Pick<ChannelQuality, "label" | "verdict" | "seams">[]): string[] {
  return channels.flatMap(({ label, verdict, seams }) => {
    if (verdict.kind !== "improved" || seams.kind !== "measured") return [];
    const { before, after } = seams.placed;
    if (after === undefined || after.difference <= before.difference) return [];
    return [
      `${label}: the seam difference is a share of the brightness and grew as brightness was taken off; the verdict compares what does not depend on that.`,
    ];
  });
}
