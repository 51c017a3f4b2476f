/** Where tiles differ in their overlaps, and by how much. */
import type { DrawnChannel } from "./drawn-channel.ts";
import { histogramChart } from "./line-chart.ts";
import { html, type Markup } from "./markup.ts";
import { seamMap } from "./seam-map.ts";

/** Maps of the seams of a channel, and how often which difference occurs. */
export function seamFigures({ quality: { seams }, tiles }: DrawnChannel): Markup {
  if (seams.kind === "none") return html`<h3>Seams</h3><p>${seams.reason}</p>`;
  const before = seams.pairs.flatMap((pair) => (pair.before === undefined ? [] : [pair.before.difference]));
  const after = seams.pairs.flatMap((pair) => (pair.after === undefined ? [] : [pair.after.difference]));
  if (before.length === 0) return html`<h3>Seams</h3><p>All overlaps are dark: there is nothing to compare.</p>`;
  const sorted = [...before, ...after].sort((a, b) => a - b);
  const strongest = sorted[Math.floor(0.98 * (sorted.length - 1))]!;
  const [binsBefore, binsAfter] = [binned(before, strongest), binned(after, strongest)];
  const most = Math.max(...binsBefore, ...binsAfter);
  return html`<h3>Seams</h3><div class="figures">
${seamMap({ title: `Before: a seam is drawn the stronger the more its tiles differ, in full strength from ${(100 * strongest).toFixed(1)} % on.`, tiles, pairs: seams.pairs, which: "before", strongest })}
${seamMap({ title: "After, drawn alike.", tiles, pairs: seams.pairs, which: "after", strongest })}
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
