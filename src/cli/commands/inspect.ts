/** `isolux inspect`: describes an image. */
import type { TileEmptiness } from "../../empty/find-empty-regions.ts";
import type { EmptyProposal } from "../../empty/propose.ts";
import type { Finding } from "../../empty/score-tiles.ts";
import { unreachable } from "../../errors.ts";
import { inspectSchema } from "../../parameters/schema.ts";
import type { InspectSummary, LevelSummary, TileSummary } from "../../parameters/summaries.ts";
import { withWorkers } from "../../pipeline/threads/platform-node.ts";
import { shellWord } from "../../plain-text.ts";
import { formatBytes, formatCount, formatNumber, formatShare } from "../../quantities.ts";
import { arrayBytes, formatShape } from "../../shapes.ts";
import { defineCommand } from "../define-command.ts";
import { loadEngine } from "../perform.ts";
import { type Column, endlessScreen, formatTable, type Screen } from "../text/table.ts";

const examples = `
Shows the tiles where they lie, with the numbers that --fov-list takes. Medians
and spreads come from a sample of the planes: a tile with a low median and a
small spread in every channel is a candidate for --fov-list. --empty looks
closer: it compares planes of all tiles with each other and proposes empty
regions, or none.

Examples:
  isolux inspect sample.zarr/raw_image
  isolux inspect sample.zarr/raw_image --empty
  isolux inspect sample.zarr/raw_image --json`;

/** Sets up `isolux inspect`. */
export const configure = defineCommand({
  schema: inspectSchema,
  usage: "IMAGE [options]",
  examples,
  given: withWorkers,
  work: ({ parameters }) => ({
    run: async (hooks) => (await loadEngine()).inspectImage(parameters, hooks),
    show: inspectText,
    whenInterrupted: "Nothing has been written",
  }),
});

/** The text on an image; with colours for terminals that have them. */
export function inspectText(summary: InspectSummary, screen: Screen = endlessScreen): string {
  const { image, shapeCzyx, timePoints = 1, type, channels, levels, tiles, hasTileTable, notes } = summary;
  const size = formatBytes(timePoints * arrayBytes(type, shapeCzyx));
  const times = timePoints === 1 ? "" : `\n  ${timePoints} time points`;
  const tilesTitle = hasTileTable ? `Tiles as they lie (${tiles.length})` : "No table of tiles: the image is one tile";
  return `${image}
  ${formatShape(shapeCzyx)} (channels, planes, rows, columns) ${type}, ${size}${times}
  channels: ${channels.join(", ")}

Levels
${formatTable(levelColumns, levels.map(levelCells), screen.columns)}
${tilesTitle}
${tileMap(tiles, [], screen)}
${formatTable(tileColumns(channels), tiles.map(tileCells), screen.columns)}${emptyRegionsText(summary, screen)}${notes.map((note) => `\n${note}\n`).join("")}`;
}

const levelColumns: readonly Column[] = [
  { heading: "level", align: "left" },
  { heading: "shape", align: "left" },
  { heading: "chunks", align: "left" },
  { heading: "codec", align: "left" },
  { heading: "pixel (z, y, x)", align: "left" },
];

function levelCells({ path, shapeCzyx, chunkShape, codec, scaleZyx }: LevelSummary): string[] {
  const pixel = scaleZyx === undefined ? "" : `${scaleZyx.map(formatNumber).join(", ")} µm`;
  return [path, formatShape(shapeCzyx), formatShape(chunkShape), codec, pixel];
}

function tileColumns(channels: readonly string[]): Column[] {
  return [
    { heading: "tile", align: "right" },
    { heading: "name", align: "left" },
    { heading: "from (y, x)", align: "left" },
    { heading: "size (z, y, x)", align: "left" },
    ...channels.map((label): Column => ({ heading: `${label}: median, spread`, align: "right" })),
  ];
}

function tileCells({ number, name, startYx, shapeZyx, perChannel }: TileSummary): string[] {
  const brightness = perChannel.map(({ side, median, spread }) => {
    const values = `${formatNumber(median)}, ${formatNumber(spread)}`;
    return side === undefined ? values : `${side}: ${values}`;
  });
  return [String(number), name, startYx.join(", "), formatShape(shapeZyx), ...brightness];
}

/** The text on empty regions: a map, the reasons, and the command to run. Empty where these were not asked for. */
export function emptyRegionsText(summary: InspectSummary, screen: Screen): string {
  const { emptyRegions, tiles, image } = summary;
  if (emptyRegions === undefined) return "";
  const { proposal, channels, warnings } = emptyRegions;
  const marked = proposal.kind === "none" ? [] : proposal.fovList;
  const rows = tiles.map(({ number }, at) => [String(number), ...channels.map((channel) => cell(channel.tiles[at]!))]);
  const columns: Column[] = [
    { heading: "tile", align: "right" },
    ...channels.map(({ label }): Column => ({ heading: `${label}: level, finding`, align: "left" })),
  ];
  const map = marked.length === 0 ? "" : `${tileMap(tiles, marked, screen)}\n`;
  return `
Empty regions${marked.length === 0 ? "" : " (*)"}
${map}${formatTable(columns, rows, screen.columns)}
${proposalText(proposal, image, channels)}${warnings.map((warning) => `\n${warning}\n`).join("")}`;
}

function cell({ level, side, finding, planes }: TileEmptiness): string {
  const where = finding.kind === "clean" ? "" : dirtyPlanes(planes);
  return `${side === undefined ? "" : `${side}: `}${formatNumber(level)}, ${findingText(finding)}${where}`;
}

/** The planes with a finding, from the first to the last. */
function dirtyPlanes(planes: TileEmptiness["planes"]): string {
  const dirty = planes.filter(({ finding }) => finding.kind !== "clean");
  if (dirty.length === 0 || dirty.length === planes.length) return "";
  return `, planes ${dirty[0]!.planes[0]}-${dirty.at(-1)!.planes[1] - 1}`;
}

function findingText(finding: Finding): string {
  switch (finding.kind) {
    case "clean":
      return "clean";
    case "dark":
      return "no light above the camera offset";
    case "no common shape":
      return "no other tile is lit alike";
    case "structure":
      return `structure in up to ${formatShare(finding.fieldShare)} of the field`;
    case "uneven":
      return `its light differs by up to ${formatShare(Math.min(1, finding.deviation))}`;
    case "specks":
      return `specks in up to ${formatShare(finding.pixelShare)} of the pixels`;
    case "saturated":
      return `up to ${formatShare(finding.pixelShare)} of the pixels are saturated`;
    default:
      return unreachable(finding);
  }
}

function proposalText(
  proposal: EmptyProposal,
  image: string,
  channels: readonly { readonly label: string; readonly proposal: EmptyProposal }[],
): string {
  if (proposal.kind !== "none") {
    return `${formatCount(proposal.planeCount, "plane")} ${proposal.planeCount === 1 ? "is" : "are"} empty. To correct the image with a profile from them:

  isolux correct ${shellWord(image)} ${optionsOf(proposal)}
`;
  }
  const own = channels.length < 2 ? [] : channels.filter((channel) => channel.proposal.kind !== "none");
  const commands = own.map(
    ({ label, proposal: one }) =>
      `  isolux correct ${shellWord(image)} --channels ${shellWord(label)} ${optionsOf(one)} --output NEW_IMAGE\n`,
  );
  const rest = own.length === 0 ? "" : ` Single channels have some:\n\n${commands.join("")}`;
  return `No region is clean in all channels, and a profile from another would be wrong. ${proposal.reason}
Measure a profile, or let BaSiC estimate it from all tiles.${rest}
`;
}

function optionsOf(proposal: EmptyProposal): string {
  if (proposal.kind === "none") return "";
  const tiles = `--fov-list ${proposal.fovList.join(",")}`;
  return proposal.kind === "tiles" ? tiles : `${tiles} --z-levels ${proposal.zLevels.join(",")}`;
}

/** Larger grids are no use on a terminal. */
const mostPlaces = 10_000;

/**
 * The grid of tiles with their numbers in their places; places without a tile are empty:
 *
 *     +---+---+
 *     | 1 | 3 |
 *     +---+---+
 *     | 2 |   |
 *     +---+---+
 *
 * Marked tiles have an asterisk, and are green in colours.
 */
export function tileMap(
  tiles: readonly Pick<TileSummary, "number" | "row" | "column">[],
  marked: readonly number[] = [],
  { columns: width, isColoured }: Screen = endlessScreen,
): string {
  const nameOf = (number: number) => (marked.includes(number) ? `${number}*` : String(number));
  const paint = (name: string) => (isColoured && name.includes("*") ? `\u001b[32m${name}\u001b[39m` : name);
  const rows = 1 + Math.max(-1, ...tiles.map(({ row }) => row));
  const columns = 1 + Math.max(-1, ...tiles.map(({ column }) => column));
  if (rows * columns > mostPlaces) return `  ${rows} rows and ${columns} columns: too many to be drawn\n`;
  const names = Array.from({ length: rows }, () => new Array<string>(columns).fill(""));
  for (const { number, row, column } of tiles) {
    // Two tiles at one place (two light sheets, say) share it.
    names[row]![column] = [names[row]![column], nameOf(number)].filter((part) => part !== "").join(",");
  }
  const cell = Math.max(2, ...names.flat().map((name) => name.length));
  // A map that is wider than the screen comes in parts, from left to right
  const atOnce = Math.max(1, Math.min(columns, Math.floor((width - 3) / (cell + 3))));
  const parts = Array.from({ length: Math.ceil(columns / atOnce) }, (_, part) => {
    const places = names.map((row) => row.slice(part * atOnce, (part + 1) * atOnce));
    const rule = `  +${`${"-".repeat(cell + 2)}+`.repeat(places[0]!.length)}\n`;
    const lines = places.map((row) => `  |${row.map((name) => ` ${paint(name.padStart(cell))} |`).join("")}\n`);
    const heading = columns > atOnce ? `  columns ${part * atOnce + 1} to ${part * atOnce + places[0]!.length}\n` : "";
    return heading + rule + lines.map((line) => line + rule).join("");
  });
  return parts.join("");
}
