import { type Command, InvalidArgumentError, Option } from "commander";
import { type ProfileKind, profileKinds } from "../profile/formats/profile-files.ts";
import { formatNumber } from "../report/quantities.ts";
import type { Yx } from "../shapes.ts";
import type { ConvertedProfile, ConvertSummary } from "./convert-profile.ts";
import type { Door } from "./door.ts";
import { addTellingOptions, perform } from "./perform.ts";

const examples = `
Formats:
  npz              profiles.npz of Isolux and of the reference task
  basicpy          a model folder of BaSiCPy: settings.json, profiles.npz
  ashlar           ASHLAR and MCMICRO: NAME-ffp.tif, NAME-dfp.tif
  stitching-spark  S.tif, T.tif
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

/** Sets up `isolux profile` and what can be done with profiles. */
export function configure(command: Command, door: Door): void {
  command.helpOption("-h, --help", "Show this help.").helpCommand(false).usage("COMMAND [options]");
  const convert = command
    .command("convert")
    .summary("read a profile in one format, write it in another")
    .description("Read a profile in one format, write it in another.");
  convert
    .usage("INPUT OUTPUT [options]")
    .argument("<input>", "The file or folder to read; its dark-field is found beside it.")
    .argument("<output>", "The file or folder to write.")
    .addOption(formatOption("--from <format>", "The format of the input. Default: told by names and content."))
    .addOption(formatOption("--to <format>", "The format of the output. Default: told by its name."))
    .option(
      "--channel <labels>",
      "The channel in a folder of profiles, or its page, from 1, in files of ASHLAR. Several with commas, to write files of ASHLAR.",
      listOf,
    )
    .option("--shape <rows,columns>", "Resample the profile to this shape. Default: it keeps its own.", shapeOf)
    .option("--overwrite", "Replace files that are there already.");
  addTellingOptions(convert)
    .addHelpText("after", examples)
    .action(async (input: string, output: string, options: ConvertOptions) => {
      const { from, to, channel: channels = [], shape, overwrite = false } = options;
      const given = { ...(from && { from }), ...(to && { to }), ...(shape && { shapeYx: shape }) };
      await perform(convert, door, {
        run: async (hooks) =>
          (await import("./convert-profile.ts")).convertProfile(
            { input, output, channels, overwrite, ...given },
            hooks,
          ),
        show: convertText,
        whenInterrupted: "Nothing has been written",
      });
    });
}

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

/** What a conversion did, for people. */
export function convertText({ profiles, notes, output, kind }: ConvertSummary): string {
  const told = notes.length === 0 ? "" : `${notes.join("\n")}\n\n`;
  return `${profiles.map(profileText).join("\n")}\n${told}Written as ${kind}: ${output.join(", ")}\n`;
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
