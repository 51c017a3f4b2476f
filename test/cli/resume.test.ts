/** Runs that are killed, interrupted or run out of space: nothing half done is seen, and the same command goes on. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { DirectoryStore } from "../../src/zarr/disk/directory-store-node.ts";
import { isolux, listing } from "./broken-world.ts";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const hasSignals = process.platform !== "win32";

let folder: string;
let image: string;
/** Every name and byte of the output of a run that nothing disturbed. */
let wanted: string;
let count = 0;

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

function start(...args: string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr!.on("data", (text) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, stderr }));
  });
  return { child, ended };
}

const correct = (output: string, ...more: string[]) => [
  ...["correct", image, "--fov-list", "1,3", "--n-zplanes", "8", "--workers", "1", "--output", output, ...more],
];
const run = (...args: string[]) => start(...args).ended;
/** In this process, where none is stopped and one worker is enough. */
const runHere = isolux;
const workspaceOf = (output: string) => join(output, "..", ".o.isolux");

/** Output paths in a folder of their own. */
function newOutput(): string {
  const parent = join(folder, `run${count++}`);
  mkdirSync(parent);
  return join(parent, "o");
}

/** Names and contents of all below a folder. */
function digest(path: string): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(path, { recursive: true, encoding: "utf8" }).sort()) {
    hash.update(`${name}\n`);
    if (statSync(join(path, name)).isFile()) hash.update(readFileSync(join(path, name)));
  }
  return hash.digest("hex");
}

/** The chunks that a workspace's journal says are finished, as keys in the image. */
function finishedChunks(workspace: string): string[] {
  const journal = join(workspace, "journal");
  if (!existsSync(journal)) return [];
  const lines = readdirSync(journal).flatMap((name) => readFileSync(join(journal, name), "utf8").split("\n"));
  return lines.filter((line) => line.endsWith("]]")).map((line) => JSON.parse(line).slice(1, 6).join("/"));
}

/** Starts a run and stops it when it has finished some chunks. */
async function interrupt(output: string, signal: NodeJS.Signals, ...more: string[]): Promise<Ended> {
  const { child, ended } = start(...correct(output, ...more));
  const timer = setInterval(() => {
    if (finishedChunks(workspaceOf(output)).length < 20) return;
    clearInterval(timer);
    child.kill(signal);
  }, 2);
  return ended.finally(() => clearInterval(timer));
}

const timesOf = (root: string, keys: readonly string[]) =>
  keys.map((key) => [key, statSync(join(root, key), { throwIfNoEntry: false })?.mtimeMs]);

describe.skipIf(!existsSync(main) || !hasSignals)("a run that is stopped", () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "isolux-resume-"));
    const { imageKey } = await writeSyntheticAcquisition(new DirectoryStore(folder), "s.zarr", {
      gridYx: [2, 2],
      emptyTiles: "corners",
      tileShapeYx: [96, 96],
      planes: 10,
      chunkShapeZyx: [2, 32, 32],
      levelCount: 3,
    });
    image = join(folder, imageKey);
    const output = newOutput();
    expect(await runHere(...correct(output))).toMatchObject({ code: 0 });
    wanted = digest(output);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("by SIGKILL goes on where it stopped, whatever its workers and memory", async () => {
    const output = newOutput();
    const source = listing(image);
    expect(await interrupt(output, "SIGKILL")).toMatchObject({ code: null, signal: "SIGKILL" });
    expect(existsSync(output)).toBe(false);
    const finished = finishedChunks(workspaceOf(output));
    const before = timesOf(join(workspaceOf(output), "image"), finished);
    expect(finished.length).toBeGreaterThanOrEqual(20);
    expect(await run(...correct(output, "--workers", "2", "--memory", "700MB"))).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("Resuming an interrupted run."),
    });
    expect(timesOf(output, finished)).toEqual(before);
    expect(digest(output)).toBe(wanted);
    expect(readdirSync(join(output, ".."))).toEqual(["o"]);
    expect(listing(image)).toEqual(source);
  });

  it("by Ctrl-C says so, and begins anew with other parameters only where it is told to overwrite", async () => {
    const output = newOutput();
    const { code, stderr } = await interrupt(output, "SIGINT", "--n-zplanes", "9");
    expect(stderr.trimEnd().split("\n").at(-1)).toBe("isolux: Interrupted. Repeat the same command to resume.");
    expect([code, existsSync(output)]).toEqual([130, false]);
    const left = listing(workspaceOf(output));
    expect(left.some((line) => line.startsWith("lock"))).toBe(false);
    const other = await runHere(...correct(output, "--quiet"));
    expect(other.stderr).toMatch(/^isolux: An unfinished run [^\n]*nZplanes was 9, now 8[^\n]*--overwrite[^\n]*\.\n$/);
    expect([other.code, listing(workspaceOf(output))]).toEqual([1, left]);
    expect(await runHere(...correct(output, "--overwrite"))).toMatchObject({ code: 0 });
    expect(digest(output)).toBe(wanted);
  });

  it("does not go on where the source has changed since", async () => {
    const output = newOutput();
    await interrupt(output, "SIGINT");
    const attributes = readFileSync(join(image, ".zattrs"));
    appendFileSync(join(image, ".zattrs"), "\n");
    const changed = await runHere(...correct(output, "--quiet"));
    expect(changed.stderr).toMatch(
      /^isolux: [^\n]*the source image has changed since[^\n]*Restore the source[^\n]*\.\n$/,
    );
    expect([changed.code, existsSync(output)]).toEqual([1, false]);
    writeFileSync(join(image, ".zattrs"), attributes);
    expect(await runHere(...correct(output))).toMatchObject({ code: 0 });
    expect(digest(output)).toBe(wanted);
  });

  it("leaves the output that it is to replace as it is until the end", async () => {
    const output = newOutput();
    expect(await runHere(...correct(output, "--n-zplanes", "4"))).toMatchObject({ code: 0 });
    const old = listing(output);
    const refused = await runHere(...correct(output, "--quiet"));
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/^isolux: The output already exists/) });
    await interrupt(output, "SIGKILL", "--overwrite");
    expect(listing(output)).toEqual(old);
    expect(await runHere(...correct(output, "--overwrite"))).toMatchObject({ code: 0 });
    expect(digest(output)).toBe(wanted);
    expect(readdirSync(join(output, ".."))).toEqual(["o"]);
  });

  it("keeps a second process from the same output while it lives", async () => {
    const output = newOutput();
    const first = start(...correct(output));
    while (!existsSync(join(workspaceOf(output), "journal"))) await new Promise((resolve) => setTimeout(resolve, 2));
    first.child.kill("SIGSTOP");
    const second = await run(...correct(output, "--quiet"));
    first.child.kill("SIGCONT");
    expect(second.stderr).toMatch(/^isolux: Another run is writing this output [^\n]*\.\n$/);
    expect(second.code).toBe(1);
    expect(await first.ended).toMatchObject({ code: 0 });
    expect(digest(output)).toBe(wanted);
  });
});

/** A file system of its own with a limit of size or of files, where this process may mount one. */
function mountSmall(path: string, options: string): boolean {
  mkdirSync(path);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!existsSync(main) || process.platform !== "linux" || process.getuid?.() !== 0)("a full disk", () => {
  let place: string;
  let mounted = false;
  beforeAll(async () => {
    place = mkdtempSync(join(tmpdir(), "isolux-full-"));
    const disk = join(place, "disk");
    mounted = mountSmall(disk, "size=420k");
    const small = { gridYx: [2, 2], tileShapeYx: [64, 64], planes: 16 } as const;
    await writeSyntheticAcquisition(new DirectoryStore(place), "s.zarr", small);
  });
  afterAll(() => {
    if (mounted) execFileSync("umount", ["-l", join(place, "disk")]);
    rmSync(place, { recursive: true, force: true });
  });

  it("ends a run in a sentence, and when there is room it goes on", async ({ skip }) => {
    if (!mounted) skip("no file system can be mounted here");
    const disk = join(place, "disk");
    cpSync(join(place, "s.zarr", "raw_image", "tables"), join(disk, "kept"), { recursive: true });
    const kept = listing(join(disk, "kept"));
    const source = listing(join(place, "s.zarr"));
    const words = (output: string) => [
      ...["correct", join(place, "s.zarr/raw_image"), "--fov-list", "1", "--quiet", "--output", output],
    ];
    const { code, stderr } = await run(...words(join(disk, "o")));
    expect(stderr).toMatch(
      /^(warning: [^\n]*\n)*isolux: This could not be written, because the disk is full \([^\n]*\.\n$/,
    );
    expect([code, existsSync(join(disk, "o"))]).toEqual([1, false]);
    expect(listing(join(disk, "kept"))).toEqual(kept);
    expect(listing(join(place, "s.zarr"))).toEqual(source);
    const workspace = join(disk, ".o.isolux");
    const finished = finishedChunks(workspace);
    const before = timesOf(join(workspace, "image"), finished);
    execFileSync("mount", ["-o", "remount,size=64m", disk]);
    expect(await runHere(...words(join(disk, "o")), "--workers", "1")).toMatchObject({ code: 0 });
    expect(finished.length).toBeGreaterThan(0);
    expect(timesOf(join(disk, "o"), finished)).toEqual(before);
    expect(await runHere(...words(join(place, "reference")), "--workers", "1")).toMatchObject({ code: 0 });
    const withoutName = (path: string) => {
      const attributes = JSON.parse(readFileSync(join(path, ".zattrs"), "utf8"));
      attributes.multiscales[0].name = "";
      rmSync(join(path, ".zattrs"));
      return [attributes, digest(path)];
    };
    expect(withoutName(join(disk, "o"))).toEqual(withoutName(join(place, "reference")));
  });

  it("ends a run where the disk takes no more files, and goes on when it does", async ({ skip }) => {
    if (!mounted) skip("no file system can be mounted here");
    const disk = join(place, "many");
    mountSmall(disk, "size=64m,nr_inodes=60");
    try {
      const output = join(disk, "o");
      const words = ["correct", join(place, "s.zarr/raw_image"), "--fov-list", "1", "--quiet", "--workers", "1"];
      const { code, stderr } = await runHere(...words, "--output", output);
      expect(stderr).toMatch(
        /^(warning: [^\n]*\n)*isolux: This could not be written, because the disk takes no more files \([^\n]*\.\n$/,
      );
      expect([code, existsSync(output), finishedChunks(join(disk, ".o.isolux")).length > 0]).toEqual([1, false, true]);
      execFileSync("mount", ["-o", "remount,nr_inodes=10000", disk]);
      expect(await runHere(...words, "--output", output)).toMatchObject({ code: 0 });
    } finally {
      execFileSync("umount", ["-l", disk]);
    }
  });
});
