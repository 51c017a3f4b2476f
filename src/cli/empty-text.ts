import type { TileEmptiness } from "../empty/find-empty-regions.ts";
import type { EmptyProposal } from "../empty/propose.ts";
import type { Finding } from "../empty/score-tiles.ts";
import { unreachable } from "../errors.ts";
import { shellWord } from "../parameters/shell-word.ts";
import type { InspectSummary } from "../parameters/summaries.ts";
import { formatNumber, formatShare } from "../quantities.ts";
import { type Column, formatTable } from "./text-table.ts";
import { tileMap } from "./tile-map.ts";

/** Where an image is empty, for people: a map, the reasons, and the command to run. Nothing where that was not asked. */
export function emptyRegionsText(summary: InspectSummary, isColoured: boolean): string {
  const { emptyRegions, tiles, image } = summary;
  if (emptyRegions === undefined) return "";
  const { proposal, channels, warnings } = emptyRegions;
  const marked = proposal.kind === "none" ? [] : proposal.fovList;
  const rows = tiles.map(({ number }, at) => [String(number), ...channels.map((channel) => cell(channel.tiles[at]!))]);
  const columns: Column[] = [
    { heading: "tile", align: "right" },
    ...channels.map(({ label }): Column => ({ heading: `${label}: level, finding`, align: "left" })),
  ];
  const map = marked.length === 0 ? "" : `${tileMap(tiles, marked, isColoured)}\n`;
  return `
Empty regions${marked.length === 0 ? "" : " (*)"}
${map}${formatTable(columns, rows)}
${proposalText(proposal, image, channels)}${warnings.map((warning) => `\n${warning}\n`).join("")}`;
}

function cell({ level, side, finding, planes }: TileEmptiness): string {
  const where = finding.kind === "clean" ? "" : dirtyPlanes(planes);
  return `${side === undefined ? "" : `${side}: `}${formatNumber(level)}, ${findingText(finding)}${where}`;
}

/** In which planes something was found, from the first to the last. */
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
    return `${proposal.planeCount} planes are empty. To correct the image with a profile from them:

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
