import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeNpy } from "../../src/profile/npy.ts";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isolux-cli-"));
});
afterAll(() => rm(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command line; `onStderr` may react to what it says. */
function isolux(args: readonly string[], onStderr?: (kill: (signal: NodeJS.Signals) => void) => void): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], { cwd: folder });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (text) => {
      stdout += text;
    });
    child.stderr.on("data", (text) => {
      stderr += text;
      onStderr?.((signal) => child.kill(signal));
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

describe.skipIf(!existsSync(main))("the built command line", () => {
  it("answers to --version and to nothing", async () => {
    expect(await isolux(["--version"])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    expect(await isolux([])).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("Usage: isolux COMMAND"),
    });
  });

  it("ends with 2 on wrong usage, a sentence and nothing written", async () => {
    const { code, stdout, stderr } = await isolux(["fit", "a.npy", "--epsilon", "0"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toBe("isolux: Wrong value for --epsilon: found 0, expected a number above 0.\n");
  });

  it("ends with 1 where a file is missing, with a trace only if asked for", async () => {
    expect(await isolux(["run", "none.yaml"])).toEqual({
      code: 1,
      stdout: "",
      stderr: "isolux: The parameter file cannot be read (none.yaml): found no such file or directory.\n",
    });
    expect((await isolux(["run", "none.yaml", "--verbose"])).stderr).toMatch(/\n {4}at /);
  });

  it("says what it runs on with --verbose", async () => {
    const facts = /isolux \d.*\nNode v.*\n.* cores, .*\nzstd by kernels and libzstd/s;
    expect((await isolux(["--version", "--verbose"])).stdout).toMatch(facts);
    const { stderr } = await isolux(["inspect", "nowhere.zarr", "--verbose"]);
    expect(stderr).toMatch(/zstd by kernels and libzstd/);
  });

  it("init writes a file that run takes once the image is there, and replaces none", async () => {
    expect((await isolux(["init"])).code).toBe(0);
    const template = await readFile(join(folder, "flatfield.yaml"), "utf8");
    expect(await isolux(["run", "flatfield.yaml"])).toMatchObject({
      code: 2,
      stderr: "isolux: image is missing (flatfield.yaml): expected the path or address of an image.\n",
    });
    expect(await isolux(["init", "b.zarr/raw"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("--overwrite"),
    });
    expect(await readFile(join(folder, "flatfield.yaml"), "utf8")).toBe(template);
    expect((await isolux(["init", "b.zarr/raw", "--output", "sub/b.yaml"])).code).toBe(0);
    expect(await readFile(join(folder, "sub/b.yaml"), "utf8")).toContain('\nimage: "../b.zarr/raw"\n');
    expect(JSON.parse(await readFile(join(folder, "sub/flatfield.schema.json"), "utf8"))).toHaveProperty(
      "properties.z_levels",
    );
  });

  it("prints one JSON document on stdout", async () => {
    const data = Uint16Array.from({ length: 6 * 64 }, (_, index) => 100 + (index % 8) + Math.floor(index / 64));
    await writeFile(join(folder, "small.npy"), encodeNpy({ shape: [6, 8, 8], data }));
    const { code, stdout } = await isolux(["fit", "small.npy", "--json", "--output", "small.npz"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      output: "small.npz",
      source: "small.npy",
      shapeYx: [8, 8],
      profiles: [{ planeCount: 6 }],
    });
  });

  it.skipIf(process.platform !== "linux")(
    "says so where its folder is gone, and goes on where its log is full",
    async () => {
      const shell = (line: string) => spawnSync("sh", ["-c", line], { cwd: folder, encoding: "utf8" });
      const stack = encodeNpy({ shape: [4, 8, 8], data: Uint16Array.from({ length: 256 }, (_, i) => 100 + (i % 9)) });
      await writeFile(join(folder, "untold.npy"), stack);
      const fit = `"${process.execPath}" "${main}" fit "${join(folder, "untold.npy")}" --output "${join(folder, "untold.npz")}"`;
      const gone = shell(`mkdir gone && cd gone && rmdir ../gone && ${fit}`);
      expect({ code: gone.status, stderr: gone.stderr }).toEqual({
        code: 1,
        stderr: expect.stringMatching(
          /^isolux: The folder in which this command was started is no longer there\. .*\n$/,
        ),
      });
      expect(shell(`${fit} 2> /dev/full`)).toMatchObject({ status: 0 });
      expect(existsSync(join(folder, "untold.npz"))).toBe(true);
      const told = shell(`${fit} --overwrite --json > /dev/full`);
      const lost = "isolux: The result could not be written to the standard output: no space left on device.";
      expect({ code: told.status, last: told.stderr.trimEnd().split("\n").at(-1) }).toEqual({ code: 1, last: lost });
      expect(shell(`"${process.execPath}" "${main}" --help > /dev/full`)).toMatchObject({
        status: 1,
        stderr: `${lost}\n`,
      });
    },
  );

  it.skipIf(process.platform !== "linux")("waits for no pipe where a file is to be", () => {
    const piped = ["stack.npy", "tiles.h5", "tiles.ims"].map((name) => join(folder, name));
    for (const path of piped) execFileSync("mkfifo", [path]);
    const [stack, ...tiles] = piped;
    const calls = [["fit", stack!, "--output", join(folder, "piped.npz")], ...tiles.map((path) => ["inspect", path])];
    for (const args of calls) {
      const { status, stderr } = spawnSync(process.execPath, [main, ...args, "--quiet"], {
        encoding: "utf8",
        timeout: 300_000,
      });
      const sentence = `isolux: This is a pipe or a device, not a file (${args[1]}). Give the path of a file.\n`;
      expect({ status, stderr }).toEqual({ status: 1, stderr: sentence });
    }
  });

  it("stops when it is interrupted, with 130 and nothing written", async () => {
    const data = Uint16Array.from({ length: 60 * 200 * 200 }, (_, index) => (index * 7919) % 65521);
    await writeFile(join(folder, "large.npy"), encodeNpy({ shape: [60, 200, 200], data }));
    let killed = false;
    const { code, stderr } = await isolux(["fit", "large.npy", "--output", "large.npz"], (kill) => {
      if (!killed) kill("SIGINT");
      killed = true;
    });
    expect(stderr.split("\n").at(-2)).toBe("isolux: Interrupted. Nothing has been written.");
    expect(code).toBe(130);
    expect(existsSync(join(folder, "large.npz"))).toBe(false);
  });
});
