/** What the pages tell people to type is there to be typed. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { beforeAll, describe, expect, it } from "vitest";
import { buildProgram, commandTable } from "../../src/cli/program.ts";
import { fakeDoor } from "./fake-door.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const pages = ["README.md", ...readdirSync(`${root}docs`).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith(".md"),
);
/** Options of other programs that the pages name. */
const foreign = ["--constraint"];

const fence = /^```\w*\n([\s\S]*?)^```/gm;

/** Lines of blocks of code: what is to be typed. */
function linesOf(page: string): string[] {
  const text = readFileSync(root + page, "utf8");
  return [...text.matchAll(fence)].flatMap((match) => match[1]!.replaceAll("\\\n", " ").split("\n"));
}

/** Code within sentences, where a call may be cut short. */
function spansOf(page: string): string[] {
  const text = readFileSync(root + page, "utf8").replaceAll(fence, "");
  return [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1]!.replaceAll("\n", " "));
}

/** The words of a command line, up to a comment, a pipe or what stands for more; none where it is no call of Isolux. */
function wordsOf(line: string): string[] {
  const command = /^\s*(?:\$ )?(?:npx )?isolux (.*)$/.exec(line)?.[1] ?? "";
  const words = command.match(/"[^"]*"|'[^']*'|\S+/g) ?? [];
  const end = words.findIndex((word) => /^(#.*|[|;>]|&&|\.\.\.|…)$/.test(word));
  return words.slice(0, end < 0 ? words.length : end).map((word) => word.replaceAll(/^["']|["']$/g, ""));
}

/** The command that words call, and the words that are left for it. */
async function calledBy(words: readonly string[]): Promise<[Command, string[]]> {
  let command = await buildProgram(words, fakeDoor().door);
  const left = [...words];
  for (;;) {
    const next = command.commands.find((child) => child.name() === left[0]);
    if (next === undefined) return [command, left];
    command = next;
    left.shift();
  }
}

const allOptions = (command: Command): string[] => [
  ...command.options.map(({ long }) => long ?? ""),
  ...command.commands.flatMap(allOptions),
];

const isOption = (word: string) => word.startsWith("-");

describe.each(pages)("%s", (page) => {
  const known = new Set(["-h", "--help", "-V", "--version", ...foreign]);
  beforeAll(async () => {
    const programs = await Promise.all(commandTable.map(({ name }) => buildProgram([name], fakeDoor().door)));
    for (const option of programs.flatMap(allOptions)) known.add(option);
  });

  it("calls commands that there are, with options and values that they take", async () => {
    const calls = linesOf(page)
      .map(wordsOf)
      .filter(([name = "COMMAND"]) => name !== "COMMAND");
    for (const words of calls) {
      const [command, left] = await calledBy(words);
      const call = `isolux ${words.join(" ")}`;
      expect(command.parent, call).not.toBe(null);
      expect(command.parseOptions(left).unknown.filter(isOption), call).toEqual([]);
    }
  });

  it("names only commands and options that there are", async () => {
    const spans = spansOf(page);
    const calls = spans.map(wordsOf).filter(([name = "-"]) => name !== "COMMAND" && !isOption(name));
    for (const words of calls) {
      const [command, left] = await calledBy(words);
      const call = `isolux ${words.join(" ")}`;
      expect(command.parent, call).not.toBe(null);
      const wanted = left.filter(isOption).map((word) => word.split("=")[0]!);
      expect(
        wanted.filter((option) => option !== "--help" && !allOptions(command).includes(option)),
        call,
      ).toEqual([]);
    }
    const named = spans.flatMap((code) => /^--[a-z0-9-]+/.exec(code) ?? []);
    expect(named.filter((option) => !known.has(option))).toEqual([]);
  });
});
