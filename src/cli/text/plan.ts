/** The text of what a run would do. */
import { unreachable } from "../../errors.ts";
import type {
  CorrectPlanSummary,
  EstimatePlanSummary,
  PlannedImage,
  PlannedProfile,
} from "../../parameters/plan-summaries.ts";
import { formatBound, formatBytes, formatCount } from "../../quantities.ts";
import { formatShape } from "../../shapes.ts";
import { sourceNames } from "./summary.ts";
import { type Column, endlessScreen, formatTable } from "./table.ts";

/** The plan of a correction, a conversion or an estimation. */
export function planText(plan: CorrectPlanSummary | EstimatePlanSummary, { columns } = endlessScreen): string {
  const paragraphs = "images" in plan ? correctionParagraphs(plan, columns) : [memoryLine(plan.estimationBytes)];
  const where = "images" in plan ? `${plan.output} (${placeWords(plan)})` : plan.output;
  return `${profileTable(plan.profiles, columns)}${paragraphs.join("\n")}
Output: ${where}
Nothing was written: this is what the same command does without --dry-run.
`;
}

function correctionParagraphs(
  { images, tiles, bytes, blocks, workers, ...plan }: CorrectPlanSummary,
  width: number,
): string[] {
  const count = images.length === 1 ? [] : [`  and ${formatCount(images.length - 1, "image")} more`];
  const threads = `${formatCount(blocks, "block")}, ${formatCount(workers, "worker")}`;
  return [
    levelTable(images[0]!, width),
    ...count,
    `${formatBytes(bytes)} in ${formatCount(tiles.count, "tile")}; ${threads}.\n${memoryLine(Math.max(plan.unitBytes, plan.estimationBytes))}`,
    ...(plan.erasesSource ? [`The source is erased at the end: ${plan.source}`] : []),
  ];
}

function memoryLine(bytes: number): string {
  return `At most ${formatBound(bytes)} of memory.`;
}

function placeWords({ place }: CorrectPlanSummary): string {
  switch (place) {
    case "free":
      return "new";
    case "replaced":
      return "what is there is replaced";
    case "resumed":
      return "resumes an earlier run";
    default:
      return unreachable(place);
  }
}

const profileColumns: readonly Column[] = [
  { heading: "channel", align: "left" },
  { heading: "profile", align: "left" },
  { heading: "planes", align: "right" },
];

function profileTable(profiles: readonly PlannedProfile[], width: number): string {
  if (profiles.length === 0) return "";
  const rows = profiles.map(({ label, side, source, planes }) => [
    side === undefined ? label : `${label}, ${side}`,
    source === "chosen" ? "chosen by overlaps" : sourceNames[source],
    planes === 0 ? "" : String(planes),
  ]);
  return `${formatTable(profileColumns, rows, width)}\n`;
}

const levelColumns: readonly Column[] = [
  { heading: "level", align: "left" },
  { heading: "shape", align: "left" },
  { heading: "chunks", align: "left" },
  { heading: "shards", align: "left" },
];

function levelTable({ levels, type, axes }: PlannedImage, width: number): string {
  const rows = levels.map(({ path, shape, chunkShape, shardShape }) => [
    path,
    formatShape(shape),
    formatShape(chunkShape),
    shardShape === undefined ? "" : formatShape(shardShape),
  ]);
  const isSharded = levels.some(({ shardShape }) => shardShape !== undefined);
  return `Pixels (${axes}, ${type})\n${formatTable(isSharded ? levelColumns : levelColumns.slice(0, 3), rows, width)}`;
}
