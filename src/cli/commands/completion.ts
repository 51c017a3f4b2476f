/** `isolux completion`: a script that lets a shell complete commands and options. */

import type { Command, Option } from "commander";
import { IsoluxError } from "../../errors.ts";
import { fieldsOf } from "../../parameters/field.ts";
import { correctSchema } from "../../parameters/schema.ts";
import { spell } from "../../parameters/spelling.ts";
import { definePlainCommand } from "../define-command.ts";

const examples = `
Examples:
  isolux completion bash > ~/.local/share/bash-completion/completions/isolux
  isolux completion fish > ~/.config/fish/completions/isolux.fish
  echo 'eval "$(isolux completion zsh)"' >> ~/.zshrc`;

/** A command as a shell completes it. */
interface Completable {
  readonly name: string;
  readonly summary: string;
  /** What its first operand may be, where that is no path: the commands within it, or shells. */
  readonly words: readonly string[];
  readonly options: readonly Option[];
}

const scripts: Readonly<Record<string, (commands: readonly Completable[]) => string>> = {
  bash: bashScript,
  zsh: (commands) =>
    `autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(commands)}`,
  fish: fishScript,
};

/** The script for a shell. */
export interface CompletionSummary {
  readonly shell: string;
  /** The lines of the script. */
  readonly lines: readonly string[];
}

/** Sets up `isolux completion`. */
export const configure = definePlainCommand({
  usage: "SHELL",
  examples,
  extras: (command) => command.argument("<shell>", "bash, zsh or fish."),
  work: ({ operands: [shell = ""], command }) => {
    if (!Object.hasOwn(scripts, shell)) throw unknownShell(shell);
    return {
      run: async (): Promise<CompletionSummary> => ({
        shell,
        lines: scripts[shell]!(completables(command)).split("\n"),
      }),
      show: ({ lines }) => lines.join("\n"),
      whenInterrupted: "Nothing has been written",
    };
  },
});

/** All commands with their options and those of the commands within them, help included. */
function completables({ parent }: Command): Completable[] {
  return parent!.commands.map((command) => {
    const options = [command, ...command.commands].flatMap((one) => one.createHelp().visibleOptions(one));
    return {
      name: command.name(),
      summary: command.summary(),
      words: command.name() === "completion" ? Object.keys(scripts) : command.commands.map((child) => child.name()),
      options: [...new Map(options.map((option) => [option.long, option])).values()],
    };
  });
}

/** The values of the parameters that take one of a few words, by their options. */
const fewWords: ReadonlyMap<string, readonly string[]> = new Map(
  fieldsOf(correctSchema).flatMap((field) => {
    const words = field.info.allowed.replace(/^version /, "").split(/, | or /);
    const isFew =
      field.info.form !== "operand" && words.length > 1 && words.every((word) => /^[a-z0-9.-]+$/.test(word));
    return isFew && words[0] !== "true" ? [[spell(field, "option"), words] as const] : [];
  }),
);

function choicesOf({ argChoices, long }: Option): readonly string[] | undefined {
  return argChoices ?? fewWords.get(long ?? "");
}

/** Completes the command, then its options and their choices; all else are files. */
function bashScript(commands: readonly Completable[]): string {
  const names = [...commands.map(({ name }) => name), "help"].join(" ");
  const caseOf = (pattern: string | undefined, words: readonly string[]) =>
    `    ${pattern}) words="${words.join(" ")}" ;;`;
  const cases = commands.map(({ name, options }) => caseOf(name, namesOf(options)));
  const operands = commands.filter(({ words }) => words.length > 0).map(({ name, words }) => caseOf(name, words));
  const choices = new Set(
    commands
      .flatMap(({ options }) => options)
      .flatMap((option) => (choicesOf(option) === undefined ? [] : caseOf(option.long, choicesOf(option)!))),
  );
  return `_isolux() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${names} --version --help" -- "$current"))
    return
  fi
  case "$before" in
${[...choices].join("\n")}
  esac
  if [ "$COMP_CWORD" -eq 2 ]; then
    case "\${COMP_WORDS[1]}" in
${operands.join("\n")}
    esac
  fi
  if [ -n "$words" ]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  case "$current" in -*) ;; *) return ;; esac
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -o bashdefault -F _isolux isolux
`;
}

function fishScript(commands: readonly Completable[]): string {
  const isFirst = "__fish_use_subcommand";
  const lines = commands.flatMap(({ name, summary, words, options }) => [
    `complete -c isolux -n ${isFirst} -f -a ${name} -d ${quoted(summary)}`,
    ...(words.length === 0 ? [] : [operandsInFish(name, words.join(" "))]),
    ...options.map((option) => {
      const few = choicesOf(option);
      const choices = few !== undefined ? ` -x -a ${quoted(few.join(" "))}` : option.required ? " -r" : "";
      const long = option.long!.slice(2);
      return `complete -c isolux -n ${quoted(`__fish_seen_subcommand_from ${name}`)} -l ${long}${choices} -d ${quoted(firstSentence(option.description))}`;
    }),
  ]);
  return `${lines.join("\n")}\n`;
}

function operandsInFish(name: string, words: string): string {
  const isNext = `__fish_seen_subcommand_from ${name}; and not __fish_seen_subcommand_from ${words}`;
  return `complete -c isolux -n ${quoted(isNext)} -f -a ${quoted(words)}`;
}

const namesOf = (options: readonly Option[]) => options.flatMap(({ long }) => long ?? []);

const firstSentence = (text: string) => text.split(/\. |: |; /)[0]!.replace(/\.$/, "");

const quoted = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

function unknownShell(found: string): IsoluxError {
  return new IsoluxError({
    kind: "usage",
    what: "There is no completion for this shell",
    found,
    expected: "bash, zsh or fish",
  });
}
