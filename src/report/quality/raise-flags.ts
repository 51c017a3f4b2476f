/** Raises flags: what a user should know of an image and its correction beside the verdict. */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import type { FlagKind, QualityFlag } from "../../parameters/advice.ts";
import type { CorrectionRecord } from "./correction-record.ts";
import type { MeasuredChannel } from "./measure-channel.ts";
import type { ChannelQuality } from "./quality-report.ts";

/** Limits from which on flags are raised. */
export const flagLimits = {
  saturated: 1e-3,
  zeroed: 0.01,
  zeroedByChoice: 0.05,
  wrapped: 1e-5,
  notNumbers: 1e-5,
  clippedHigh: 1e-3,
  sampledPlanes: 20,
  pairs: 6,
  roughness: 8,
  sameFlatfield: 2e-3,
  stitchedPx: 8192,
} as const;

/** The flags of two images; most important first. */
export function raiseFlags(
  acquisition: Acquisition,
  measured: readonly MeasuredChannel[],
  record: CorrectionRecord | undefined,
): QualityFlag[] {
  const channels = measured.map(({ quality }) => quality);
  const flagWhere = (kind: FlagKind, holds: (channel: ChannelQuality) => boolean, text: string): QualityFlag[] => {
    const labels = channels.filter(holds).map(({ label }) => label);
    return labels.length === 0 ? [] : [{ kind, channels: labels, text }];
  };
  const isChanged = ({ verdict, correlation }: ChannelQuality) =>
    !(verdict.basis === "pixels" && correlation > 0.999999);
  const fewPlanes = (channel: ChannelQuality) => {
    const count = record?.channels.find(({ label }) => label === channel.label)?.sampledPlanes ?? 0;
    return count > 0 && count < flagLimits.sampledPlanes;
  };
  return [
    ...flagWhere(
      "no-correction-is-better",
      (channel) => isChanged(channel) && channel.verdict.kind === "worse",
      "No correction is better than this one: keep the source and look for another profile.",
    ),
    ...flagWhere(
      "not-a-correction",
      ({ verdict, correlation }) => verdict.basis === "pixels" && verdict.kind === "worse" && correlation < 0.5,
      "The corrected image shows something else than the source: do the two belong together?",
    ),
    ...flagWhere(
      "unchanged",
      (channel) => !isChanged(channel),
      record?.isOfOnes
        ? "No correction is better than the source: the image was written unchanged."
        : "The pixels were not changed.",
    ),
    ...stitchedFlag(
      acquisition,
      channels.some(({ seams }) => seams.kind === "measured"),
    ),
    ...flagWhere(
      "zeroed",
      ({ zeroedShare }) => zeroedShare > flagLimits.zeroed,
      "Many pixels were set to 0: the subtracted background removed dim structures. --background keep leaves it.",
    ),
    ...flagWhere(
      "clipped-high",
      ({ clippedHighShare }) => clippedHighShare > flagLimits.clippedHigh,
      "Pixels were cut off at the largest value of their type.",
    ),
    ...defectFlags(flagWhere),
    ...flagWhere(
      "saturated",
      ({ before }) => before.saturatedShare > flagLimits.saturated,
      "Some pixels are saturated: no correction restores their values.",
    ),
    ...reusedFlags(measured, record),
    ...flagWhere(
      "rough-profile",
      ({ profiles }) =>
        profiles.some(({ origin, measures }) => origin === "known" && measures.roughnessRatio > flagLimits.roughness),
      "The flat-field is rougher than light is: specimen, dirt or noise may be in it.",
    ),
    ...flagWhere(
      "few-planes",
      fewPlanes,
      `The profile was estimated from fewer than ${flagLimits.sampledPlanes} planes: more make it more reliable.`,
    ),
    ...flagWhere(
      "few-pairs",
      ({ seams }) => seams.kind === "measured" && seams.pairs.length < flagLimits.pairs,
      "Few tiles overlap: the figures rest on few comparisons.",
    ),
  ];
}

type FlagWhere = (kind: FlagKind, holds: (channel: ChannelQuality) => boolean, text: string) => QualityFlag[];

/** Flags about damaged pixels and planes, which seams alone would not show. */
function defectFlags(flagWhere: FlagWhere): QualityFlag[] {
  return [
    ...flagWhere(
      "wrapped",
      ({ defects }) => defects.wrapped > flagLimits.wrapped,
      "Pixels that are dark in the source are close to the largest value: differences below 0 were stored without a sign.",
    ),
    ...flagWhere(
      "not-numbers",
      ({ defects }) => defects.notNumbers > flagLimits.notNumbers,
      "Pixels are no number (NaN or infinite) that were in the source.",
    ),
    ...flagWhere(
      "uncorrected",
      ({ defects }) => defects.uncorrected > 0,
      "Planes, tiles or other parts were left as they are, or are missing, while others were corrected.",
    ),
    ...flagWhere(
      "gains-hide-tilt",
      ({ gains }) => gains !== undefined && gains.chanceReal < 0.5,
      "Tiles were divided by gains that a tilt of the profile explains as well: seams vanish, and the mosaic gets a slope.",
    ),
    ...flagWhere(
      "light-varies",
      ({ lightVariation = "none" }) => lightVariation !== "none",
      "The light changes within the mosaic, with depth or from one half to the other: one profile does not fit all of it.",
    ),
  ];
}

/** A flag for an image that looks stitched, as no two of its tiles overlap. */
export function stitchedFlag({ tiles, hasTileTable, levels }: Acquisition, hasOverlaps: boolean): QualityFlag[] {
  if (hasOverlaps) return [];
  const flag = (kind: FlagKind, text: string) => [{ kind, channels: [], text }];
  if (!hasTileTable) {
    const [, y, x] = levels[0]!.shapeZyx;
    if (Math.max(y, x) >= flagLimits.stitchedPx) {
      return flag(
        "stitched",
        `No table of tiles, and ${y} x ${x} pixels: this looks like an image that was stitched already. Tiles are corrected before stitching.`,
      );
    }
    return flag(
      "no-tiles",
      "Without a table of tiles all of the image counts as one: only the mean over its planes can be measured. If it was stitched, no profile fits it.",
    );
  }
  if (tiles.length > 1 && tiles.every(({ stagePositionUmYx }) => stagePositionUmYx !== undefined)) {
    return flag(
      "stitched",
      "Tiles do not overlap on the stage: stitched or cropped already, or taken without overlap. Tiles are corrected before stitching.",
    );
  }
  return [];
}

function reusedFlags(measured: readonly MeasuredChannel[], record: CorrectionRecord | undefined): QualityFlag[] {
  const shaOf = (label: string) => record?.channels.find((channel) => channel.label === label)?.sha256;
  return measured.flatMap(({ quality: a, recovered: first }, index) =>
    measured.slice(index + 1).flatMap(({ quality: b, recovered: second }): QualityFlag[] => {
      const isSame =
        shaOf(a.label) === undefined || shaOf(b.label) === undefined
          ? sameFlatfield(first?.flatfield, second?.flatfield)
          : shaOf(a.label) === shaOf(b.label);
      if (!isSame || a.profiles.length === 0 || b.profiles.length === 0) return [];
      const text =
        "Both channels were corrected with the same profile: light and optics differ from channel to channel.";
      return [{ kind: "reused-profile", channels: [a.label, b.label], text }];
    }),
  );
}

/** Whether two flat-fields that differ from 1 are equal up to rounding. */
function sameFlatfield(a: Float32Array | undefined, b: Float32Array | undefined): boolean {
  if (a === undefined || b === undefined || a.length !== b.length) return false;
  const apart = a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;
  const depth = a.reduce((sum, value) => sum + Math.abs(value - 1), 0) / a.length;
  return apart < flagLimits.sameFlatfield && depth > 10 * flagLimits.sameFlatfield;
}
