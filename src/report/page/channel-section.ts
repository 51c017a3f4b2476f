/** What a report shows of one channel. */
import type { Yx } from "../../shapes.ts";
import type { Tile } from "../../tiles/tile.ts";
import type { FieldImage } from "../picture/field-image.ts";
import { rangeOf } from "../picture/field-image.ts";
import type { Overview } from "../picture/overview.ts";
import type { ChannelQuality } from "../quality/quality-report.ts";
import { formatNumber, formatShare } from "../quantities.ts";
import { compareFigure } from "./compare-figure.ts";
import { fieldFigure } from "./field-figure.ts";
import { histogramChart, lineChart } from "./line-chart.ts";
import { html, type Markup } from "./markup.ts";
import { seamMap } from "./seam-map.ts";

/** A profile to draw. */
export interface DrawnProfile {
  /** The side of the light sheet, where each has a profile. */
  readonly side?: string;
  readonly origin: "known" | "recovered";
  readonly flatfield: FieldImage;
  /** The dark-field or, as the pixels tell it, all that was taken off before the division. */
  readonly offset: FieldImage;
}

/** A channel with its pictures. */
export interface DrawnChannel {
  readonly quality: ChannelQuality;
  readonly id: string;
  readonly plane: number;
  readonly before: Overview;
  readonly after: Overview;
  readonly tiles: readonly Tile[];
  readonly profiles: readonly DrawnProfile[];
  /** Mean over all planes that were looked at. */
  readonly meanBefore: FieldImage;
  readonly meanAfter: FieldImage;
  /** What the corrected image itself says of its correction. */
  readonly recorded: readonly RecordedFigures[];
}

/** What the corrected image says of a channel, or of a side of it. */
export interface RecordedFigures {
  readonly side?: string;
  readonly source: string;
  readonly sha256?: string;
  readonly subtracted: number;
  readonly clippedLow: number;
  readonly clippedHigh: number;
  readonly pixels: number;
  readonly planesByTile: readonly { readonly tile: number; readonly planes: readonly number[] }[];
}

/** Draws a channel. @param isOnly whether there is no other, so that the verdict on the image is that on it */
export function channelSection(channel: DrawnChannel, isOnly: boolean): Markup {
  const { quality, id } = channel;
  return html`<section aria-labelledby="${id}">
<h2 id="${id}">${quality.label}</h2>
${isOnly ? html`` : html`<div class="verdict ${quality.verdict.kind}"><p><strong>${verdictWord(quality.verdict.kind)}.</strong> ${quality.verdict.reason}</p></div>`}
${figuresTable(quality)}
<h3>Before and after</h3>
${compareFigure({ ...channel, label: quality.label, id: `${id}-picture` })}
${profileFigures(channel)}
${meanFigures(channel)}
${seamFigures(channel)}
${planesTable(channel)}
</section>`;
}

/** A verdict in a word or two. */
export function verdictWord(kind: ChannelQuality["verdict"]["kind"]): string {
  return kind === "improved" ? "Improved" : kind === "worse" ? "Worse" : "No gain";
}

const percent = (share: number | undefined) =>
  share === undefined || !Number.isFinite(share) ? "–" : `${(100 * share).toFixed(2)} %`;

function figuresTable({ seams, before, after, gridStrength, zeroedShare, clippedHighShare, planes }: ChannelQuality) {
  const rows: (readonly [string, string, string, string])[] = [];
  if (seams.kind === "measured") {
    const { placed, registered } = seams;
    const counts = ({ before: { pairCount, leftOutCount } }: typeof placed) =>
      `${pairCount} pairs${leftOutCount === 0 ? "" : `, ${leftOutCount} left out`}`;
    rows.push([
      "Seam difference",
      percent(placed.before.difference),
      percent(placed.after?.difference),
      `tiles as placed, ${counts(placed)}`,
    ]);
    rows.push([
      "Seam difference, registered",
      percent(registered.before.difference),
      percent(registered.after?.difference),
      `tiles where structures meet, ${counts(registered)}`,
    ]);
    rows.push([
      "Brightness step",
      percent(placed.before.logRatio),
      percent(placed.after?.logRatio),
      "mean |ln(A / B)|",
    ]);
  }
  if (gridStrength !== undefined) {
    rows.push([
      "Grid strength",
      formatNumber(gridStrength.before),
      formatNumber(gridStrength.after),
      "1: no grid at the edges of tiles",
    ]);
  }
  const joint = (value: number | undefined) => (value === undefined ? "–" : value.toFixed(3));
  rows.push([
    "Unevenness of the mean plane",
    percent(before.meanPlaneVariation),
    percent(after.meanPlaneVariation),
    `standard deviation over mean, ${planes.length} planes`,
  ]);
  rows.push([
    "Joint variation",
    joint(before.jointVariation),
    joint(after.jointVariation),
    "of sample and background; less is better",
  ]);
  rows.push(["Saturated pixels", formatShare(before.saturatedShare), formatShare(after.saturatedShare), ""]);
  rows.push(["Pixels set to 0", "–", formatShare(zeroedShare), "by the correction"]);
  rows.push(["Pixels cut off above", "–", formatShare(clippedHighShare), "by the correction"]);
  return html`<div class="scroll"><table><thead><tr><th scope="col">Figure</th><th scope="col" class="n">before</th><th scope="col" class="n">after</th><th scope="col" class="note">what it is</th></tr></thead>
<tbody>${rows.map(([name, b, a, note]) => html`<tr><th scope="row">${name}</th><td class="n">${b}</td><td class="n">${a}</td><td class="note">${note}</td></tr>`)}</tbody></table></div>`;
}

function profileFigures({ profiles, quality }: DrawnChannel): Markup {
  if (profiles.length === 0) return html``;
  return html`<h3>Profile</h3>${profiles.map((profile, index) => {
    const measures = quality.profiles[index]?.measures;
    const rough =
      measures === undefined
        ? ""
        : ` Depth ${(100 * measures.depth).toFixed(0)} %, roughness ${measures.roughnessRatio.toFixed(1)} times that of smooth light.`;
    return html`${profilePictures(profile, rough)}`;
  })}`;
}

/** The maps and lines of a profile. */
export function profilePictures({ side, origin, flatfield, offset }: DrawnProfile, remark = ""): Markup {
  const of = side === undefined ? "" : `, ${side}`;
  const from = origin === "known" ? "The profile that was used." : "As the pixels before and after tell it.";
  const [least, most] = rangeOf(flatfield.values);
  const margin = 0.05 * (most - least || 1);
  const lines = centreLines(flatfield);
  const isDark = origin === "known";
  return html`<div class="figures">
${fieldFigure({ title: `Flat-field${of}`, caption: `${from} Light of the field, mean 1; isolux lines join points of equal light.${remark}`, image: flatfield, contours: true })}
${offsetFigure(`${isDark ? "Dark-field" : "Offset"}${of}`, isDark, offset)}
<figure>${lineChart(
    {
      title: `Flat-field${of} along the row and the column through its centre`,
      xLabel: "place in the field, %",
      yLabel: "flat-field",
      xRange: [0, 100],
      yRange: [least - margin, most + margin],
    },
    [
      { name: "along x", values: lines.alongX, look: "second" },
      { name: "along y", values: lines.alongY, look: "first" },
    ],
  )}<figcaption><strong>Through the centre${of}.</strong> The flat-field along its middle row (x) and its middle column (y).</figcaption></figure>
</div>`;
}

/** A map would show nothing of an offset that is the same everywhere. */
function offsetFigure(title: string, isDark: boolean, image: FieldImage): Markup {
  const [least, most] = rangeOf(image.values);
  if (least === most) return html`<p><strong>${title}:</strong> ${formatNumber(least)} counts everywhere.</p>`;
  const caption = isDark
    ? "Counts without light, taken off before the division."
    : "Counts that were taken off before the division, a background among them.";
  return fieldFigure({ title, caption, image, unit: "counts", contours: false });
}

function centreLines({ values, shapeYx: [rows, columns] }: FieldImage): { alongX: Float32Array; alongY: Float32Array } {
  const [row, column] = [Math.floor(rows / 2), Math.floor(columns / 2)];
  return {
    alongX: values.slice(row * columns, (row + 1) * columns),
    alongY: Float32Array.from({ length: rows }, (_, y) => values[y * columns + column]!),
  };
}

function meanFigures({ meanBefore, meanAfter, quality }: DrawnChannel): Markup {
  const [before, after] = [relative(meanBefore), relative(meanAfter)];
  const range = rangeOf([...before.values, ...after.values]);
  const caption = (which: string) =>
    `${which}, all ${quality.planes.length} planes averaged, over its mean. Both maps have the same colours.`;
  return html`<h3>Mean over all planes</h3><div class="figures">
${fieldFigure({ title: "Before", caption: caption("As it was taken"), image: before, range, contours: false })}
${fieldFigure({ title: "After", caption: caption("Corrected"), image: after, range, contours: false })}
</div>`;
}

function relative({ values, shapeYx }: FieldImage): FieldImage {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length || 1;
  return { shapeYx, values: values.map((value) => value / mean) };
}

function seamFigures({ quality: { seams }, tiles }: DrawnChannel): Markup {
  if (seams.kind === "none") return html`<h3>Seams</h3><p>${seams.reason}</p>`;
  const before = seams.pairs.flatMap((pair) => (pair.before === undefined ? [] : [pair.before.difference]));
  const after = seams.pairs.flatMap((pair) => (pair.after === undefined ? [] : [pair.after.difference]));
  if (before.length === 0) return html`<h3>Seams</h3><p>All overlaps are dark: there is nothing to compare.</p>`;
  const sorted = [...before, ...after].sort((a, b) => a - b);
  const strongest = sorted[Math.floor(0.98 * (sorted.length - 1))]!;
  const [binsBefore, binsAfter] = [binned(before, strongest), binned(after, strongest)];
  const most = Math.max(...binsBefore, ...binsAfter);
  return html`<h3>Seams</h3><div class="figures">
${seamMap({ title: "Before: a seam is as strong as its tiles differ.", tiles, pairs: seams.pairs, which: "before", strongest })}
${seamMap({ title: "After, in the same strength.", tiles, pairs: seams.pairs, which: "after", strongest })}
<figure>${histogramChart(
    {
      title: "How many pairs of tiles have which seam difference, before and after",
      xLabel: "seam difference, %",
      yLabel: "pairs",
      xRange: [0, 100 * strongest],
      yRange: [0, most],
    },
    [
      { name: "after", counts: binsAfter, look: "second" },
      { name: "before", counts: binsBefore, look: "first" },
    ],
  )}<figcaption><strong>Seam differences</strong> of ${before.length} pairs; the last bin also holds larger ones.</figcaption></figure>
</div>`;
}

const binCount = 20;

function binned(values: readonly number[], most: number): number[] {
  const bins = new Array<number>(binCount).fill(0);
  for (const value of values) bins[Math.min(binCount - 1, Math.floor((value / (most || 1)) * binCount))]! += 1;
  return bins;
}

const sources: Readonly<Record<string, string>> = {
  given: "a given profile",
  empty: "empty regions",
  basic: "BaSiC",
  none: "no profile: copied as it was",
};

function planesTable({ recorded, quality }: DrawnChannel): Markup {
  const rows = recorded.map(({ side, source, sha256, subtracted, clippedLow, clippedHigh, pixels, planesByTile }) => {
    const count = planesByTile.reduce((sum, { planes }) => sum + planes.length, 0);
    const list = planesInWords(planesByTile);
    return html`<dl>
<dt>Profile from</dt><dd>${sources[source] ?? source}${side === undefined ? "" : ` (light from the ${side.toLowerCase()})`}</dd>
${count === 0 ? html`` : html`<dt>Estimated from</dt><dd>${counted(count, "plane")}: ${list}</dd>`}
<dt>Background taken off</dt><dd>${formatNumber(subtracted)} counts after the division</dd>
<dt>Clipped</dt><dd>${formatShare(clippedLow / pixels)} of all pixels at 0, ${formatShare(clippedHigh / pixels)} at the largest value (counted over the whole image)</dd>
${sha256 === undefined ? html`` : html`<dt>SHA-256</dt><dd class="hash">${sha256}</dd>`}
</dl>`;
  });
  const tiles = [...new Set(quality.planes.map(({ tile }) => tile))];
  const planes = [...new Set(quality.planes.map(({ plane }) => plane))].sort((a, b) => a - b);
  return html`<h3>Tiles and planes</h3>${rows}<dl><dt>Looked at here</dt><dd>${counted(planes.length, "plane")} (${ranges(planes)}) of ${counted(tiles.length, "tile")} (${ranges(tiles)}), drawn from equal strata with the seed: the same in both images and in all tiles, so that neighbours can be compared.</dd></dl>`;
}

/** Tiles that gave the same planes together. */
function planesInWords(byTile: RecordedFigures["planesByTile"]): string {
  const tilesOf = new Map<string, number[]>();
  for (const { tile, planes } of byTile) {
    const words = ranges(planes);
    tilesOf.set(words, [...(tilesOf.get(words) ?? []), tile]);
  }
  return [...tilesOf]
    .map(([planes, tiles]) => `${planes} of ${tiles.length === 1 ? "tile" : "tiles"} ${ranges(tiles)}`)
    .join("; ");
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}

/** Whole numbers with runs drawn together: `1-4, 7`. */
export function ranges(numbers: readonly number[]): string {
  const sorted = [...numbers].sort((a, b) => a - b);
  const runs: [number, number][] = [];
  for (const number of sorted) {
    const last = runs.at(-1);
    if (last !== undefined && number === last[1] + 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(", ");
}

/** Rows and columns as text. */
export function shapeText([rows, columns]: Yx): string {
  return `${rows} x ${columns}`;
}
