/** Maps of tiles: the differences in their overlaps, and their gains. */
import type { TileGain } from "../../estimate/refine/tile-gains.ts";
import { formatCount, formatPercent } from "../../quantities.ts";
import { gridPlaces, type Tile } from "../../tiles/tile.ts";
import type { PairSeams } from "../seams.ts";
import { histogramChart } from "./charts.ts";
import type { DrawnChannel } from "./drawn-channel.ts";
import { html, type Markup } from "./markup.ts";

/** The map of a channel's gains; empty where none were used. */
export function gainFigures({ recorded, tiles }: Pick<DrawnChannel, "recorded" | "tiles">): Markup {
  const gains = recorded.flatMap((figures) => (figures.gains?.used ? figures.gains.tiles : []));
  if (gains.length === 0) return html``;
  const strongest = Math.max(0.001, ...gains.map(({ gain }) => Math.abs(Math.log(gain))));
  const [least, most] = [Math.min(...gains.map(({ gain }) => gain)), Math.max(...gains.map(({ gain }) => gain))];
  const caption = `${gainText(least)} to ${gainText(most)}. Corrected pixels were divided by them: above 1 a tile was brighter than the others, below 1 darker.`;
  return html`<h3>Gains of tiles</h3><figure class="gains">${gainMap(tiles, gains, strongest)}${gainScale(strongest)}<figcaption><strong>Gain of every tile</strong>, as the tiles lie: ${caption}</figcaption></figure>`;
}

/** The least sizes of a tile in the drawing, in pixels, for the gain and for the number of the tile to fit. */
const buffersFor = { gain: 38, number: 50 };

function gainMap(tiles: readonly Tile[], gains: readonly TileGain[], strongest: number): Markup {
  const grid = tileGrid(tiles, { size: 62, extent: 1000 });
  const { places, size, width, height } = grid;
  const gainOf = new Map(gains.map(({ tile, gain }) => [tile, gain]));
  const squares = [...places].map(([number, place]) => {
    const { x, y, side, centreX, centreY } = squareAt(grid, place, 0.03);
    const gain = gainOf.get(number);
    if (gain === undefined) return html`<rect class="tile" x="${x}" y="${y}" width="${side}" height="${side}"/>`;
    const colour = gainColour(Math.log(gain) / strongest);
    const ink = inkOn(colour);
    const name = html`<text class="small" x="${Number(x) + 4}" y="${Number(y) + 12}" style="fill:${ink}">${number}</text>`;
    const value = html`<text x="${centreX}" y="${centreY}" text-anchor="middle" style="fill:${ink}">${gainText(gain)}</text>`;
    return html`<g><title>${`Tile ${number}: ${gainText(gain)}`}</title><rect x="${x}" y="${y}" width="${side}" height="${side}" fill="${cssOf(colour)}"/>${size < buffersFor.number ? html`` : name}${size < buffersFor.gain ? html`` : value}</g>`;
  });
  return html`<svg viewBox="0 0 ${width.toFixed(0)} ${height.toFixed(0)}" style="max-width:${Math.round(width)}px" role="img" aria-label="Gains of tiles, as the tiles lie">${squares}</svg>`;
}

const scaleSteps = 41;

/** The colour scale, symmetric about 1. */
function gainScale(strongest: number): Markup {
  const [length, thickness] = [300, 12];
  const step = length / scaleSteps;
  const bars = Array.from({ length: scaleSteps }, (_, index) => {
    const colour = gainColour((2 * index) / (scaleSteps - 1) - 1);
    return html`<rect x="${(24 + index * step).toFixed(2)}" y="4" width="${(step + 0.3).toFixed(2)}" height="${thickness}" fill="${cssOf(colour)}"/>`;
  });
  const ticks = [-1, -0.5, 0, 0.5, 1].map((share) => {
    const x = (24 + ((share + 1) / 2) * length).toFixed(1);
    return html`<line x1="${x}" y1="${4 + thickness}" x2="${x}" y2="${8 + thickness}"/><text x="${x}" y="${21 + thickness}" text-anchor="middle">${gainText(Math.exp(share * strongest))}</text>`;
  });
  return html`<svg viewBox="0 0 ${length + 48} 36" style="max-width:${length + 48}px" role="img" aria-label="Colours of gains"><g class="axis">${bars}${ticks}</g></svg>`;
}

function gainText(gain: number): string {
  return gain.toFixed(3);
}

type Colour = readonly [red: number, green: number, blue: number];

/**
 * The colours of tiles darker than the others, equal, and brighter, also distinguishable without red or green vision.
 */
const [darker, alike, brighter]: readonly [Colour, Colour, Colour] = [
  [32, 93, 140],
  [238, 238, 234],
  [196, 86, 27],
];

/** @param share -1 to 1 */
function gainColour(share: number): Colour {
  const end = share < 0 ? darker : brighter;
  const part = Math.min(1, Math.abs(share));
  const mixed = (index: 0 | 1 | 2) => Math.round(alike[index] + part * (end[index] - alike[index]));
  return [mixed(0), mixed(1), mixed(2)];
}

function cssOf([red, green, blue]: Colour): string {
  return `rgb(${red},${green},${blue})`;
}

/** Black or white, whichever has more contrast there. */
function inkOn([red, green, blue]: Colour): string {
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#14171a" : "#fff";
}

// The layout of tiles in a drawing, as squares.

/** A position in the grid, counted from 0. */
interface GridPlace {
  readonly row: number;
  readonly column: number;
}

/** Positions of tiles in a drawing. */
interface TileGrid {
  /** By the number of the tile. */
  readonly places: ReadonlyMap<number, GridPlace>;
  /** Distance from one tile to the next. */
  readonly size: number;
  readonly width: number;
  readonly height: number;
  /** Free space around the tiles. */
  readonly margin: number;
}

/** A square of a tile: its corner, its centre and its side. */
interface TileSquare {
  readonly x: string;
  readonly y: string;
  readonly side: string;
  readonly centreX: string;
  readonly centreY: string;
}

const margin = 4;

const leastSize = 6;

/**
 * The layout of tiles. @param most the size of a tile where there are few, and the extent of the drawing where there
 * are many
 */
function tileGrid(tiles: readonly Tile[], most: { readonly size: number; readonly extent: number }): TileGrid {
  const places = new Map(gridPlaces(tiles).map(({ tile, row, column }) => [tile.number, { row, column }]));
  const rows = 1 + Math.max(...[...places.values()].map(({ row }) => row));
  const columns = 1 + Math.max(...[...places.values()].map(({ column }) => column));
  const size = Math.max(leastSize, Math.min(most.size, most.extent / Math.max(rows, columns)));
  return { places, size, width: columns * size + 2 * margin, height: rows * size + 2 * margin, margin };
}

/** The square of a place. @param gap its distance from the place's edge, as a fraction of the size */
function squareAt({ size }: TileGrid, { row, column }: GridPlace, gap: number): TileSquare {
  const [x, y] = [margin + column * size, margin + row * size];
  return {
    x: (x + gap * size).toFixed(1),
    y: (y + gap * size).toFixed(1),
    side: (size - 2 * gap * size).toFixed(1),
    centreX: (x + size / 2).toFixed(1),
    centreY: (y + size / 2 + 4).toFixed(1),
  };
}

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
