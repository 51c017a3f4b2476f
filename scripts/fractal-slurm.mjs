// The tasks as fractal-server runs them on SLURM: its worker in steps of a job, a unit each, on a cluster of one node.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Corrects an image by units in steps of SLURM jobs, and lets one fail.
 * @param base the command of the tasks' entry, without the name of a program
 * @returns what the units returned together
 */
export function correctInSlurm({ env, python, base, folder, zarrDir, image }) {
  mkdirSync(folder, { recursive: true });
  const ask = "import json, sys, fractal_server as f; print(json.dumps([f.__VERSION__, sys.version_info[:3]]))";
  const [version, pythonVersion] = JSON.parse(spawnSync(python, ["-c", ask], { encoding: "utf8" }).stdout);

  /** Runs programs with their arguments as steps of one job; their results as the worker writes them for the server. */
  function runJob(name, steps) {
    const job = join(folder, name);
    mkdirSync(job);
    const lines = steps.map(({ program, args }, index) => {
      const file = (kind) => join(job, `par-${index}-${kind}`);
      writeFileSync(file("args.json"), JSON.stringify(args));
      writeFileSync(
        file("input.json"),
        JSON.stringify({
          python_version: pythonVersion,
          fractal_server_version: version,
          full_command: `${base} ${program} --args-json ${file("args.json")} --out-json ${file("metadiff.json")}`,
          metadiff_file_remote: file("metadiff.json"),
          log_file_remote: file("log.txt"),
        }),
      );
      const worker = `${python} -m fractal_server.runner.executors.slurm_common.remote`;
      const files = `--input-file ${file("input.json")} --output-file ${file("output.json")}`;
      return `srun --ntasks=1 --cpus-per-task=1 ${worker} ${files} &`;
    });
    const script = join(job, "slurm-submit.sh");
    writeFileSync(script, ["#!/bin/sh", ...lines, "wait", ""].join("\n"));
    const options = ["--wait", "--ntasks=2", "--cpus-per-task=1", "--output", join(job, "slurm.log"), "--chdir", job];
    const { status, stderr } = spawnSync("sbatch", [...options, script], { env, encoding: "utf8" });
    if (status !== 0) throw new Error(`sbatch --wait: ${stderr}`);
    return steps.map((_, index) => {
      const output = join(job, `par-${index}-output.json`);
      if (!existsSync(output)) throw new Error(`a step left nothing: ${readFileSync(join(job, "slurm.log"), "utf8")}`);
      const [isDone, result] = JSON.parse(readFileSync(output, "utf8"));
      return { isDone, result, log: readFileSync(join(job, `par-${index}-log.txt`), "utf8") };
    });
  }

  const init = { zarr_dir: zarrDir, zarr_urls: [image], FOV_list: [1], units: 3 };
  const [begun] = runJob("init", [{ program: "init-correct-flatfield", args: init }]);
  if (!begun.isDone) throw new Error(begun.result.traceback_string);
  const list = begun.result.parallelization_list;
  const unit = (item, args) => ({ program: "correct-flatfield", args: { ...item, n_zplanes: 8, ...args } });
  const [refused] = runJob("refused", [unit(list[0], { n_planes: 8 })]);
  if (refused.isDone || !/no argument named .*n_planes/.test(refused.result.traceback_string)) {
    throw new Error(`a wrong argument was not told of: ${JSON.stringify(refused)}`);
  }
  const done = runJob(
    "units",
    list.map((item) => unit(item)),
  );
  for (const { isDone, result } of done) if (!isDone) throw new Error(result.traceback_string);
  if (!done.some(({ log }) => log.includes("is complete"))) throw new Error("no unit has finished the image");
  if (done.filter(({ log }) => /is complete: .* Report: \//.test(log)).length !== 1) {
    throw new Error("not one unit has written the report");
  }
  return done.map(({ result }) => result);
}
