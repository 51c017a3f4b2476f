import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { buildProgram } from "../../src/cli/program.ts";
import { fakeDoor } from "./fake-door.ts";

async function scriptFor(shell: string): Promise<string> {
  const { door, stdout } = fakeDoor();
  const words = ["completion", shell];
  await (await buildProgram(words, door)).parseAsync(words, { from: "user" });
  return stdout.text;
}

it("completes commands, options and their values in bash", async () => {
  const script = await scriptFor("bash");
  const wanted: [words: string[], completed: string][] = [
    [["est"], "estimate"],
    [["correct", "--models"], "--models-folder"],
    [["correct", "--progress", ""], "text json"],
    [["correct", "sample"], ""],
    [["correct", "a.zarr", "--layout", ""], "mosaic tiles"],
    [["correct", "--gains", "tile"], "tile tile-and-side"],
    [["correct", "--ome-version", ""], "0.4 0.5"],
    [["correct", "--codec", ""], ""],
    [["profile", ""], "convert show"],
    [["profile", "convert", "a", "--sh"], "--shape"],
    [["completion", "f"], "fish"],
  ];
  const calls = wanted.map(([words]) => {
    const quoted = words.map((word) => `'${word}'`).join(" ");
    return `COMP_WORDS=('isolux' ${quoted}); COMP_CWORD=${words.length}; _isolux; echo "\${COMPREPLY[@]}"`;
  });
  const completed = execFileSync("bash", ["-c", [script, ...calls].join("\n")], { encoding: "utf8" });
  expect(completed.split("\n").slice(0, -1)).toEqual(wanted.map(([, words]) => words));
});

it("has a line for every command and option in fish, whose words stay words", async () => {
  const script = await scriptFor("fish");
  expect(script).toMatch(/^complete -c isolux -n __fish_use_subcommand -f -a inspect -d '.*'$/m);
  expect(script).toMatch(/^complete .*__fish_seen_subcommand_from correct' -l progress -x -a 'text json' -d '.*'$/m);
  expect(script).toContain(" -l layout -x -a 'mosaic tiles' ");
  expect(script).toMatch(/^complete .*from profile; and not .* -f -a 'convert show'$/m);
  for (const line of script.trim().split("\n")) expect(line.match(/(?<!\\)'/g)!.length % 2, line).toBe(0);
});

it("names the shells that there are", async () => {
  await expect(scriptFor("tcsh")).rejects.toMatchObject({
    kind: "usage",
    found: "tcsh",
    expected: "bash, zsh or fish",
  });
});
