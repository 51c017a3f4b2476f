import { CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import { errorDocument, errorEvent, resultDocument } from "../../src/cli/json-output.ts";
import { jsonProgress } from "../../src/cli/perform.ts";
import { runProgram } from "../../src/cli/program.ts";
import { IsoluxError } from "../../src/errors.ts";
import { version } from "../../src/version.ts";
import { fakeStream } from "./fake-door.ts";

describe("documents for scripts", () => {
  it("say what they are before the keys of the result", () => {
    const text = resultDocument("check", { format: 7, verdict: "better\u001b[2J" });
    expect(text).toBe(
      `{"format":"isolux.check","version":1,"isolux":"${version}","command":"check","verdict":"better\\u001b[2J"}\n`,
    );
  });

  it("give an error in its parts, with the exit code", () => {
    const error = new IsoluxError({
      kind: "no-gain",
      what: "Nothing is better",
      where: "a.zarr",
      found: "2",
      advice: "Go",
    });
    expect(JSON.parse(errorDocument(error, "correct"))).toEqual({
      format: "isolux.error",
      version: 1,
      isolux: version,
      command: "correct",
      exitCode: 3,
      error: {
        kind: "no-gain",
        what: "Nothing is better",
        where: "a.zarr",
        found: "2",
        advice: "Go",
        message: "Nothing is better (a.zarr): found 2. Go.",
      },
    });
    const system = Object.assign(new Error("ENOSPC: no space left, write"), { syscall: "write" });
    expect(JSON.parse(errorEvent(system))).toMatchObject({ event: "error", kind: "storage" });
    expect(JSON.parse(errorEvent(new CommanderError(1, "x", "error: bad")))).toMatchObject({ kind: "usage" });
    expect(JSON.parse(errorEvent(new Error("oops")))).toMatchObject({ kind: "internal" });
  });

  it("are all that a failed call prints on stdout, and its events on stderr", async () => {
    const [stdout, stderr] = [fakeStream(), fakeStream()];
    const streams = { stdout, stderr, signal: new AbortController().signal };
    const code = await runProgram(["inspect", "/no/such/image", "--json", "--progress", "json"], streams);
    expect(code).toBe(1);
    expect(JSON.parse(stdout.text)).toMatchObject({ command: "inspect", error: { kind: "not-found" } });
    expect(JSON.parse(stderr.text)).toMatchObject({ event: "error", where: "/no/such/image" });
  });
});

describe("progress for scripts", () => {
  it("is an object a line, ten times a second, and the last of a stage always", () => {
    const stream = fakeStream();
    let ms = 0;
    const { report } = jsonProgress(stream, () => ms);
    report({ kind: "stage", text: "Correcting" });
    for (; ms <= 250; ms += 50) report({ kind: "progress", stage: "correcting", done: ms, total: 1000, bytes: 5 });
    report({ kind: "progress", stage: "correcting", done: 1000, total: 1000 });
    report({ kind: "warning", text: "two\nlines" });
    const events = stream.text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events.map(({ event, done }) => done ?? event)).toEqual(["stage", 0, 100, 200, 1000, "warning"]);
    expect(events[1]).toEqual({ event: "progress", stage: "correcting", done: 0, total: 1000, bytes: 5 });
    expect(events.at(-1)).toEqual({ event: "warning", text: "two\nlines" });
  });
});
