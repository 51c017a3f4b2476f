/** All that commands print fits into the terminal. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tileMap } from "../../../src/cli/commands/inspect.ts";
import { commandTable, runProgram } from "../../../src/cli/program.ts";
import { endlessScreen, fitWidth, formatTable, wrapWords } from "../../../src/cli/text/table.ts";
import { withVerdicts } from "../../support/verdicts.ts";
import { type World, WorldMaker } from "../broken-world.ts";
import { fakeStream } from "../fake-door.ts";

withVerdicts();
const widths = [60, 80, 120, 200];
const maker = new WorldMaker();
let world: World;
beforeAll(async () => {
  await maker.prepare();
  world = maker.make();
});
afterAll(() => maker.remove());

/** Lines that are too long, but for a single word, such as a path, which nothing can break. */
function tooLong(text: string, columns: number): string[] {
  return stripVTControlCharacters(text)
    .split(/[\r\n]+/)
    .filter((line) => line.length > columns && !/^ *\S+( \\)?$/.test(line));
}

/** What a command prints on a terminal. */
async function onTerminal(columns: number, ...args: string[]) {
  const [stdout, stderr] = [fakeStream({ isTTY: true, columns }), fakeStream({ isTTY: true, columns })];
  const listeners = process.listeners("uncaughtException");
  const code = await runProgram(args, { stdout, stderr, signal: new AbortController().signal });
  for (const listener of process.listeners("uncaughtException")) {
    if (!listeners.includes(listener)) process.off("uncaughtException", listener);
  }
  return { code, stdout: stdout.text, stderr: stderr.text };
}

describe("a line", () => {
  it("is broken between words, below its first word or beside its name", () => {
    expect(fitWidth("  one two three four", 11)).toBe("  one two\n  three\n  four");
    expect(fitWidth("name  one two three four", 15)).toBe("name  one two\n      three\n      four");
    expect(fitWidth("short\n\n", 10)).toBe("short\n\n");
    expect(wrapWords("averyverylongword and more", 8)).toEqual(["averyverylongword", "and more"]);
  });

  it("of a command stays one for a shell", () => {
    const command = "  isolux correct 'my image' --fov-list 1,3 --output corrected --overwrite";
    const broken = fitWidth(command, 40);
    expect(broken.split("\n").length).toBeGreaterThan(1);
    expect(broken.replaceAll(/ \\\n */g, " ")).toBe(command);
    const remarked = fitWidth("  isolux inspect sample.zarr     which tiles are there?", 50);
    expect(remarked).toBe("  isolux inspect sample.zarr\n      which tiles are there?");
  });

  it("keeps all of its words", () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,20}$/), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(words, fc.integer({ min: 20, max: 60 }), (list, columns) => {
        const text = fitWidth(list.join(" "), columns);
        expect(text.split(/\s+/)).toEqual(list);
        expect(tooLong(text, columns)).toEqual([]);
      }),
    );
  });
});

describe("a table", () => {
  const columns = [
    { heading: "channel", align: "left" },
    { heading: "where it comes from", align: "left" },
    { heading: "clipped low", align: "right" },
  ] as const;
  const rows = [["MBP", "empty tiles and planes", "0.01 %"]];

  it("that is too wide has broken headings and texts", () => {
    expect(formatTable(columns, rows, 34).split("\n")).toEqual([
      "  channel  where it    clipped low",
      "           comes from",
      "  -------  ----------  -----------",
      "  MBP      empty            0.01 %",
      "           tiles and",
      "           planes",
      "",
    ]);
  });

  it("that cannot be so narrow is a list of each row", () => {
    const text = formatTable(columns, [...rows, ...rows], 20);
    expect(text.split("\n")[0]).toBe("  channel              MBP");
    expect(text.split("\n\n")).toHaveLength(2);
  });
});

it("a map of many columns comes in parts", () => {
  const tiles = Array.from({ length: 30 }, (_, column) => ({ number: column + 1, row: 0, column }));
  const map = tileMap(tiles, [], { ...endlessScreen, columns: 60 });
  expect(tooLong(map, 60)).toEqual([]);
  expect(map).toContain("columns 1 to 11");
  for (const { number } of tiles) expect(map).toMatch(new RegExp(`\\| +${number} +\\|`));
});

describe.each(widths)("on a terminal of %i columns", (columns) => {
  it("help fits", async () => {
    for (const args of [
      ["--help"],
      ...commandTable.map(({ name }) => [name, "--help"]),
      ["profile", "show", "--help"],
    ]) {
      const { stdout } = await onTerminal(columns, ...args);
      expect(tooLong(stdout, columns), args.join(" ")).toEqual([]);
    }
  });

  it("results, progress and errors fit", async () => {
    const { image } = world;
    const to = (name: string) => world.path(`${name}-${columns}`);
    const workers = ["--workers", "1"];
    const calls = [
      ["inspect", image, "--empty", ...workers],
      ["correct", image, "--output", to("corrected"), "--models-folder", world.path("models"), "--dry-run"],
      ["correct", image, "--output", to("corrected"), "--fov-list", "1,4", ...workers],
      ["estimate", image, "--output", to("found"), "--fov-list", "1,4", ...workers],
      ["correct", image, "--output", to("reported"), "--fov-list", "1,4", "--report", to("r.html"), ...workers],
      ["check", image, to("corrected")],
      ["convert", image, to("copy"), "--dry-run"],
      ["prepare", image, "--output", to("shared"), "--fov-list", "1,4", "--units", "2", ...workers],
      ["status", to("shared")],
      ["slurm", image, "--output", to("later"), "--script", to("later.sh")],
      ["fit", world.path("stack.npy"), "--output", to("fit.npz"), "--working-size", "8"],
      ["profile", "show", to("fit.npz")],
      ["profile", "convert", to("fit.npz"), to("scan-ffp.tif"), "--to", "ashlar"],
      ["init", image, "--output", to("flatfield.yaml")],
      ["correct", image, "--fov-list", "99"],
      ["correct", image, "--no-such-option"],
    ];
    for (const args of columns === 60 ? calls : calls.slice(0, 3)) {
      const { stdout, stderr } = await onTerminal(columns, ...args);
      expect(tooLong(stdout, columns), args.join(" ")).toEqual([]);
      expect(tooLong(stderr, columns), args.join(" ")).toEqual([]);
    }
  });
});

const hasPty = spawnSync("python3", ["-c", "import pty, fcntl, termios"]).status === 0;

// What is written at each width is held above: here, that a program finds out the width.
it.skipIf(!hasPty).each([60, 200])(
  "a program in a pseudo-terminal of %i columns knows it",
  async (columns) => {
    const main = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));
    const terminal = fileURLToPath(new URL("../../support/terminal.py", import.meta.url));
    const run = (...args: string[]) => {
      const { NO_COLOR: _, ...env } = process.env;
      const words = [terminal, String(columns), process.execPath, main, ...args];
      const { stdout } = spawnSync("python3", words, { encoding: "utf8", env });
      expect(tooLong(stdout, columns), args.join(" ")).toEqual([]);
      return stdout;
    };
    const one = ["--workers", "1"];
    const output = world.path(`in-terminal-${columns}`);
    const corrected = run("correct", world.image, "--output", output, "--fov-list", "1,4", ...one);
    // The bar of a terminal, a table, and the summary
    expect(corrected).toContain("\x1b[");
    expect(corrected).toContain("Lectin");
    expect(corrected).toContain("Corrected");
    const help = run("correct", "--help");
    // Wider terminals have longer lines
    expect(Math.max(...help.split(/[\r\n]+/).map(({ length }) => length)) > 100).toBe(columns > 100);
  },
  60_000,
);

it("suggestions are near, or none is made", async () => {
  const { stderr: far } = await onTerminal(200, "correct", "a.zarr", "--colour");
  expect(far).not.toContain("Did you mean");
  const { stderr: near } = await onTerminal(200, "correct", "a.zarr", "--ouput", "b");
  expect(near).toContain("Did you mean --output?");
  expect((await onTerminal(200, "corect")).stderr).toContain("Did you mean correct?");
  expect((await onTerminal(200, "help", "corect")).stderr).toContain("Did you mean correct?");
});
