/** What every command prints for scripts is what docs/documents.schema.json says. */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { errorDocument } from "../../src/cli/json-output.ts";
import { jsonProgress } from "../../src/cli/perform.ts";
import { commandTable } from "../../src/cli/program.ts";
import { ajv, holdDocument, schema } from "../support/documents.ts";
import { leaveOutVerdicts, withVerdicts } from "../support/verdicts.ts";
import { isolux, listing, type World, WorldMaker } from "./broken-world.ts";
import { fakeStream } from "./fake-door.ts";

afterEach(leaveOutVerdicts);

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** The documents that were seen. */
const seen = new Set<string>();

function hold(output: string) {
  const document = holdDocument(output);
  seen.add(document.format);
  return document;
}

const maker = new WorldMaker();
let world: World;
beforeAll(async () => {
  await maker.prepare();
  world = maker.make();
});
afterAll(() => maker.remove());

async function call(...args: string[]) {
  const { stdout, stderr } = await isolux(...args, "--json");
  expect(stderr).not.toContain("isolux:");
  return hold(stdout);
}

describe("the documents of commands", () => {
  it("on a correction and all before and after it", async () => {
    withVerdicts();
    const { image } = world;
    const [models, output] = [world.path("models"), world.path("corrected")];
    const workers = ["--workers", "1"];
    await call("inspect", image, "--empty", ...workers);
    const estimate = ["estimate", image, "--output", world.path("found"), "--fov-list", "1,4", ...workers];
    await call(...estimate, "--dry-run");
    await call(...estimate, "--gains", "tile");
    await call("correct", image, "--output", output, "--models-folder", models, "--dry-run", ...workers);
    await call("correct", image, "--output", output, "--fov-list", "1,4", "--report", world.path("r.html"), ...workers);
    await call("check", image, output);
    await call("convert", image, world.path("copy"), "--dry-run", ...workers);
    await call("convert", image, world.path("copy"), ...workers);
    await call("init", image, "--output", world.path("flatfield.yaml"));
    await call("run", world.path("flatfield.yaml"), "--output", world.path("ran"), ...workers);
  });

  it("on stacks and profiles", async () => {
    await call("fit", world.path("stack.npy"), "--output", world.path("fit.npz"), "--working-size", "8");
    await call("profile", "show", world.path("models"), "--channel", "MBP");
    await call("profile", "convert", world.path("fit.npz"), world.path("scan-ffp.tif"));
  });

  it("on a correction by several processes", async () => {
    const [output, workers] = [world.path("shared"), ["--workers", "1"]];
    await call("prepare", world.image, "--output", output, "--fov-list", "1,4", "--units", "2", ...workers);
    await call("slurm", world.image, "--output", world.path("later"), "--script", world.path("later.sh"));
    expect(await call("status", output)).toMatchObject({ state: "waiting" });
    await call("work", output, "--unit", "0/2", ...workers);
    expect(await call("finish", output, ...workers)).toHaveProperty("channels");
    expect(await call("finish", output, ...workers)).toMatchObject({ alreadyComplete: true });
  });

  it("on a server, until it is interrupted", async () => {
    for (const name of ["serve", "open"]) {
      const args = [main, name, world.image, "--models-folder", world.path("models"), "--workers", "1", "--json"];
      // Without a PATH no browser is found.
      const child = spawn(process.execPath, args, { env: { ...process.env, PATH: "" } });
      let stdout = "";
      for await (const piece of child.stdout.setEncoding("utf8")) {
        stdout += piece;
        if (stdout.endsWith("\n")) child.kill("SIGINT");
      }
      hold(stdout);
    }
  });

  it("on all else", async () => {
    await call("completion", "fish");
    hold(errorDocument(new Error("oops"), "correct"));
    const { stdout } = await isolux("inspect", world.path("nowhere"));
    expect(stdout).toBe("");
  });

  it("are all that there are", () => {
    const formats = Object.keys(schema.definitions).filter((name) => name.startsWith("isolux."));
    // That of a demonstration, which takes long, is held where one runs.
    expect([...seen, "isolux.demo"].sort()).toEqual(formats.sort());
    const commands = commandTable.map(({ name }) => name);
    for (const name of commands)
      expect(
        formats.some((format) => format.split(".")[1] === name),
        name,
      ).toBe(true);
  });
});

describe("the schema", () => {
  it("refuses keys that it does not know, and lacks none", () => {
    const validate = ajv.getSchema("documents#/definitions/isolux.completion")!;
    const document = { format: "isolux.completion", version: 1, isolux: "0.1.0", command: "completion", shell: "fish" };
    expect(validate({ ...document, lines: [] })).toBe(true);
    expect(validate({ ...document, lines: [], more: 1 })).toBe(false);
    expect(validate(document)).toBe(false);
  });

  it("holds for events", () => {
    const stream = fakeStream();
    const { report } = jsonProgress(stream);
    report({ kind: "stage", text: "Reading" });
    report({ kind: "progress", stage: "Reading", done: 1, total: 2, bytes: 3 });
    report({ kind: "warning", text: "Careful" });
    const validate = ajv.getSchema("documents#/definitions/event")!;
    for (const line of stream.text.trim().split("\n")) expect(validate(JSON.parse(line)), line).toBe(true);
    expect(validate({ event: "progress", stage: "Reading" })).toBe(false);
  });
});

describe("a dry run", () => {
  it.each([
    ["correct", (w: World) => ["correct", w.image, "--fov-list", "1,4", "--report", w.path("r.html"), "--save-models"]],
    ["correct by choice", (w: World) => ["correct", w.image, "--auto", "--erase-source-image"]],
    ["estimate", (w: World) => ["estimate", w.image, "--output", w.path("a/b")]],
    ["convert", (w: World) => ["convert", w.image, w.path("new"), "--ome-version", "0.5"]],
  ])("of %s writes nothing", async (_, args) => {
    const fresh = maker.make();
    const before = listing(fresh.folder);
    const { code, stdout } = await isolux(...args(fresh), "--dry-run");
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("Nothing was written") });
    expect(listing(fresh.folder)).toEqual(before);
  });

  it("foretells what the run writes", async () => {
    const fresh = maker.make();
    const args = ["correct", fresh.image, "--models-folder", fresh.path("models"), "--output", fresh.path("out")];
    const plan = hold((await isolux(...args, "--dry-run", "--json")).stdout);
    const { bytes } = hold((await isolux(...args, "--workers", "1", "--json")).stdout);
    expect(plan).toMatchObject({ bytes, place: "free", erasesSource: false });
    const [image] = plan.images as { levels: { path: string; shape: number[]; chunkShape: number[] }[] }[];
    for (const { path, shape, chunkShape } of image!.levels) {
      const { shape: written, chunks } = JSON.parse(readFileSync(fresh.path("out", path, ".zarray"), "utf8"));
      expect({ shape, chunkShape }).toEqual({ shape: written, chunkShape: chunks });
    }
    expect(hold((await isolux(...args, "--overwrite", "--dry-run", "--json")).stdout)).toMatchObject({
      place: "replaced",
    });
  });

  it("ends as the run would where that is refused", async () => {
    const fresh = maker.make();
    mkdirSync(fresh.path("taken"));
    fresh.write("taken/thesis.docx", "");
    for (const args of [
      ["correct", fresh.image, "--fov-list", "9"],
      ["correct", fresh.image, "--output", fresh.path("taken")],
      ["correct", fresh.image, "--output", fresh.path("taken"), "--overwrite"],
      ["correct", fresh.image, "--models-folder", fresh.path("nowhere")],
      ["convert", fresh.image, fresh.path("s.zarr", "raw_image", "inside")],
      ["estimate", fresh.image, "--output", fresh.path("s.zarr", "raw_image", "inside")],
    ]) {
      const [real, dry] = [await isolux(...args), await isolux(...args, "--dry-run")];
      expect(dry).toMatchObject({ code: real.code, stdout: "" });
      expect(dry.stderr.split("\n").at(-2)).toBe(real.stderr.split("\n").at(-2));
    }
  });

  it("finds the work of an earlier run, and who is at work", async () => {
    const fresh = maker.make();
    const asked = ["--output", fresh.path("out"), "--fov-list", "1,4"];
    await isolux("prepare", fresh.image, ...asked, "--units", "2", "--workers", "1");
    const before = listing(fresh.folder);
    const plan = await isolux("correct", fresh.image, ...asked, "--dry-run", "--json");
    expect(hold(plan.stdout)).toMatchObject({ place: "resumed" });
    const other = await isolux("correct", fresh.image, "--output", fresh.path("out"), "--fov-list", "1", "--dry-run");
    expect(other.stderr).toContain("An unfinished run there differs from this one: fovList was [1,4]");
    expect(listing(fresh.folder)).toEqual(before);
  });
});
