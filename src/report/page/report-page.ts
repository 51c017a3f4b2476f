/** A report as one self-contained HTML file. */
import { encodePng } from "../../acquisition/pages/png.ts";
import { snakeCase } from "../../parameters/spelling.ts";
import { formatCount, formatNumber, formatPercent } from "../../quantities.ts";
import { formatShape, type Yx } from "../../shapes.ts";
import { meanOf } from "../../statistics.ts";
import type { Tile } from "../../tiles/tile.ts";
import { type FieldImage, type Overview, pngUrl, rangeOf, toBytes } from "../picture/image.ts";
import { type QualityReport, remarksOf, verdictWord } from "../quality/quality-report.ts";
import { fieldFigure } from "./charts.ts";
import type { DrawnChannel } from "./drawn-channel.ts";
import { commandText, html, type Markup, page, pathText } from "./markup.ts";
import { flatfieldFigures, formatLength, profileFigures } from "./profile-page.ts";
import { figuresTable, planesTable } from "./tables.ts";
import { gainFigures, seamFigures } from "./tiles.ts";

/** The content of a report. */
interface ReportContent {
  readonly report: QualityReport;
  readonly channels: readonly DrawnChannel[];
  /** The command that makes the same. */
  readonly command: string;
  /** Parameters of the correction, as the corrected image records them. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** The version that corrected, where it is known. */
  readonly correctedBy?: string;
}

// Round numbers for axes and scale bars.

/** A scale bar: its length as a fraction of the image's width, and its label. */
export interface ScaleBar {
  readonly share: number;
  readonly label: string;
}

/** The largest length of a bar, as a fraction of the image's width. */
const longest = 0.25;

/** Returns the page. */
export function reportPage(content: ReportContent): string {
  const { report, channels } = content;
  const name = report.source.split(/[\\/]/).filter(Boolean).slice(-2).join("/");
  const [first] = channels;
  const body = html`<header>
<div class="found">
<p class="kicker">Isolux · illumination report</p>
<h1>${name}</h1>
<div class="verdict ${report.verdict.kind}"><p class="word">${verdictWord(report.verdict.kind)}<small>${report.verdict.confidence} confidence</small></p>
${channels.map((channel) => channelLine(channel, channels.length === 1))}
${channels.length === 1 ? html`<p>${report.verdict.reason}</p>` : html``}</div>
${flagList(report)}
</div>
${first === undefined ? html`` : html`${picture(first)}${flatfieldFigures(first)}`}
</header>
<main>
${channels.map((channel, index) => channelSection(channel, index === 0))}
${repeatSection(content)}
</main>
<footer><details><summary>What the figures mean</summary>${definitions}</details></footer>`;
  return page(`${verdictWord(report.verdict.kind)}: ${name}`, body);
}

function flagList(report: QualityReport): Markup {
  const items = remarksOf(report);
  if (items.length === 0) return html``;
  return html`<ul class="flags" aria-label="Warnings">${items.map((text) => html`<li>${text}</li>`)}</ul>`;
}

/** A channel in a line: how much neighbours differ before and after, and how far its profile may be off. */
function channelLine({ quality: { label, verdict, errors, ...figures }, id }: DrawnChannel, isOnly: boolean): Markup {
  const [what, one, other] = mainFigures(figures);
  const name = isOnly ? html`` : html`<a href="#${id}">${label}</a> ${verdictWord(verdict.kind).toLowerCase()}: `;
  const error = errors === undefined ? html`` : html`; the profile is off by ${range(errors.profile)}`;
  const words = isOnly ? what.charAt(0).toUpperCase() + what.slice(1) : what;
  return html`<p class="channel">${name}${words} <strong>${formatPercent(one, "–")} → ${formatPercent(other, "–")}</strong>${error}</p>`;
}

/** What is told of a channel first: the differences that the verdict's line gives, where there are any. */
function mainFigures({
  votes,
  seams,
  before,
  after,
}: Pick<DrawnChannel["quality"], "votes" | "seams" | "before" | "after">) {
  const found = votes?.shading;
  if (found !== undefined) return ["neighbours differ by", found.before, found.after] as const;
  return seams.kind === "measured"
    ? (["neighbours differ by", seams.placed.before.difference, seams.placed.after?.difference] as const)
    : (["the mean plane is uneven by", before.meanPlaneVariation, after.meanPlaneVariation] as const);
}

function range({ value, low, high }: { readonly value: number; readonly low: number; readonly high: number }): Markup {
  return html`<span>${formatPercent(value)}</span> <span>(${formatPercent(low)} to ${formatPercent(high)})</span>`;
}

function repeatSection({ report, command, parameters, correctedBy }: ReportContent): Markup {
  const entries = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined);
  return html`<section aria-labelledby="repeat"><h2 id="repeat">How to repeat it</h2>
${commandText(command)}
<dl><dt>Before</dt><dd>${pathText(report.source)}</dd><dt>After</dt><dd>${pathText(report.corrected)}</dd><dt>Checked with</dt><dd>Isolux ${report.version}, seed ${report.seed}, level ${report.level} (tiles of ${formatShape(report.fieldYx)} px there), ${formatCount(report.tileCount, "tile")}</dd>
${correctedBy === undefined ? html`` : html`<dt>Corrected with</dt><dd>Isolux ${correctedBy}</dd>`}
${entries.map(([name, value]) => html`<dt><code>${snakeCase(name)}</code></dt><dd>${valueText(value)}</dd>`)}</dl></section>`;
}

function valueText(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .map(([name, inner]) => `${snakeCase(name)} ${valueText(inner)}`)
    .join(", ");
}

const definitions = html`<p><strong>Seam difference</strong>: in each overlap of two tiles, the mean of |A − B| over the mean brightness; then the mean over the overlaps. Noise is in it and stays. <strong>Brightness step</strong>: the same for the mean brightness of each overlap, shading alone. The verdict rests on lights that explain what overlaps of the source show: under each of them the error of both images is computed, and pairs of tiles must agree in both kinds of means, in both directions and at all depths. <strong>Profile error</strong>: how far the profile is from these lights, on average over the field, with the middle 95 %.</p>
<p>Colours: viridis, by N. Smith and S. van der Walt (CC0), polynomials by M. Zucker (CC0). This page needs no network.</p>`;

// The section on one channel.

/** Draws a channel: its profile, and all figures behind a word. @param isFirst its pictures stand at the top of the page */
function channelSection(channel: DrawnChannel, isFirst: boolean): Markup {
  const { quality, id } = channel;
  return html`<section aria-labelledby="${id}">
<h2 id="${id}">${quality.label}</h2>
${isFirst ? html`` : html`<div class="shown">${picture(channel)}${flatfieldFigures(channel)}</div>`}
<details class="all"><summary>All figures of ${quality.label}</summary>
<p>${quality.verdict.reason}</p>
${figuresTable(quality)}
${profileFigures(channel)}
${meanFigures(channel)}
${seamFigures(channel)}
${gainFigures(channel)}
${planesTable(channel)}
</details>
</section>`;
}

function picture(channel: DrawnChannel): Markup {
  return compareFigure({ ...channel, label: channel.quality.label, id: `${channel.id}-picture` });
}

function meanFigures({ meanBefore, meanAfter, quality }: DrawnChannel): Markup {
  const [before, after] = [relative(meanBefore), relative(meanAfter)];
  const colours = rangeOf([...before.values, ...after.values]);
  const caption = (which: string) =>
    `${which}: the mean of ${formatCount(quality.planes.length, "plane")} of tiles, over its own mean. Both maps have the same colours.`;
  return html`<h3>The field on average</h3><div class="figures">
${fieldFigure({ title: "Before", caption: caption("As it was taken"), image: before, range: colours, contours: false })}
${fieldFigure({ title: "After", caption: caption("Corrected"), image: after, range: colours, contours: false })}
</div>`;
}

function relative({ values, shapeYx }: FieldImage): FieldImage {
  const mean = meanOf(values) || 1;
  return { shapeYx, values: values.map((value) => value / mean) };
}

// A plane of the mosaic before and after the correction, under a slider, with the grid of tiles over it.

/** The pictures of a channel. */
interface ComparedPictures {
  readonly label: string;
  /** Of the full resolution. */
  readonly plane: number;
  readonly before: Overview;
  readonly after: Overview;
  readonly tiles: readonly Tile[];
  /** Of the full resolution, rows and columns. */
  readonly pixelSizeUmYx: Yx;
  /** Distinguishes the controls of several figures on a page. */
  readonly id: string;
}

/** Draws both images. Grey values have the same range width in both, so that seams are equally visible. */
function compareFigure(pictures: ComparedPictures): Markup {
  const { label, plane, before, after, tiles, pixelSizeUmYx, id } = pictures;
  const [low, , high] = quantiles(before.values);
  const middles = [quantiles(before.values)[1], quantiles(after.values)[1]] as const;
  const shift = middles[1] - middles[0];
  const url = ({ values, shapeYx }: Overview, from: number, to: number) =>
    pngUrl(encodePng(toBytes(values, from, to), shapeYx));
  const [rows, columns] = before.shapeYx;
  const greys = (from: number, to: number) => `${formatNumber(Math.round(from))} to ${formatNumber(Math.round(to))}`;
  const [stepY, stepX] = before.stepYx;
  const boxes = tiles.map(({ number, box: { start, stop } }) => {
    const [x, y] = [start[2] / stepX, start[1] / stepY];
    return html`<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${((stop[2] - start[2]) / stepX).toFixed(1)}" height="${((stop[1] - start[1]) / stepY).toFixed(1)}"><title>${`Tile ${number}`}</title></rect>`;
  });
  const bar = barMarkup(scaleBar(columns * stepX * pixelSizeUmYx[1]));
  const size = html`width="${columns}" height="${rows}"`;
  return html`<figure class="compared" style="--ratio:${(columns / rows).toFixed(4)}">
<label class="toggle"><input type="checkbox" data-grid="${id}"> Show the tiles</label>
<div class="compare" id="${id}">
<div class="before"><img ${size} alt="${label}, plane ${plane}, as it was taken" src="${url(before, low, high)}"><span class="tag">before</span>${bar}</div>
<div class="after"><img ${size} alt="${label}, plane ${plane}, corrected" src="${url(after, low + shift, high + shift)}"><span class="tag">after</span>${bar}</div>
<svg class="grid" viewBox="0 0 ${columns} ${rows}" preserveAspectRatio="none" aria-hidden="true">${boxes}</svg>
</div>
<input class="slider" type="range" min="0" max="100" value="50" data-compare="${id}" aria-label="${label}: how much of the picture is shown as it was before the correction">
<figcaption>Plane ${plane} of the mosaic (counted from 0), grey values ${greys(low, high)} before and ${greys(low + shift, high + shift)} after. Tiles lie side by side: what two of them show appears twice.</figcaption>
</figure>`;
}

function barMarkup(bar: ScaleBar | undefined): Markup {
  if (bar === undefined) return html``;
  return html`<span class="scale" style="width:${(100 * bar.share).toFixed(2)}%">${bar.label}</span>`;
}

/** The values below which a hundredth, a half and 99.5 hundredths of the pixels lie; pixels of 0 are ignored. */
function quantiles(values: Float32Array): readonly [low: number, middle: number, high: number] {
  const sorted = values.filter((value) => value !== 0 && Number.isFinite(value)).sort();
  if (sorted.length === 0) return [0, 0, 1];
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]!;
  return [at(0.01), at(0.5), Math.max(at(0.995), at(0.01) + 1e-6)];
}

/**
 * The longest round bar (1, 2 or 5 times a power of ten) of at most a quarter of an image's width.
 * @param widthUm the width of the image in µm
 * @returns `undefined` where that is not known
 */
export function scaleBar(widthUm: number): ScaleBar | undefined {
  if (!(widthUm > 0) || !Number.isFinite(widthUm)) return undefined;
  const most = longest * widthUm;
  const power = 10 ** Math.floor(Math.log10(most) + 1e-9);
  const digit = [5, 2, 1].find((candidate) => candidate * power <= most * (1 + 1e-9)) ?? 1;
  return { share: (digit * power) / widthUm, label: formatLength(digit * power) };
}
