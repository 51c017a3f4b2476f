/** An image of numbers as a figure: a map in colours of viridis, its contours, and the scale of its values. */
import { encodePng } from "../../profile/formats/png.ts";
import { formatNumber } from "../../quantities.ts";
import { contourSegments, type Segment } from "../picture/contours.ts";
import { pngUrl } from "../picture/data-url.ts";
import { type FieldImage, rangeOf, shrinkField, toBytes } from "../picture/field-image.ts";
import { niceTicks } from "../picture/nice-ticks.ts";
import { viridisPalette } from "../picture/viridis.ts";
import { html, type Markup } from "./markup.ts";

/** A map and what to write below it. */
export interface FieldFigure {
  readonly title: string;
  readonly caption: string;
  readonly image: FieldImage;
  /** The range of the colours; that of the image where it is not given. */
  readonly range?: readonly [least: number, most: number];
  readonly unit?: string;
  /** Without lines where an image is noise. */
  readonly contours: boolean;
}

const mapPx = 192;
const contourPx = 64;
/** The figure's drawing: a map with a colour bar to its right. */
const width = 360;
const mapWidth = 270;

/** Draws a map. */
export function fieldFigure({ title, caption, image, range, unit = "", contours }: FieldFigure): Markup {
  const [least, most] = range ?? rangeOf(image.values);
  const small = shrinkField(image.values, image.shapeYx, mapPx);
  const url = pngUrl(encodePng(toBytes(small.values, least, most), small.shapeYx, viridisPalette()));
  const [rows, columns] = image.shapeYx;
  const height = Math.min(2 * mapWidth, Math.max(60, Math.round((mapWidth * rows) / columns)));
  const ticks = niceTicks(least, most, 9);
  const lines = contours && most > least ? ticks.map((level) => contourPath(image, level, height)) : [];
  const label = `${title}: ${formatNumber(least)} to ${formatNumber(most)}${unit === "" ? "" : ` ${unit}`}`;
  return html`<figure class="map">
<svg viewBox="0 0 ${width} ${height + 12}" role="img" aria-label="${label}">
<image href="${url}" x="0" y="6" width="${mapWidth}" height="${height}" preserveAspectRatio="none"/>
<g transform="translate(0 6)" class="contours">${lines}</g>
${colourBar(least, most, ticks, height)}
</svg>
<figcaption><strong>${title}.</strong> ${caption}</figcaption>
</figure>`;
}

/** Contours of a flat-field; noise finer than a 64th of the field is averaged out first. */
function contourPath({ values, shapeYx }: FieldImage, level: number, height: number): Markup {
  const small = shrinkField(values, shapeYx, contourPx);
  const [rows, columns] = small.shapeYx;
  const x = (at: number) => (((at + 0.5) * mapWidth) / columns).toFixed(1);
  const y = (at: number) => (((at + 0.5) * height) / rows).toFixed(1);
  const path = contourSegments(small, level)
    .map(([x1, y1, x2, y2]: Segment) => `M${x(x1)} ${y(y1)}L${x(x2)} ${y(y2)}`)
    .join("");
  return path === "" ? html`` : html`<path d="${path}"/>`;
}

function colourBar(least: number, most: number, ticks: readonly number[], height: number): Markup {
  const steps = Uint8Array.from({ length: 256 }, (_, i) => 255 - i);
  const url = pngUrl(encodePng(steps, [256, 1], viridisPalette()));
  const left = mapWidth + 14;
  const marks = ticks.map((tick) => {
    const y = 6 + height * (1 - (tick - least) / (most - least || 1));
    return html`<line x1="${left + 14}" x2="${left + 18}" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}"/><text x="${left + 22}" y="${(y + 4).toFixed(1)}">${tickText(tick, ticks)}</text>`;
  });
  return html`<image href="${url}" x="${left}" y="6" width="14" height="${height}" preserveAspectRatio="none"/><g class="axis">${marks}</g>`;
}

/** A tick with as many digits as tell it from its neighbours. */
export function tickText(tick: number, ticks: readonly number[]): string {
  const decimals = Math.max(...ticks.map((value) => String(value).split(".")[1]?.length ?? 0));
  return tick.toFixed(Math.min(6, decimals));
}
