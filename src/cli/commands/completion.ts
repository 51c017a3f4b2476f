/** `isolux completion`: a script that lets a shell complete commands and options. */

import type { Command, Option } from "commander";
import { IsoluxError } from "../../errors.ts";
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

/** All commands with their options, help included. */
function completables({ parent }: Command): Completable[] {
  return parent!.commands.map((command) => ({
    name: command.name(),
    summary: command.summary(),
    options: command.createHelp().visibleOptions(command),
  }));
}

/** Completes the command, then its options and their choices; all else are files. */
function bashScript(commands: readonly Completable[]): string {
  const names = [...commands.map(({ name }) => name), "help"].join(" ");
  const cases = commands.map(({ name, options }) => `    ${name}) words="${namesOf(options).join(" ")}" ;;`);
  const chosen = new Map(
    commands.flatMap(({ options }) => options.filter(hasChoices)).map((option) => [option.long, option]),
  );
  const choices = [...chosen.values()].map(
    ({ long, argChoices }) => `    ${long}) words="${argChoices!.join(" ")}" ;;`,
  );
  return `_isolux() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${names} --version --help" -- "$current"))
    return
  fi
  case "$before" in
${choices.join("\n")}
  esac
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
  const lines = commands.flatMap(({ name, summary, options }) => [
    `complete -c isolux -n ${isFirst} -f -a ${name} -d ${quoted(summary)}`,
    ...options.map((option) => {
      const choices = hasChoices(option)
        ? ` -x -a ${quoted(option.argChoices!.join(" "))}`
        : option.required
          ? " -r"
          : "";
      const long = option.long!.slice(2);
      return `complete -c isolux -n ${quoted(`__fish_seen_subcommand_from ${name}`)} -l ${long}${choices} -d ${quoted(firstSentence(option.description))}`;
    }),
  ]);
  return `${lines.join("\n")}\n`;
}

const namesOf = (options: readonly Option[]) => options.flatMap(({ long }) => long ?? []);

const hasChoices = ({ argChoices }: Option) => argChoices !== undefined;

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
