/** Tiles as they lie, each in the colour of its gain: which are brighter than the others, and whether that follows the mosaic. */
import type { TileGain } from "../../estimate/refine/tile-gains.ts";
import type { Tile } from "../../tiles/tile.ts";
import type { DrawnChannel } from "./drawn-channel.ts";
import { html, type Markup } from "./markup.ts";
import { squareAt, tileGrid } from "./tile-grid.ts";

/** The map of a channel's gains; nothing where none were used. */
export function gainFigures({ recorded, tiles }: Pick<DrawnChannel, "recorded" | "tiles">): Markup {
  const gains = recorded.flatMap((figures) => (figures.gains?.used ? figures.gains.tiles : []));
  if (gains.length === 0) return html``;
  const strongest = Math.max(0.001, ...gains.map(({ gain }) => Math.abs(Math.log(gain))));
  const [least, most] = [Math.min(...gains.map(({ gain }) => gain)), Math.max(...gains.map(({ gain }) => gain))];
  const caption = `${gainText(least)} to ${gainText(most)}. Corrected pixels were divided by them: above 1 a tile was brighter than the others, below 1 darker.`;
  return html`<h3>Gains of tiles</h3><figure class="gains">${gainMap(tiles, gains, strongest)}${gainScale(strongest)}<figcaption><strong>Gain of every tile</strong>, as the tiles lie: ${caption}</figcaption></figure>`;
}

/** Tiles that are smaller than this have no room for their number, or for their gain. */
const roomFor = { gain: 38, number: 50 };

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
    return html`<g><title>${`Tile ${number}: ${gainText(gain)}`}</title><rect x="${x}" y="${y}" width="${side}" height="${side}" fill="${cssOf(colour)}"/>${size < roomFor.number ? html`` : name}${size < roomFor.gain ? html`` : value}</g>`;
  });
  return html`<svg viewBox="0 0 ${width.toFixed(0)} ${height.toFixed(0)}" style="max-width:${Math.round(width)}px" role="img" aria-label="Gains of tiles, as the tiles lie">${squares}</svg>`;
}

const scaleSteps = 41;

/** The colours with their gains, the same distance above and below 1. */
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

/** Darker than the others, alike, brighter: told apart also by who sees no red or no green. */
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

/** Black or white, whichever is easier to read there. */
function inkOn([red, green, blue]: Colour): string {
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#14171a" : "#fff";
}
