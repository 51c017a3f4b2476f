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
  const complete = (...words: string[]) => {
    const call = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _isolux; echo "\${COMPREPLY[@]}"`;
    return execFileSync("bash", ["-c", `${script}\n${call}`], { encoding: "utf8" }).trim();
  };
  expect(complete("isolux", "est")).toBe("estimate");
  expect(complete("isolux", "correct", "--models")).toBe("--models-folder");
  expect(complete("isolux", "correct", "--progress", "")).toBe("text json");
  expect(complete("isolux", "correct", "sample")).toBe("");
  expect(complete("isolux", "correct", "a.zarr", "--layout", "")).toBe("mosaic tiles");
  expect(complete("isolux", "correct", "--gains", "tile")).toBe("tile tile-and-side");
  expect(complete("isolux", "correct", "--ome-version", "")).toBe("0.4 0.5");
  expect(complete("isolux", "correct", "--codec", "")).toBe("");
  expect(complete("isolux", "profile", "")).toBe("convert show");
  expect(complete("isolux", "profile", "convert", "a", "--sh")).toBe("--shape");
  expect(complete("isolux", "completion", "f")).toBe("fish");
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
