import type { BasicFit } from "./fit.ts";

/** What the user of a fit should know of it: that it did not settle, or that it put the light into the dark-field. */
export function fitWarnings({ converged, reweightings, lastChange, darkfield, baseline }: BasicFit): string[] {
  const warnings: string[] = [];
  const { flatfield, darkfieldCounts } = lastChange;
  // A dark-field of next to nothing goes on changing by a large share of itself, which does no harm.
  if (!converged && (flatfield > 0.01 || darkfieldCounts > 1)) {
    const change = `${(100 * flatfield).toFixed(1)} % in the flat-field, ${darkfieldCounts.toFixed(1)} counts in the dark-field`;
    warnings.push(
      `The fit did not settle: round ${reweightings} still changed ${change}. More planes or a larger epsilon may help.`,
    );
  }
  const meanDark = darkfield.reduce((sum, value) => sum + value, 0) / darkfield.length;
  if (meanDark > baseline) {
    const counts = `${Math.round(meanDark)} of ${Math.round(meanDark + baseline)} counts`;
    warnings.push(
      `The fit took ${counts} of the background for a dark-field, which no camera has. Fit without a dark-field, with autosegment, or at a working size of 64.`,
    );
  }
  return warnings;
}
