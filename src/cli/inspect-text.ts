import type { InspectSummary, LevelSummary, TileSummary } from "../parameters/summaries.ts";
import { formatBytes, formatNumber } from "../quantities.ts";
import { arrayBytes, formatShape } from "../shapes.ts";
import { emptyRegionsText } from "./empty-text.ts";
import { type Column, formatTable } from "./text-table.ts";
import { tileMap } from "./tile-map.ts";

/** What an image holds, for people; with colours where a terminal shows it. */
export function inspectText(summary: InspectSummary, isColoured = false): string {
  const { image, shapeCzyx, timePoints = 1, type, channels, levels, tiles, hasTileTable, notes } = summary;
  const size = formatBytes(timePoints * arrayBytes(type, shapeCzyx));
  const times = timePoints === 1 ? "" : `\n  ${timePoints} time points`;
  const tilesTitle = hasTileTable ? `Tiles as they lie (${tiles.length})` : "No table of tiles: the image is one tile";
  return `${image}
  ${formatShape(shapeCzyx)} (channels, planes, rows, columns) ${type}, ${size}${times}
  channels: ${channels.join(", ")}

Levels
${formatTable(levelColumns, levels.map(levelCells))}
${tilesTitle}
${tileMap(tiles)}
${formatTable(tileColumns(channels), tiles.map(tileCells))}${emptyRegionsText(summary, isColoured)}${notes.map((note) => `\n${note}\n`).join("")}`;
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
