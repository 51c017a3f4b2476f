/** What a demonstration came to, and its text. */
import { basename, dirname, relative } from "node:path";
import { shellWord } from "../../plain-text.ts";
import { formatPercent } from "../../quantities.ts";
import { type Column, formatTable, type Screen } from "../text/table.ts";
import { demoKeys } from "./acquisition.ts";

/** What a demonstration made, and how near each way came to the truth. */
export interface DemoSummary {
  /** The folder with everything. */
  readonly folder: string;
  /** The raw image. */
  readonly image: string;
  /** The report on the correction from empty regions. */
  readonly report: string;
  /** Tiles without sample, by number. */
  readonly emptyTiles: readonly number[];
  /** The options of `isolux estimate` that name them. */
  readonly emptyOptions: string;
  readonly results: readonly DemoResult[];
}

/** One way to a profile in one channel; figures are shares of the brightness. */
export interface DemoResult {
  readonly channel: string;
  /** Where the profile came from. */
  readonly source: string;
  /** Mean distance of the flat-field from the true one, of mean 1. */
  readonly profileError: number;
  /** Mean difference of neighbouring tiles, pixel by pixel, where they overlap. @nullable */
  readonly seamDifference: number;
  /** The same for mean brightness. @nullable */
  readonly brightnessStep: number;
}

/** A path relative to the current folder, where it is in it. */
export function shown(path: string): string {
  const here = relative(process.cwd(), path);
  return here === "" || here.startsWith("..") ? path : here;
}

const columns: readonly Column[] = [
  { heading: "channel", align: "left" },
  { heading: "profile", align: "left" },
  { heading: "profile error", align: "right" },
  { heading: "seam difference", align: "right" },
  { heading: "brightness step", align: "right" },
];

/** The text of the result. */
export function demoText(summary: DemoSummary, { columns: width }: Screen): string {
  const cells = summary.results.map(({ channel, source, profileError, seamDifference, brightnessStep }) => [
    channel,
    source,
    ...[profileError, seamDifference, brightnessStep].map((share) => formatPercent(share)),
  ]);
  return `\n${formatTable(columns, cells, width)}${meaning}${nextSteps(summary)}`;
}

const meaning = `
  profile error    mean distance of the estimated flat-field from the true one
  seam difference  mean difference of neighbouring tiles, pixel by pixel, where
                   they overlap; includes noise, so it never reaches 0
  brightness step  the same for mean brightness: what you see as a grid
`;

function nextSteps({ folder: path, image: imagePath, report, emptyOptions }: DemoSummary): string {
  const isolux = commandName();
  const folder = shown(path);
  const container = `${folder}/${demoKeys.container}`;
  const image = shellWord(shown(imagePath));
  const corrected = shellWord(`${container}/corrected_empty`);
  const profiles = shellWord(`${folder}/my-profiles`);
  return `
What to do next:

1. Open the report of the second row of each channel in a browser:
     ${shown(report)}

2. Look at the images before and after, and check the result:
     ${isolux} open ${image}
     ${isolux} check ${image} ${corrected}

3. Correct the image yourself, as you would your own:
     ${isolux} inspect ${image}
     ${isolux} estimate ${image} ${emptyOptions} --output ${profiles}
     ${isolux} correct ${image} --models-folder ${profiles} --output ${shellWord(`${folder}/my-image`)}

Everything is in ${folder}; delete that folder when you are done.
`;
}

/** The command that started this program, so that the suggestions can be run as they are. */
function commandName(): string {
  const script = process.argv[1] ?? "";
  if (basename(script) === "main.js") return `node ${shellWord(relative(process.cwd(), script))}`;
  return basename(dirname(script)) === ".bin" ? "npx isolux" : "isolux";
}
