/** A plane of the mosaic before and after the correction, under a slider, with the grid of tiles over it. */
import { encodePng } from "../../profile/formats/png.ts";
import { formatNumber } from "../../quantities.ts";
import type { Yx } from "../../shapes.ts";
import type { Tile } from "../../tiles/tile.ts";
import { pngUrl } from "../picture/data-url.ts";
import { toBytes } from "../picture/field-image.ts";
import type { Overview } from "../picture/overview.ts";
import { type ScaleBar, scaleBar } from "../picture/scale-bar.ts";
import { html, type Markup } from "./markup.ts";

/** The pictures of a channel. */
export interface ComparedPictures {
  readonly label: string;
  /** Of the full resolution. */
  readonly plane: number;
  readonly before: Overview;
  readonly after: Overview;
  readonly tiles: readonly Tile[];
  /** Of the full resolution, rows and columns. */
  readonly pixelSizeUmYx: Yx;
  /** Tells apart the controls of several figures on a page. */
  readonly id: string;
}

/** Draws both pictures. Grey values have one width in both, so that a grid shows as strongly as it is. */
export function compareFigure(pictures: ComparedPictures): Markup {
  const { label, plane, before, after, tiles, pixelSizeUmYx, id } = pictures;
  const [low, , high] = quantiles(before.values);
  const middles = [quantiles(before.values)[1], quantiles(after.values)[1]] as const;
  const shift = middles[1] - middles[0];
  const url = ({ values, shapeYx }: Overview, from: number, to: number) =>
    pngUrl(encodePng(toBytes(values, from, to), shapeYx));
  const [rows, columns] = before.shapeYx;
  const range = (from: number, to: number) => `${formatNumber(Math.round(from))} to ${formatNumber(Math.round(to))}`;
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
<figcaption>Plane ${plane} of the mosaic (counted from 0): before on the left, after on the right. Grey values ${range(low, high)} before, ${range(low + shift, high + shift)} after: the same width, around the same median. Tiles lie side by side, so what two of them show appears twice.</figcaption>
</figure>`;
}

function barMarkup(bar: ScaleBar | undefined): Markup {
  if (bar === undefined) return html``;
  return html`<span class="scale" style="width:${(100 * bar.share).toFixed(2)}%">${bar.label}</span>`;
}

/** The values below which a hundredth, a half and 99.5 hundredths of the pixels lie; pixels of 0 are not counted. */
function quantiles(values: Float32Array): readonly [low: number, middle: number, high: number] {
  const sorted = values.filter((value) => value !== 0 && Number.isFinite(value)).sort();
  if (sorted.length === 0) return [0, 0, 1];
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]!;
  return [at(0.01), at(0.5), Math.max(at(0.995), at(0.01) + 1e-6)];
}
