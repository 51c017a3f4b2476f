// Runs the recipes for workflows: Snakemake's on two images, and the script of Nextflow's module on a scan of two channels
// that tifffile writes, by Nextflow and nf-test where these are on the PATH, else as Nextflow would fill it in.
// `npm run prove:workflows`, after a build; skips where there is no Python 3.11.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cases, writeCase } from "./generated-acquisitions.mjs";
import { pythonFor } from "./python-environment.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "isolux-workflows-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

// The command on the PATH.
const bin = join(folder, "bin");
mkdirSync(bin);
writeFileSync(join(bin, "isolux"), `#!/bin/sh\nexec '${process.execPath}' '${here("../dist/cli/main.js")}' "$@"\n`);
chmodSync(join(bin, "isolux"), 0o755);
const env = { ...process.env, PATH: [bin, process.env.PATH].join(delimiter), HOME: folder };

function run(command, args, cwd, more = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    env: { ...env, ...more },
    encoding: "utf8",
  });
  if (status === 0) return stdout + stderr;
  console.error(`FAILED: ${command} ${args.join(" ")}\n${error ?? ""}${stdout}${stderr}`);
  process.exit(1);
}

function hold(isTrue, what) {
  if (isTrue) return console.log(`ok   ${what}`);
  console.error(`FAIL ${what}`);
  process.exit(1);
}

/** A series for each field, each of two channels. */
const scanner = `
import sys, numpy, tifffile
random = numpy.random.default_rng(0)
y, x = numpy.mgrid[-1:1:96j, -1:1:128j]
with tifffile.TiffWriter(sys.argv[1], ome=True) as file:
    for field in range(24):
        light = [1 - 0.3 * (y**2 + x**2) / 2, 1 - 0.2 * y]
        planes = [100 + one * (300 + 600 * random.random((12, 16)).repeat(8, 0).repeat(8, 1)) for one in light]
        axes = {"axes": "CYX", "Channel": {"Name": ["DAPI", "CD3"]}}
        file.write(numpy.stack(planes).astype("uint16"), metadata=axes)
`;

async function proveSnakemake(python) {
  const place = join(folder, "snakemake");
  cpSync(here("../recipes/snakemake"), place, { recursive: true });
  for (const name of ["slide", "brain"]) {
    const { image } = await writeCase(join(place, "data"), name, cases["empty corners"], { tileShapeYx: [96, 80] });
    hold(image === join(place, `data/${name}.zarr/raw_image`), `${name} lies where config.yaml says`);
  }
  const snakemake = join(dirname(python), "snakemake");
  const args = ["--cores", "2", "--configfile", "config.yaml"];
  run(snakemake, args, place);
  for (const name of ["slide", "brain"]) {
    const { verdict } = JSON.parse(readFileSync(join(place, `checked/${name}.json`), "utf8"));
    hold(verdict.kind === "improved", `Snakemake: ${name} is improved`);
    hold(readdirSync(join(place, `corrected/${name}.ome.zarr`)).includes("0"), `Snakemake: ${name} is written`);
  }
  hold(/Nothing to be done/.test(run(snakemake, args, place)), "Snakemake: what is done is not done again");
}

/** What Nextflow makes of a script: the text with its values, and without the margin. */
function filledIn(module, values) {
  const [, text] = /\n {4}script:[\s\S]*?"""\n([\s\S]*?)"""/.exec(module);
  const filled = text.replaceAll(/(?<!\\)\$\{([\w.]+)\}/g, (_, name) => {
    if (!(name in values)) throw new Error(`The module has ${name}, of which the proof does not know`);
    return values[name];
  });
  return filled.replaceAll("\\$", "$").replaceAll(/^ {4}/gm, "");
}

function proveNextflow(python) {
  const place = join(folder, "nextflow");
  mkdirSync(place);
  const scan = join(place, "scan.ome.tif");
  run(python, ["-c", scanner, scan], place);
  const module = here("../recipes/nextflow/isolux/fit");
  const has = (program) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
  if (has("nextflow") && has("nf-test")) {
    run("nf-test", ["test", join(module, "tests/main.nf.test")], place, { ISOLUX_SCAN: scan });
    return console.log("ok   Nextflow: the module's tests pass");
  }
  console.log("prove:workflows: no Nextflow with nf-test here: the module's script runs as it would fill it in");
  const values = { image: "scan.ome.tif", prefix: "cycle1", args: "--no-get-darkfield" };
  const script = filledIn(readFileSync(join(module, "main.nf"), "utf8"), {
    ...values,
    "task.cpus": 2,
    "task.process": "ISOLUX_FIT",
  });
  run("bash", ["-euo", "pipefail", "-c", script], place);
  const made = readdirSync(place).sort();
  const wanted = ["cycle1-dfp.tif", "cycle1-ffp.tif", "scan.ome.tif", "versions.yml"];
  hold(made.join() === wanted.join(), `Nextflow: ${made.join(", ")}`);
  const { version } = JSON.parse(readFileSync(here("../package.json"), "utf8"));
  const versions = readFileSync(join(place, "versions.yml"), "utf8");
  hold(versions === `"ISOLUX_FIT":\n    isolux: ${version}\n`, "Nextflow: versions.yml tells the version");
  for (const page of ["1", "2"]) {
    run("isolux", ["profile", "show", "cycle1-ffp.tif", "--channel", page], place);
    hold(true, `Nextflow: channel ${page} has a profile`);
  }
}

const python = pythonFor("workflows");
if (python === undefined) {
  console.log("prove:workflows: no Python 3.11 with venv here, skipped");
  process.exit(0);
}
await proveSnakemake(python);
proveNextflow(python);
