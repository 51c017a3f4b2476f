/** A report as one HTML file that needs nothing else. */

import { snakeCase } from "../../parameters/spelling.ts";
import { formatPercent } from "../../quantities.ts";
import { formatShape } from "../../shapes.ts";
import type { QualityReport } from "../quality/quality-report.ts";
import { remarksOf, verdictWord } from "../quality/verdict-words.ts";
import { channelSection } from "./channel-section.ts";
import type { DrawnChannel } from "./drawn-channel.ts";
import { html, Markup } from "./markup.ts";
import { script, style } from "./style.ts";

/** All that a report shows. */
export interface ReportContent {
  readonly report: QualityReport;
  readonly channels: readonly DrawnChannel[];
  /** The command that makes the same. */
  readonly command: string;
  /** Parameters of the correction, as the corrected image records them. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** The version that corrected, where it is known. */
  readonly correctedBy?: string;
}

/** Writes the page. */
export function reportPage(content: ReportContent): string {
  const { report, channels } = content;
  const name = report.source.split("/").filter(Boolean).slice(-2).join("/");
  const body = html`<header>
<p class="kicker">Isolux · illumination report</p>
<h1>${name}</h1>
<p class="paths">before: ${report.source}<br>after: ${report.corrected}</p>
<div class="verdict ${report.verdict.kind}"><p class="word">${verdictWord(report.verdict.kind)}<small>${report.verdict.confidence} confidence</small></p><p>${report.verdict.reason}</p></div>
${flagList(report)}
${channels.length < 2 ? html`` : html`<nav aria-label="Channels">${channels.map(({ id, quality }) => html`<a href="#${id}">${quality.label}</a>`)}<a href="#repeat">Parameters</a></nav>`}
</header>
<main>
${channels.length < 2 ? html`` : channelTable(channels)}
${channels.map((channel) => channelSection(channel, channels.length === 1))}
${repeatSection(content)}
</main>
<footer>${definitions}</footer>`;
  return page(`${verdictWord(report.verdict.kind)}: ${name}`, body);
}

/** A whole document around a body. */
export function page(title: string, body: Markup): string {
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${new Markup(style)}</style>
</head>
<body>
${body}
<script>${new Markup(script)}</script>
</body>
</html>
`;
  return document.text;
}

function flagList(report: QualityReport): Markup {
  const items = remarksOf(report);
  if (items.length === 0) return html``;
  return html`<ul class="flags" aria-label="Warnings">${items.map((text) => html`<li>${text}</li>`)}</ul>`;
}

function channelTable(channels: readonly DrawnChannel[]): Markup {
  const share = (value: number | undefined) => formatPercent(value, "–");
  const rows = channels.map(({ quality: { label, verdict, seams, before, after }, id }) => {
    const [seamBefore, seamAfter] =
      seams.kind === "measured"
        ? [share(seams.placed.before.difference), share(seams.placed.after?.difference)]
        : ["–", "–"];
    return html`<tr><th scope="row"><a href="#${id}">${label}</a></th><td>${verdictWord(verdict.kind)}</td><td class="n">${seamBefore}</td><td class="n">${seamAfter}</td><td class="n">${share(before.meanPlaneVariation)}</td><td class="n">${share(after.meanPlaneVariation)}</td></tr>`;
  });
  return html`<div class="scroll"><table><caption>All channels: seam difference and unevenness of the mean plane, before and after</caption><thead><tr><th scope="col">Channel</th><th scope="col">Verdict</th><th scope="col" class="n">seams before</th><th scope="col" class="n">after</th><th scope="col" class="n">uneven before</th><th scope="col" class="n">after</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function repeatSection({ report, command, parameters, correctedBy }: ReportContent): Markup {
  const entries = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined);
  return html`<section aria-labelledby="repeat"><h2 id="repeat">How to repeat it</h2>
<pre><code>${command}</code></pre>
<dl><dt>Checked with</dt><dd>Isolux ${report.version}, seed ${report.seed}, level ${report.level} (tiles of ${formatShape(report.fieldYx)} px there), ${report.tileCount} tiles</dd>
${correctedBy === undefined ? html`` : html`<dt>Corrected with</dt><dd>Isolux ${correctedBy}</dd>`}
${entries.map(([name, value]) => html`<dt>${snakeCase(name)}</dt><dd>${valueText(value)}</dd>`)}</dl></section>`;
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
