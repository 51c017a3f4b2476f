/** The commands of the command line: runs the one that is called; what went wrong becomes a sentence and an exit code. */
import { Command } from "commander";
import { IsoluxError } from "../errors.ts";
import { version } from "../version.ts";
import type { CliContext } from "./context.ts";
import { errorText, exitCodeOf } from "./errors.ts";
import { exitCodes } from "./exit-codes.ts";
import { errorDocument, errorEvent } from "./json-output.ts";
import { machineFacts } from "./machine-facts.ts";
import { fitWidth, screenOf } from "./text/table.ts";

const examples = `
Examples:
  isolux inspect sample.zarr/raw_image       which tiles, which of them empty?
  isolux correct sample.zarr/raw_image       with a profile chosen by Isolux
      ... --fov-list 1,3                     ... from tiles without sample
      ... --z-levels 50,600                  ... from planes without sample
      ... --models-folder measured           ... from files
  isolux init sample.zarr/raw_image          a file with all parameters, then
  isolux run flatfield.yaml                  the correction that it describes

isolux COMMAND --help explains a command and all its options.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no correction is better,
4 the image became worse (isolux check), 130 interrupted.`;

/**
 * Builds the command line. Only the command that `args` calls is loaded, so that the list of commands and unknown
 * commands are answered at once.
 * @throws IsoluxError `usage` where an argument was not UTF-8
 */
export async function buildProgram(args: readonly string[], context: CliContext): Promise<Command> {
  refuseReplaced(args);
  const program = new Command("isolux")
    .description("Flat-field correction for tiled light-sheet microscopy.")
    .version(
      args.includes("--verbose") ? machineFacts().join("\n") : version,
      "-V, --version",
      "Show the version; with --verbose what it runs on, too.",
    )
    .helpOption("-h, --help", "Show this help.")
    .helpCommand("help [command]", "show the help of a command")
    .usage("COMMAND [options]")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(fitWidth(text, screenOf(context.stdout).columns)),
      writeErr: (text) => context.stderr.write(fitWidth(text, screenOf(context.stderr).columns)),
      getOutHelpWidth: () => context.stdout.columns ?? 80,
      getErrHelpWidth: () => context.stderr.columns ?? 80,
      outputError: () => {},
    })
    .addHelpText("after", examples);
  for (const { name, summary, load } of commandTable) {
    const command = program
      .command(name)
      .summary(summary)
      .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`);
    // The script of a completion names the options of all commands.
    if (isCalled(name, args) || isCalled("completion", args)) (await load())(command, context);
  }
  return program;
}

/** Node replaces bytes that are not UTF-8 by U+FFFD: a path would become another one. */
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

/** The command that is called, where it is one. */
function commandNameIn(args: readonly string[]): string | undefined {
  return commandTable.find(({ name }) => isCalled(name, args))?.name;
}

function isCalled(name: string, args: readonly string[]): boolean {
  const operands = args.filter((arg) => !arg.startsWith("-"));
  return operands[0] === name || (operands[0] === "help" && operands[1] === name);
}

/** A command: its line in the list, and what sets it up, loaded when it is called. */
interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<(command: Command, context: CliContext) => void>;
}

/** All commands, in the order of the list. */
export const commandTable: readonly CommandEntry[] = [
  {
    name: "correct",
    summary: "find the profiles of an image and write the corrected image",
    load: async () => (await import("./commands/correct.ts")).configure,
  },
  {
    name: "estimate",
    summary: "find the profiles of an image and save only them",
    load: async () => (await import("./commands/estimate.ts")).configure,
  },
  {
    name: "serve",
    summary: "serve an image over HTTP, corrected when it is read; nothing is written",
    load: async () => (await import("./commands/serve.ts")).configure,
  },
  {
    name: "open",
    summary: "show an image in the browser: empty tiles, profiles, before and after",
    load: async () => (await import("./commands/serve.ts")).configureOpen,
  },
  {
    name: "check",
    summary: "check whether a corrected image is better than its source, whichever program corrected it",
    load: async () => (await import("./commands/check.ts")).configure,
  },
  {
    name: "fit",
    summary: "fit a profile to planes in a .npy, .npz or TIFF file",
    load: async () => (await import("./commands/fit.ts")).configure,
  },
  {
    name: "profile",
    summary: "draw profiles; convert them from and to the formats of other programs",
    load: async () => (await import("./commands/profile.ts")).configure,
  },
  {
    name: "convert",
    summary: "write an image, or the tiles of a microscope, as OME-Zarr as it is",
    load: async () => (await import("./commands/convert.ts")).configure,
  },
  {
    name: "inspect",
    summary: "show the tiles of an image as they lie, its levels, channels and brightness",
    load: async () => (await import("./commands/inspect.ts")).configure,
  },
  {
    name: "init",
    summary: "write a commented parameter file, flatfield.yaml",
    load: async () => (await import("./commands/init.ts")).configure,
  },
  {
    name: "run",
    summary: "correct an image as a parameter file says",
    load: async () => (await import("./commands/run.ts")).configure,
  },
  {
    name: "slurm",
    summary: "write and submit jobs that correct an image on a SLURM cluster",
    load: async () => (await import("./commands/slurm.ts")).configure,
  },
  {
    name: "prepare",
    summary: "begin a correction that several processes share: checks and profiles",
    load: async () => (await import("./commands/prepare.ts")).configure,
  },
  {
    name: "work",
    summary: "correct a unit of the pixels of a prepared correction",
    load: async () => (await import("./commands/work.ts")).configure,
  },
  {
    name: "finish",
    summary: "complete a prepared correction and put its output in place",
    load: async () => (await import("./commands/finish.ts")).configure,
  },
  {
    name: "status",
    summary: "show how far a prepared correction is, and what to do next",
    load: async () => (await import("./commands/status.ts")).configure,
  },
  {
    name: "demo",
    summary: "correct a made-up image with known shading; show how well it went",
    load: async () => (await import("./demo/demo.ts")).configure,
  },
  {
    name: "completion",
    summary: "print a script that completes commands and options in a shell",
    load: async () => (await import("./commands/completion.ts")).configure,
  },
];

/** Runs a command. @returns the exit code */
export async function runProgram(args: readonly string[], streams: Omit<CliContext, "endWith">): Promise<number> {
  const fail = (error: unknown): number => {
    const text = errorText(error, args.includes("--verbose"));
    if (text !== undefined) tellError(error, text, args, streams);
    return exitCodeOf(error);
  };
  process.on("uncaughtException", (error) => process.exit(fail(error)));
  return await runCommand(args, streams).catch(fail);
}

/** An error as a sentence, or as an event among those of `--progress json`; with `--json` as a document, too. */
function tellError(
  error: unknown,
  text: string,
  args: readonly string[],
  { stdout, stderr }: Omit<CliContext, "endWith">,
): void {
  const asEvents = args.some(
    (arg, index) => arg === "--progress=json" || (arg === "json" && args[index - 1] === "--progress"),
  );
  stderr.write(asEvents ? errorEvent(error) : fitWidth(text, screenOf(stderr).columns));
  if (args.includes("--json")) stdout.write(errorDocument(error, commandNameIn(args)));
}

async function runCommand(args: readonly string[], streams: Omit<CliContext, "endWith">): Promise<number> {
  let end: number = exitCodes.done;
  const endWith = (code: number) => {
    end = code;
  };
  const program = await buildProgram(args, { ...streams, endWith });
  if (args.length === 0) {
    program.outputHelp({ error: true });
    return exitCodes.usage;
  }
  await program.parseAsync(withoutLostHelp(args), { from: "user" });
  return end;
}

/** Help for a command that does not exist is parsed as a call of it: the error then suggests one that is near. */
function withoutLostHelp(args: readonly string[]): readonly string[] {
  const [first, name = "help"] = args;
  const isLost = first === "help" && !/^(help$|-)/.test(name) && commandNameIn(args) === undefined;
  return isLost ? args.slice(1) : args;
}
