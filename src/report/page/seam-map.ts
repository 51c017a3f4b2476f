/** Tiles as they lie, with the seams between neighbours as strong as these differ. */

import { formatPercent } from "../../quantities.ts";
import type { Tile } from "../../tiles/tile.ts";
import type { PairSeams } from "../seam-report.ts";
import { html, type Markup } from "./markup.ts";
import { squareAt, tileGrid } from "./tile-grid.ts";

/** The seams of one image. */
export interface SeamMap {
  readonly title: string;
  readonly tiles: readonly Tile[];
  readonly pairs: readonly PairSeams[];
  readonly which: "before" | "after";
  /** A seam difference of this much is drawn in full strength. */
  readonly strongest: number;
}

/** Draws the map. Pairs that are not neighbours in the grid are left out. */
export function seamMap({ title, tiles, pairs, which, strongest }: SeamMap): Markup {
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
