import type { GainsReport } from "../estimate/refine/tile-gains.ts";

/** What a search for gains did, as a sentence for the user. */
export function describeGains(report: GainsReport): string {
  const { kind, used, source, tiles, pairCount, before, heldOut } = report;
  const percent = (figure: number) => `${(100 * figure).toPrecision(2)} %`;
  const whose = kind === "side" ? "sides" : kind === "tile" ? "tiles" : "tiles and sides";
  const gains = tiles.map(({ gain }) => gain);
  const range = `${Math.min(...gains).toFixed(3)} to ${Math.max(...gains).toFixed(3)}`;
  if (source === "given") return `gains of ${whose}, ${range}, as saved with the profile.`;
  if (pairCount === 0) return "no gains: no overlap shows enough light.";
  const apart = `${percent(before)} apart in brightness in ${pairCount} overlaps`;
  if (!used)
    return `no gains: neighbours are ${apart}, and gains of ${whose} do not make held-out ones agree clearly better.`;
  return `gains of ${whose}, ${range}: neighbours are ${apart}, ${percent(heldOut)} in overlaps that had no part in it.`;
}
