/** A verdict and what goes with it, in words. */
import type { QualityReport, VerdictKind } from "./quality-report.ts";

/** A verdict in a word or two. */
export function verdictWord(kind: VerdictKind): string {
  return kind === "improved" ? "Improved" : kind === "worse" ? "Worse" : "No gain";
}

/** How sure a verdict is, in words. */
export function sureness(certainty: number): string {
  if (certainty >= 0.995) return "sure";
  if (certainty >= 0.95) return "quite sure";
  return certainty >= 0.75 ? "likely" : "unsure";
}

/** What there is to say of the images beside the verdict: what was noticed, with the channels, then notes. */
export function remarksOf({ flags, notes }: QualityReport): string[] {
  const noticed = flags.map(({ channels, text }) => (channels.length === 0 ? text : `${channels.join(", ")}: ${text}`));
  return [...noticed, ...notes];
}
