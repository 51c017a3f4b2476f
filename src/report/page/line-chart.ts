/** Lines over a common axis, and histograms: charts as inline SVG. */
import { niceTicks } from "../picture/nice-ticks.ts";
import { tickText } from "./field-figure.ts";
import { html, type Markup } from "./markup.ts";

/** A line of a chart: values at even distances over the whole axis. */
export interface ChartLine {
  readonly name: string;
  readonly values: ArrayLike<number>;
  /** Which of the page's two colours, and whether it is dashed, for those who cannot tell these apart. */
  readonly look: "first" | "second";
}

/** The axes of a chart. */
export interface ChartAxes {
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

/** One of two histograms over the same axis: how many values lie in each of its bins. */
export interface ChartBins {
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

function legend(items: readonly { readonly name: string; readonly look: string }[]): Markup {
  let right = plot.right;
  return html`<g class="axis">${[...items].reverse().map(({ name, look }) => {
    const at = right;
    right -= 7 * name.length + 34;
    const left = at - 7 * name.length - 20;
    return html`<line class="key ${look}" x1="${left}" x2="${left + 14}" y1="9" y2="9"/><text x="${left + 19}" y="13">${name}</text>`;
  })}</g>`;
}
