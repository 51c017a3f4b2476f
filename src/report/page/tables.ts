/** Tables of a channel's figures, before and after. */
import { formatCount, formatNumber, formatPercent, formatRanges, formatShare } from "../../quantities.ts";
import { type FigureName, figuresOf } from "../channel-figures.ts";
import type { ChannelQuality } from "../quality/quality-report.ts";
import type { DrawnChannel, RecordedFigures } from "./drawn-channel.ts";
import { html, type Markup } from "./markup.ts";

/** What the figures are called, and what they are. */
const descriptions: Readonly<Record<FigureName, readonly [name: string, note: (detail: string) => string]>> = {
  "seam-difference": ["Seam difference", (pairs) => `tiles as placed, ${pairs}`],
  "registered-difference": ["Seam difference, registered", (pairs) => `tiles where structures meet, ${pairs}`],
  "brightness-step": ["Brightness step", () => "mean |ln(A / B)|"],
  "profile-error": ["Profile error, estimated from overlaps", (range) => range],
  "grid-strength": ["Grid strength", () => "1: no grid at the edges of tiles"],
  "mean-plane": ["Unevenness of the mean plane", (planes) => `standard deviation over mean, ${planes} of tiles`],
  "joint-variation": ["Joint variation", () => "of sample and background; less is better"],
  saturated: ["Saturated pixels", () => ""],
  zeroed: ["Pixels set to 0", () => "by the correction"],
  "cut-off": ["Pixels cut off above", () => "by the correction"],
};

// Describes the tiles and planes of a channel's profile and figures.

const sources: Readonly<Record<string, string>> = {
  given: "a given profile",
  empty: "empty regions",
  basic: "BaSiC",
  none: "no profile: copied as it was",
};

/** The table of a channel's figures. */
export function figuresTable(quality: ChannelQuality): Markup {
  const rows = figuresOf(quality).map(({ name, form, before, after, detail }) => {
    const written = (value: number | undefined) => {
      if (value === undefined) return "–";
      if (form === "percent") return formatPercent(value, "–");
      if (form === "share") return formatShare(value);
      return name === "joint-variation" ? value.toFixed(3) : formatNumber(value);
    };
    const [title, note] = descriptions[name];
    return html`<tr><th scope="row">${title}</th><td class="n">${written(before)}</td><td class="n">${written(after)}</td><td class="note">${note(detail)}</td></tr>`;
  });
  return html`<div class="scroll"><table><thead><tr><th scope="col">Figure</th><th scope="col" class="n">before</th><th scope="col" class="n">after</th><th scope="col" class="note">what it is</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

/** The planes of the correction, by the corrected image's record, and those of this check. */
export function planesTable({ recorded, quality }: DrawnChannel): Markup {
  const rows = recorded.map((figures) => {
    const { side, source, sha256, subtracted, clippedLow, clippedHigh, pixels, planesByTile, gains } = figures;
    const count = planesByTile.reduce((sum, { planes }) => sum + planes.length, 0);
    const list = planesInWords(planesByTile);
    return html`<dl>
<dt>Profile from</dt><dd>${sources[source] ?? source}${side === undefined ? "" : ` (light from the ${side.toLowerCase()})`}</dd>
${count === 0 ? html`` : html`<dt>Estimated from</dt><dd>${count === 1 ? "1 plane of a tile" : `${count} planes of tiles`}, counted from 0: ${list}</dd>`}
<dt>Background subtracted</dt><dd>${formatNumber(subtracted)} counts after the division</dd>
<dt>Clipped</dt><dd>${formatShare(clippedLow / pixels)} of all pixels at 0, ${formatShare(clippedHigh / pixels)} at the largest value (counted over the whole image)</dd>
${gains === undefined ? html`` : html`<dt>Gains</dt><dd>${gainsInWords(gains)}</dd>`}
${sha256 === undefined ? html`` : html`<dt>SHA-256</dt><dd class="hash">${sha256}</dd>`}
</dl>`;
  });
  const tiles = [...new Set(quality.planes.map(({ tile }) => tile))];
  const planes = [...new Set(quality.planes.map(({ plane }) => plane))].sort((a, b) => a - b);
  return html`<h3>Tiles and planes</h3>${rows}<dl><dt>Looked at here</dt><dd>${formatCount(planes.length, "plane")} (${formatRanges(planes)}, counted from 0) of ${formatCount(tiles.length, "tile")} (${formatRanges(tiles)}), drawn from equal strata with the seed: the same in both images and in all tiles, so that neighbours can be compared.</dd></dl>`;
}

/** A sentence on the gain of every tile. */
function gainsInWords({ used, tiles }: NonNullable<RecordedFigures["gains"]>): string {
  if (!used) return "none: held-out overlaps do not agree clearly better with them";
  return tiles.map(({ tile, gain }) => `${gain.toFixed(3)} of tile ${tile}`).join(", ");
}

/** A sentence on the planes of tiles, with tiles of the same planes together. */
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
