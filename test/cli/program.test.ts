import { CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import { errorText, exitCodeOf } from "../../src/cli/errors.ts";
import { buildProgram, commandTable } from "../../src/cli/program.ts";
import { IsoluxError } from "../../src/errors.ts";
import { fakeDoor } from "./fake-door.ts";

/** Runs a command line without leaving the process. */
async function run(...args: string[]) {
  const { door, stdout, stderr } = fakeDoor();
  const program = await buildProgram(args, door);
  const end = await program.parseAsync(args, { from: "user" }).then(
    () => ({ code: 0, said: undefined }),
    (error: unknown) => ({ code: exitCodeOf(error), said: errorText(error, false) }),
  );
  return { ...end, stdout: stdout.text, stderr: stderr.text };
}

describe("help", () => {
  it.each([["--help"], ...commandTable.map(({ name }) => [name, "--help"])])("%s %s", async (...args) => {
    const { code, stdout, stderr, said } = await run(...args);
    expect({ code, stderr, said }).toEqual({ code: 0, stderr: "", said: undefined });
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(stdout).toMatchSnapshot();
  });

  it("help COMMAND says the same", async () => {
    expect((await run("help", "fit")).stdout).toBe((await run("fit", "--help")).stdout);
  });
});

describe("wrong usage", () => {
  it.each([
    [["corect"], "isolux: Unknown command 'corect'. Did you mean correct?\n"],
    [["correct", "a", "--fov-lst", "1"], "isolux: Unknown option '--fov-lst'. Did you mean --fov-list?\n"],
    [
      ["correct", "a", "--fov-list", "1", "3"],
      "Expected 1 argument but got 2. Lists take commas, as in --fov-list 1,3.\n",
    ],
    [["correct", "a", "--seed"], "argument missing"],
    [["correct"], "isolux: IMAGE is missing: expected the path or address of an image.\n"],
    [["correct", "--save-models", "a"], "--save-models took a for its folder"],
    [["correct", "a", "--models-folder", "m", "--z-levels", "1,2"], "isolux: --models-folder contradicts --z-levels"],
    [["estimate", "a"], "isolux: --output is missing"],
    [
      ["estimate", "a", "--output", "o", "--models-folder", "m"],
      "An estimate does not take --models-folder. It writes profiles",
    ],
    [["estimate", "a", "--output", "o", "--erase-source-image"], "An estimate does not take --erase-source-image"],
    [["inspect", "a", "--overwrite"], "Unknown option '--overwrite'"],
    [["fit", "a.npy", "--working-size", "0"], "Wrong value for --working-size: found [0]"],
    [["run"], "Missing required argument 'file'"],
  ])("%j", async (args, message) => {
    const { code, said, stdout, stderr } = await run(...args);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: "" });
    expect(said).toContain(message);
    expect(said!.trimEnd()).not.toContain("\n");
  });
});

describe("ends", () => {
  const fault = (kind: IsoluxError["kind"]) => new IsoluxError({ kind, what: "It went wrong" });

  it("tell apart wrong usage, interruption and failure", () => {
    expect(exitCodeOf(fault("usage"))).toBe(2);
    expect(exitCodeOf(fault("interrupted"))).toBe(130);
    for (const kind of ["not-found", "corrupt", "output", "storage"] as const) expect(exitCodeOf(fault(kind))).toBe(1);
    expect(exitCodeOf(new CommanderError(1, "commander.unknownOption", "error: unknown option '--x'"))).toBe(2);
    expect(exitCodeOf(new TypeError("x"))).toBe(1);
    expect(exitCodeOf("thrown text")).toBe(1);
  });

  it("show a trace only when asked to", () => {
    const error = new TypeError("x is not a function", { cause: new Error("deeper") });
    expect(errorText(error, false)).toBe(
      "isolux: internal error: x is not a function. Please report it, with what --verbose shows.\n",
    );
    expect(errorText(error, true)).toMatch(/\n {4}at [\s\S]*caused by Error: deeper/);
    expect(errorText(fault("usage"), false)).toBe("isolux: It went wrong.\n");
  });

  it("name the file where the system refused", () => {
    const error = Object.assign(new Error("ENOSPC: no space left on device, write"), { syscall: "write", path: "/x" });
    expect(errorText(error, false)).toBe("isolux: Reading or writing failed (/x): no space left on device.\n");
  });
});
