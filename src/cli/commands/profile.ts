/** `isolux profile`: converts and shows profiles. */

import { type Command, InvalidArgumentError, Option } from "commander";
import { type ProfileKind, profileKinds } from "../../profile/formats/profile-files.ts";
import { formatNumber } from "../../quantities.ts";
import type { Yx } from "../../shapes.ts";
import type { CliContext } from "../context.ts";
import { definePlainCommand } from "../define-command.ts";
import type { ConvertedProfile, ConvertSummary } from "./convert-profile.ts";

const examples = `
Formats:
  npz              profiles.npz of Isolux and of the reference task
  basicpy          a model folder of BaSiCPy: settings.json, profiles.npz
  ashlar           ASHLAR and MCMICRO: NAME-ffp.tif, NAME-dfp.tif
  stitching-spark  S.tif, T.tif
  bigstitcher      flat-field images of BigStitcher: NAME-bright.tif, NAME-dark.tif
  fractal          fractal-tasks-core: TIFF or PNG, and NAME_darkfield
  cellprofiler     an illumination function to divide by: .npy, .mat
  cellprofiler-subtract   one to subtract; read only, with --from
  image            any other TIFF or PNG: an evenly bright slide, say

Examples:
  isolux profile convert S.tif models/488
  isolux profile convert scan-ffp.tif models/488 --channel 2
  isolux profile convert models scan-ffp.tif --channel 405,488,561
  isolux profile convert slide.png models/488/profiles.npz`;

interface ConvertOptions {
  readonly from?: ProfileKind;
  readonly to?: ProfileKind;
  readonly channel?: readonly string[];
  readonly shape?: Yx;
  readonly overwrite?: boolean;
}

const showExamples = `
Prints a small map of the flat-field, the values along the lines through its
centre, and what to know of it; --output writes a page with maps in colour,
isolux lines and charts.

Examples:
  isolux profile show profiles/MBP
  isolux profile show profiles --channel MBP,Lectin --output profiles.html
  isolux profile show scan-ffp.tif --channel 2`;

interface ShowOptions {
  readonly from?: ProfileKind;
  readonly channel?: readonly string[];
  readonly output?: string;
  readonly overwrite?: boolean;
}

const show = definePlainCommand({
  usage: "INPUT [options]",
  examples: showExamples,
  extras: (command) =>
    command
      .argument("<input>", "The file or folder to read; its dark-field is found beside it.")
      .addOption(
        formatOption("--from <format>", "The format of the input. By default recognised from names and content."),
      )
      .option(
        "--channel <labels>",
        "The channels in a folder of profiles, or pages, from 1, in files of ASHLAR.",
        listOf,
      )
      .option("--output <file>", "Write a page with maps and charts: a file that ends in .html.", htmlFile)
      .option("--overwrite", "Replace an existing file."),
  work: async ({ operands, options }) => {
    const { from, channel: channels = [], output, overwrite = false } = options as ShowOptions;
    const { showProfile, showText } = await import("./show-profile.ts");
    return {
      run: () => showProfile({ input: operands[0]!, channels, overwrite, from, output }),
      show: showText,
      whenInterrupted: "Nothing has been written",
    };
  },
});

function htmlFile(text: string): string {
  if (/\.html?$/i.test(text)) return text;
  throw new InvalidArgumentError("Give a file that ends in .html.");
}

const convert = definePlainCommand({
  usage: "INPUT OUTPUT [options]",
  examples,
  extras: (command) =>
    command
      .argument("<input>", "The file or folder to read; its dark-field is found beside it.")
      .argument("<output>", "The file or folder to write.")
      .addOption(
        formatOption("--from <format>", "The format of the input. By default recognised from names and content."),
      )
      .addOption(formatOption("--to <format>", "The format of the output. By default that of its name."))
      .option(
        "--channel <labels>",
        "The channel in a folder of profiles, or its page, from 1, in files of ASHLAR. Several with commas, to write files of ASHLAR.",
        listOf,
      )
      .option("--shape <rows,columns>", "Resample the profile to this shape. Default: it keeps its own.", shapeOf)
      .option("--overwrite", "Replace existing files."),
  work: ({ operands, options }) => {
    const [input, output] = operands as [string, string];
    const { from, to, channel: channels = [], shape: shapeYx, overwrite = false } = options as ConvertOptions;
    const request = { input, output, channels, overwrite, from, to, shapeYx };
    return {
      run: async (hooks) => (await import("./convert-profile.ts")).convertProfile(request, hooks),
      show: convertText,
      whenInterrupted: "Nothing has been written",
    };
  },
});

function formatOption(flags: string, meaning: string): Option {
  return new Option(flags, meaning).argParser((value): ProfileKind => {
    const kind = profileKinds.find((name) => name === value);
    if (kind !== undefined) return kind;
    throw new InvalidArgumentError(`Formats are ${profileKinds.join(", ")}.`);
  });
}

function listOf(text: string): string[] {
  const labels = text.split(",").map((label) => label.trim());
  if (labels.every((label) => label !== "")) return labels;
  throw new InvalidArgumentError("Give labels with commas between them.");
}

function shapeOf(text: string): Yx {
  const match = /^\s*(\d{1,5})\s*,\s*(\d{1,5})\s*$/.exec(text);
  const shapeYx: Yx = [Number(match?.[1]), Number(match?.[2])];
  if (shapeYx.every((extent) => extent >= 1)) return shapeYx;
  throw new InvalidArgumentError("Give rows and columns as two whole numbers, such as 2048,2048.");
}

/** Sets up `isolux profile` and its sub-commands. */
export function configure(command: Command, context: CliContext): void {
  command.helpOption("-h, --help", "Show this help.").helpCommand(false).usage("COMMAND [options]");
  const read = "Read a profile in one format, write it in another.";
  convert(
    command.command("convert").summary("read a profile in one format, write it in another").description(read),
    context,
  );
  const draw = "Draw a profile: a map, its range, the lines through its centre.";
  show(
    command.command("show").summary("draw a profile: a map, its range, the lines through its centre").description(draw),
    context,
  );
}

/** The text on a conversion. */
export function convertText({ profiles, notes, output, kind }: ConvertSummary): string {
  const stated = notes.length === 0 ? "" : `${notes.join("\n")}\n\n`;
  return `${profiles.map(profileText).join("\n")}\n${stated}Written as ${kind}: ${output.join(", ")}\n`;
}

function profileText({ channel, kind, files, shapeYx, flatfield, darkfield, baseline }: ConvertedProfile): string {
  const range = ({ min, max, mean }: ConvertedProfile["flatfield"]) =>
    `${formatNumber(min)} - ${formatNumber(max)}, mean ${formatNumber(mean)}`;
  return `  read        ${kind}: ${files.join(", ")}${channel === undefined ? "" : ` (channel ${channel})`}
  flat-field  ${range(flatfield)} (${shapeYx.join(" x ")} px)
  dark-field  ${range(darkfield)}
  baseline    ${formatNumber(baseline)}
`;
}
