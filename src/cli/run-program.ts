/** The program behind the entry: a call of a command, what went wrong as a sentence, and the exit code. */
import type { CliContext } from "./context.ts";
import { errorText, exitCodeOf } from "./errors.ts";
import { exitCodes } from "./exit-codes.ts";
import { errorDocument, errorEvent } from "./json-output.ts";
import { buildProgram, commandNameIn } from "./program.ts";
import { fitWidth, screenOf } from "./text/table.ts";

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
