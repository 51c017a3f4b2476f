import { Command } from "commander";
import { IsoluxError } from "../errors.ts";
import { version } from "../version.ts";
import { commandTable } from "./command-table.ts";
import type { Door } from "./door.ts";

const examples = `
Examples:
  isolux inspect sample.zarr/raw_image       which tiles, which of them empty?
  isolux correct sample.zarr/raw_image --auto   the best of what follows
  isolux correct sample.zarr/raw_image       profiles from all tiles, by BaSiC
      ... --fov-list 1,3                     ... from tiles without sample
      ... --z-levels 50,600                  ... from planes without sample
      ... --models-folder measured           ... from files
  isolux init sample.zarr/raw_image          a file with all parameters, then
  isolux run flatfield.yaml                  the correction that it describes

isolux COMMAND --help explains a command and all its options.
Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted; where
no correction is better 3 (--auto, isolux check), where one is worse 4 (check).`;

/**
 * The command line. Only the sub-command that `args` calls is loaded and set up, so that the list of commands and
 * wrong commands answer at once.
 * @throws IsoluxError `usage` where an argument was not UTF-8
 */
export async function buildProgram(args: readonly string[], door: Door): Promise<Command> {
  refuseReplaced(args);
  const program = new Command("isolux")
    .description("Flat-field correction for tiled light-sheet microscopy: OME-Zarr in, evenly lit OME-Zarr out.")
    .version(version, "-V, --version", "Show the version.")
    .helpOption("-h, --help", "Show this help.")
    .helpCommand("help [command]", "show the help of a command")
    .usage("COMMAND [options]")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => door.stdout.write(text),
      writeErr: (text) => door.stderr.write(text),
      outputError: () => {},
    })
    .addHelpText("after", examples);
  for (const { name, summary, load } of commandTable) {
    const command = program
      .command(name)
      .summary(summary)
      .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`);
    if (isCalled(name, args)) (await load()).configure(command, door);
  }
  return program;
}

/** Node puts U+FFFD in place of bytes that are not UTF-8: a path would become another one. */
function refuseReplaced(args: readonly string[]): void {
  const found = args.find((arg) => arg.includes("\uFFFD"));
  if (found === undefined) return;
  throw new IsoluxError({
    kind: "usage",
    what: "A name on the command line is not valid UTF-8",
    found,
    advice: "Rename the file or folder, or reach it by a link with another name",
  });
}

function isCalled(name: string, args: readonly string[]): boolean {
  const operands = args.filter((arg) => !arg.startsWith("-"));
  return operands[0] === name || (operands[0] === "help" && operands[1] === name);
}
