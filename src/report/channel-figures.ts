/** The figures of a channel, before and after a correction, in the order in which people see them. */
import { formatCount, formatPercent } from "../quantities.ts";
import type { ChannelQuality } from "./quality/quality-report.ts";

/** What a figure tells. */
export type FigureName =
  | "seam-difference"
  | "registered-difference"
  | "brightness-step"
  | "profile-error"
  | "grid-strength"
  | "mean-plane"
  | "joint-variation"
  | "saturated"
  | "zeroed"
  | "cut-off";

/** A figure, before the correction, unless it is of the correction alone, and after it. */
interface Figure {
  readonly name: FigureName;
  /** How it is written: both are fractions, but a share that is not quite 0 is not shown as 0. */
  readonly form: "percent" | "share" | "number";
  readonly before?: number;
  readonly after?: number;
  /** What it was measured on, or its range. */
  readonly detail: string;
}

/** All figures that a channel has. */
export function figuresOf({ seams, errors, gridStrength, before, after, planes, ...more }: ChannelQuality): Figure[] {
  const figures: Figure[] = [];
  if (seams.kind === "measured") {
    for (const [name, pairs] of [
      ["seam-difference", seams.placed],
      ["registered-difference", seams.registered],
    ] as const) {
      const { pairCount, leftOutCount } = pairs.before;
      const detail = `${formatCount(pairCount, "pair")}${leftOutCount === 0 ? "" : `, ${leftOutCount} left out`}`;
      figures.push({ name, form: "percent", before: pairs.before.difference, after: pairs.after?.difference, detail });
    }
    const { before, after } = seams.placed;
    const [stepBefore, stepAfter] = [before.logRatio, after?.logRatio];
    figures.push({ name: "brightness-step", form: "percent", before: stepBefore, after: stepAfter, detail: "" });
  }
  if (errors !== undefined) {
    const { profile, profileBefore } = errors;
    const detail = `${formatPercent(profile.low)} to ${formatPercent(profile.high)}`;
    const [before, after] = [profileBefore.value, profile.value];
    figures.push({ name: "profile-error", form: "percent", before, after, detail });
  }
  if (gridStrength !== undefined) figures.push({ name: "grid-strength", form: "number", ...gridStrength, detail: "" });
  const count = formatCount(planes.length, "plane");
  const [uneven, evener] = [before.meanPlaneVariation, after.meanPlaneVariation];
  const [joint, jointAfter] = [before.jointVariation, after.jointVariation];
  figures.push(
    { name: "mean-plane", form: "percent", before: uneven, after: evener, detail: count },
    { name: "joint-variation", form: "number", before: joint, after: jointAfter, detail: "" },
    { name: "saturated", form: "share", before: before.saturatedShare, after: after.saturatedShare, detail: "" },
    { name: "zeroed", form: "share", after: more.zeroedShare, detail: "" },
    { name: "cut-off", form: "share", after: more.clippedHighShare, detail: "" },
  );
  return figures;
}
