/** From which tiles and planes a channel's profile and figures come. */
import { formatCount, formatNumber, formatRanges, formatShare } from "../../quantities.ts";
import type { DrawnChannel, RecordedFigures } from "./drawn-channel.ts";
import { html, type Markup } from "./markup.ts";

const sources: Readonly<Record<string, string>> = {
  given: "a given profile",
  empty: "empty regions",
  basic: "BaSiC",
  none: "no profile: copied as it was",
};

/** What the corrected image says of its correction, and what was looked at here. */
export function planesTable({ recorded, quality }: DrawnChannel): Markup {
  const rows = recorded.map((figures) => {
    const { side, source, sha256, subtracted, clippedLow, clippedHigh, pixels, planesByTile, gains } = figures;
    const count = planesByTile.reduce((sum, { planes }) => sum + planes.length, 0);
    const list = planesInWords(planesByTile);
    return html`<dl>
<dt>Profile from</dt><dd>${sources[source] ?? source}${side === undefined ? "" : ` (light from the ${side.toLowerCase()})`}</dd>
${count === 0 ? html`` : html`<dt>Estimated from</dt><dd>${count === 1 ? "1 plane of a tile" : `${count} planes of tiles`}, counted from 0: ${list}</dd>`}
<dt>Background taken off</dt><dd>${formatNumber(subtracted)} counts after the division</dd>
<dt>Clipped</dt><dd>${formatShare(clippedLow / pixels)} of all pixels at 0, ${formatShare(clippedHigh / pixels)} at the largest value (counted over the whole image)</dd>
${gains === undefined ? html`` : html`<dt>Gains</dt><dd>${gainsInWords(gains)}</dd>`}
${sha256 === undefined ? html`` : html`<dt>SHA-256</dt><dd class="hash">${sha256}</dd>`}
</dl>`;
  });
  const tiles = [...new Set(quality.planes.map(({ tile }) => tile))];
  const planes = [...new Set(quality.planes.map(({ plane }) => plane))].sort((a, b) => a - b);
  return html`<h3>Tiles and planes</h3>${rows}<dl><dt>Looked at here</dt><dd>${formatCount(planes.length, "plane")} (${formatRanges(planes)}, counted from 0) of ${formatCount(tiles.length, "tile")} (${formatRanges(tiles)}), drawn from equal strata with the seed: the same in both images and in all tiles, so that neighbours can be compared.</dd></dl>`;
}

/** The gain of every tile. */
function gainsInWords({ used, tiles }: NonNullable<RecordedFigures["gains"]>): string {
  if (!used) return "none: held-out overlaps do not agree clearly better with them";
  return tiles.map(({ tile, gain }) => `${gain.toFixed(3)} of tile ${tile}`).join(", ");
}

/** Tiles that gave the same planes together. */
function planesInWords(byTile: RecordedFigures["planesByTile"]): string {
  const tilesOf = new Map<string, number[]>();
  for (const { tile, planes } of byTile) {
    const words = formatRanges(planes);
    tilesOf.set(words, [...(tilesOf.get(words) ?? []), tile]);
  }
  return [...tilesOf]
    .map(
      ([planes, tiles]) =>
        `${/[,-]/.test(planes) ? "planes" : "plane"} ${planes} of ${tiles.length === 1 ? "tile" : "tiles"} ${formatRanges(tiles)}`,
    )
    .join("; ");
}
