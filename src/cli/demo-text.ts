/** What the demonstration prints: the table, what its figures mean, and what to try next. */

import { basename, dirname, relative } from "node:path";
import { shellWord } from "../parameters/shell-word.ts";
import { formatPercent } from "../quantities.ts";
import type { SeamFigures } from "../report/seam-report.ts";
import type { SyntheticAcquisition } from "../synthetic/write-acquisition.ts";
import { demoKeys } from "./demo-acquisition.ts";
import { type Column, formatTable } from "./text-table.ts";

/** One line of the table. */
export interface DemoRow {
  readonly channel: string;
  readonly source: string;
  /** Mean distance of the flat-field from the true one, of mean 1. */
  readonly profileError: number;
  readonly seams: SeamFigures;
}

/** What the text names. */
export interface DemoPlace {
  readonly folder: string;
  readonly acquisition: SyntheticAcquisition;
}

const columns: readonly Column[] = [
  { heading: "channel", align: "left" },
  { heading: "profile", align: "left" },
  { heading: "profile error", align: "right" },
  { heading: "seam difference", align: "right" },
  { heading: "brightness step", align: "right" },
];

/** The result of a demonstration. */
export function demoText(rows: readonly DemoRow[], place: DemoPlace): string {
  const channels = [...new Set(rows.map((row) => row.channel))];
  const sorted = channels.flatMap((channel) => rows.filter((row) => row.channel === channel));
  const cells = sorted.map(({ channel, source, profileError, seams }) => [
    channel,
    source,
    formatPercent(profileError),
    formatPercent(seams.difference),
    formatPercent(seams.logRatio),
  ]);
  return `\n${formatTable(columns, cells)}${meaning}${nextSteps(place)}`;
}

const meaning = `
  profile error    how far the flat-field lies from the true one, on average
  seam difference  how far neighbouring tiles differ, pixel by pixel, where both
                   show the same tissue; noise is in it and stays
  brightness step  the same for the mean brightness: what is seen as a grid
`;

function nextSteps({ folder, acquisition: { imageKey, truth } }: DemoPlace): string {
  const isolux = commandName();
  const container = `${folder}/${demoKeys.container}`;
  const image = shellWord(`${folder}/${imageKey}`);
  const again = `--output ${shellWord(`${container}/corrected_again`)} --overwrite`;
  return `
A report of the second way, to be opened in a browser: ${folder}/${demoKeys.report}

The images are in ${container}: open raw_image and corrected_empty
in napari or Neuroglancer and look for the grid. Try next:

  ${isolux} inspect ${image}
  ${isolux} correct ${image} --fov-list ${truth.emptyTiles.join(",")} --n-zplanes 100 ${again}
  ${isolux} correct ${image} --z-levels ${truth.zLevels.join(",")} --n-zplanes 40 ${again}
  ${isolux} correct ${image} --models-folder ${shellWord(`${folder}/${demoKeys.measured}`)} ${again}

All of it is in ${folder}, which can be deleted.
`;
}

/** How this program was called, so that the lines above work as they stand. */
function commandName(): string {
  const script = process.argv[1] ?? "";
  if (basename(script) === "main.js") return `node ${shellWord(relative(process.cwd(), script))}`;
  return basename(dirname(script)) === ".bin" ? "npx isolux" : "isolux";
}
