/** Charts as inline SVG: lines over a common axis, histograms, and maps with contours. */
import { encodePng } from "../../acquisition/pages/png.ts";
import { formatNumber } from "../../quantities.ts";
import { type FieldImage, pngUrl, rangeOf, shrinkField, toBytes } from "../picture/image.ts";
import { html, type Markup } from "./markup.ts";

/** A line of a chart: values at equal distances over the whole axis. */
interface ChartLine {
  readonly name: string;
  readonly values: ArrayLike<number>;
  /**
   * One of the page's two styles, which differ in colour and in dashes, for readers who cannot distinguish the colours.
   */
  readonly look: "first" | "second";
}

/** The axes of a chart. */
interface ChartAxes {
  readonly title: string;
  readonly xLabel: string;
  readonly xRange: readonly [number, number];
  readonly yRange: readonly [number, number];
  readonly yLabel: string;
}

const [width, height] = [360, 210];
const plot = { left: 46, right: 348, top: 26, bottom: 168 } as const;

/** Draws lines. */
export function lineChart(axes: ChartAxes, lines: readonly ChartLine[]): Markup {
  const y = yScale(axes);
  const paths = lines.map(({ values, look }) => {
    const x = (i: number) => plot.left + ((plot.right - plot.left) * i) / Math.max(1, values.length - 1);
    const points = Array.from(values, (value, i) => `${x(i).toFixed(1)} ${y(value).toFixed(1)}`);
    return html`<path class="line ${look}" d="M${points.join("L")}"/>`;
  });
  return chart(axes, html`${paths}`, legend(lines));
}

/** One of two histograms over the same axis: the number of values in each bin. */
interface ChartBins {
  readonly name: string;
  readonly counts: readonly number[];
  readonly look: "first" | "second";
}

/** Draws histograms over each other. */
export function histogramChart(axes: ChartAxes, bins: readonly ChartBins[]): Markup {
  const y = yScale(axes);
  const bars = bins.map(({ counts, look }) => {
    const step = (plot.right - plot.left) / counts.length;
    const rects = counts.map((count, i) =>
      count === 0
        ? html``
        : html`<rect class="bar ${look}" x="${(plot.left + i * step + 0.5).toFixed(1)}" y="${y(count).toFixed(1)}" width="${(step - 1).toFixed(1)}" height="${(plot.bottom - y(count)).toFixed(1)}"/>`,
    );
    return html`${rects}`;
  });
  return chart(axes, html`${bars}`, legend(bins));
}

function yScale({ yRange: [least, most] }: ChartAxes): (value: number) => number {
  return (value) => plot.bottom - ((plot.bottom - plot.top) * (value - least)) / (most - least || 1);
}

function chart(axes: ChartAxes, content: Markup, key: Markup): Markup {
  const { title, xLabel, yLabel, xRange, yRange } = axes;
  const y = yScale(axes);
  const x = (value: number) =>
    plot.left + ((plot.right - plot.left) * (value - xRange[0])) / (xRange[1] - xRange[0] || 1);
  const [xs, ys] = [niceTicks(...xRange, 5), niceTicks(...yRange, 4)];
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}" class="chart">
<g class="axis">${ys.map((tick) => html`<line class="rule" x1="${plot.left}" x2="${plot.right}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}"/><text x="${plot.left - 6}" y="${(y(tick) + 4).toFixed(1)}" text-anchor="end">${tickText(tick, ys)}</text>`)}
${xs.map((tick) => html`<line x1="${x(tick).toFixed(1)}" x2="${x(tick).toFixed(1)}" y1="${plot.bottom}" y2="${plot.bottom + 4}"/><text x="${x(tick).toFixed(1)}" y="${plot.bottom + 17}" text-anchor="middle">${tickText(tick, xs)}</text>`)}
<line x1="${plot.left}" x2="${plot.right}" y1="${plot.bottom}" y2="${plot.bottom}"/>
<text x="${(plot.left + plot.right) / 2}" y="${height - 6}" text-anchor="middle">${xLabel}</text>
<text x="2" y="13">${yLabel}</text></g>
${content}
${key}
</svg>`;
}

/** Round values within a range, about `wanted` of them: steps are 1, 2 or 5 times a power of ten. */
export function niceTicks(least: number, most: number, wanted: number): number[] {
  const rough = (most - least) / Math.max(1, wanted);
  if (!(rough > 0) || !Number.isFinite(rough)) return Number.isFinite(least) ? [least] : [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((candidate) => candidate >= rough * 0.999)!;
  const first = Math.ceil(least / step - 1e-9);
  const last = Math.floor(most / step + 1e-9);
  const decimals = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toFixed(decimals)));
}

function legend(items: readonly { readonly name: string; readonly look: string }[]): Markup {
  let right = plot.right;
  return html`<g class="axis">${[...items].reverse().map(({ name, look }) => {
    const at = right;
    right -= 7 * name.length + 34;
    const left = at - 7 * name.length - 20;
    return html`<line class="key ${look}" x1="${left}" x2="${left + 14}" y1="9" y2="9"/><text x="${left + 19}" y="13">${name}</text>`;
  })}</g>`;
}

// An image of numbers as a figure: a map in the colours of viridis, its contours, and a colour bar.

/** A map and its caption. */
interface FieldFigure {
  readonly title: string;
  readonly caption: string;
  readonly image: FieldImage;
  /** The range of the colours; by default that of the image. */
  readonly range?: readonly [least: number, most: number];
  readonly unit?: string;
  /** False for images of noise, which have no useful contours. */
  readonly contours: boolean;
}

const mapPx = 192;
const contourPx = 64;
/** Width of the drawing: a map with a colour bar to its right. */
const figureWidth = 360;
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
<svg viewBox="0 0 ${figureWidth} ${height + 12}" role="img" aria-label="${label}">
<image href="${url}" x="0" y="6" width="${mapWidth}" height="${height}" preserveAspectRatio="none"/>
<g transform="translate(0 6)" class="contours">${lines}</g>
${colourBar(least, most, ticks, height)}
</svg>
<figcaption><strong>${title}.</strong> ${caption}</figcaption>
</figure>`;
}

/** A piece of a contour between two points, each as column and row in pixels, centres at whole numbers. */
type Segment = readonly [x1: number, y1: number, x2: number, y2: number];

/**
 * The lines at which an image crosses a level: isolux lines of a flat-field. Marching squares, straight between pixels;
 * saddles are cut by the mean of their corners.
 * @see W. E. Lorensen, H. E. Cline, Marching cubes, Computer Graphics 21 (1987), 163-169
 */
export function contourSegments({ shapeYx: [rows, columns], values }: FieldImage, level: number): Segment[] {
  const segments: Segment[] = [];
  for (let y = 0; y + 1 < rows; y++) {
    for (let x = 0; x + 1 < columns; x++) {
      const at = y * columns + x;
      const [a, b, c, d] = [values[at]!, values[at + 1]!, values[at + columns + 1]!, values[at + columns]!];
      const crossings = [
        crossing(a, b, level, (t) => [x + t, y]),
        crossing(b, c, level, (t) => [x + 1, y + t]),
        crossing(d, c, level, (t) => [x + t, y + 1]),
        crossing(a, d, level, (t) => [x, y + t]),
      ];
      const [top, right, bottom, left] = crossings;
      if (top && right && bottom && left) {
        const highCentre = (a + b + c + d) / 4 >= level === a >= level;
        segments.push(
          highCentre ? join(top, right) : join(top, left),
          highCentre ? join(bottom, left) : join(bottom, right),
        );
        continue;
      }
      const [from, to] = crossings.filter((point) => point !== undefined);
      if (from !== undefined && to !== undefined) segments.push(join(from, to));
    }
  }
  return segments;
}

type Point = readonly [x: number, y: number];

function crossing(from: number, to: number, level: number, at: (share: number) => Point): Point | undefined {
  if (from >= level === to >= level) return undefined;
  return at((level - from) / (to - from));
}

function join([x1, y1]: Point, [x2, y2]: Point): Segment {
  return [x1, y1, x2, y2];
}

/**
 * The colours of viridis by N. Smith and S. van der Walt (CC0), from the polynomials that M. Zucker fitted to them
 * (CC0).
 * @see https://bids.github.io/colormap and https://www.shadertoy.com/view/WlfXRN
 */
const coefficients: readonly (readonly [number, number, number])[] = [
  [0.2777273272234177, 0.005407344544966578, 0.3340998053353061],
  [0.1050930431085774, 1.404613529898575, 1.384590162594685],
  [-0.3308618287255563, 0.214847559468213, 0.09509516302823659],
  [-4.634230498983486, -5.799100973351585, -19.33244095627987],
  [6.228269936347081, 14.17993336680509, 56.69055260068105],
  [4.776384997670288, -13.74514537774601, -65.35303263337234],
  [-5.435455855934631, 4.645852612178535, 26.3124352495832],
];

/** The colour at a share from 0 (dark violet) to 1 (yellow), as red, green and blue bytes. */
export function viridis(share: number): [red: number, green: number, blue: number] {
  const t = Math.min(1, Math.max(0, share));
  const channel = (index: 0 | 1 | 2) => {
    const value = coefficients.reduceRight((sum, coefficient) => sum * t + coefficient[index], 0);
    return Math.min(255, Math.max(0, Math.round(255 * value)));
  };
  return [channel(0), channel(1), channel(2)];
}

/** 256 colours, three bytes each: a palette for images of 8 bits. */
export function viridisPalette(): Uint8Array {
  return Uint8Array.from({ length: 768 }, (_, at) => viridis(Math.floor(at / 3) / 255)[at % 3]!);
}

/** Contours of a flat-field; noise finer than a 64th of the field is averaged first. */
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

/** The label of a tick, with enough digits to differ from its neighbours. */
function tickText(tick: number, ticks: readonly number[]): string {
  const decimals = Math.max(...ticks.map((value) => String(value).split(".")[1]?.length ?? 0));
  return tick.toFixed(Math.min(6, decimals));
}
