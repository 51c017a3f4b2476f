/** Draws the differences of tiles in their overlaps. */

import { formatCount, formatPercent } from "../../quantities.ts";
import type { Tile } from "../../tiles/tile.ts";
import type { PairSeams } from "../seams.ts";
import { histogramChart } from "./charts.ts";
import type { DrawnChannel } from "./drawn-channel.ts";
import { html, type Markup } from "./markup.ts";
import { squareAt, tileGrid } from "./tiles.ts";

/** Maps of the seams of a channel, and a histogram of the differences. */
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
  )}<figcaption><strong>Seam differences</strong> of ${formatCount(before.length, "pair")}; the last bin also holds larger ones.</figcaption></figure>
</div>`;
}

const binCount = 20;

function binned(values: readonly number[], most: number): number[] {
  const bins = new Array<number>(binCount).fill(0);
  for (const value of values) bins[Math.min(binCount - 1, Math.floor((value / (most || 1)) * binCount))]! += 1;
  return bins;
}

// A map of tiles, with the seams between neighbours drawn the stronger, the more these differ.

/** The seams of one image. */
interface SeamMap {
  readonly title: string;
  readonly tiles: readonly Tile[];
  readonly pairs: readonly PairSeams[];
  readonly which: "before" | "after";
  /** The seam difference that is drawn in full strength. */
  readonly strongest: number;
}

/** Draws the map. Pairs that are not neighbours in the grid are omitted. */
function seamMap({ title, tiles, pairs, which, strongest }: SeamMap): Markup {
  const grid = tileGrid(tiles, { size: 56, extent: 340 });
  const { places, size, width, height, margin } = grid;
  const at = (index: number) => (margin + index * size).toFixed(1);
  const squares = [...places].map(([number, place]) => {
    const { x, y, side, centreX, centreY } = squareAt(grid, place, 0.09);
    const name = size < 15 ? html`` : html`<text x="${centreX}" y="${centreY}" text-anchor="middle">${number}</text>`;
    return html`<rect class="tile" x="${x}" y="${y}" width="${side}" height="${side}" rx="1.5"/>${name}`;
  });
  const seams = pairs.map(({ first, second, [which]: seam }) => {
    const [a, b] = [places.get(first), places.get(second)];
    if (a === undefined || b === undefined || seam === undefined) return html``;
    const strength = Math.min(1, seam.difference / (strongest || 1));
    const [row, column] = [Math.max(a.row, b.row), Math.max(a.column, b.column)];
    const isBeside = a.row === b.row && Math.abs(a.column - b.column) === 1;
    if (!isBeside && !(a.column === b.column && Math.abs(a.row - b.row) === 1)) return html``;
    const hint = html`<title>${`Tiles ${first} and ${second}: ${formatPercent(seam.difference)}`}</title>`;
    const [x1, y1, x2, y2] = isBeside
      ? [at(column), at(row + 0.14), at(column), at(row + 0.86)]
      : [at(column + 0.14), at(row), at(column + 0.86), at(row)];
    const opacity = (0.06 + 0.94 * strength).toFixed(3);
    return html`<line class="seam" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke-opacity="${opacity}" stroke-width="${(size * 0.14).toFixed(1)}">${hint}</line>`;
  });
  return html`<figure class="seams"><svg viewBox="0 0 ${width.toFixed(0)} ${height.toFixed(0)}" style="max-width:${Math.round(width)}px" role="img" aria-label="${title}"><g class="axis">${squares}</g>${seams}</svg><figcaption>${title}</figcaption></figure>`;
}
