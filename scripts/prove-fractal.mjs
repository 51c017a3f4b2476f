// Runs the tasks in a real fractal-server with its local runner: registered as a custom collection and as a wheel, in a
// workflow as the reference's users export it, on two images. `npm run prove:fractal`; skips where there is no Python or
// no PostgreSQL.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openAsBlob,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { digestFolder } from "./digest-folder.mjs";
import { checkList, checkPixels, checkReport } from "./fractal-outputs.mjs";
import { openProject, writeSample } from "./fractal-project.mjs";
import { correctInSlurm } from "./fractal-slurm.mjs";
import { hasSlurm, startSlurm } from "./one-node-slurm.mjs";
import { startFractal } from "./private-fractal.mjs";
import { findPostgres } from "./private-postgres.mjs";
import { failureOf } from "./proof-failure.mjs";
import { pythonFor } from "./python-environment.mjs";

const started = Date.now();
const postgres = await findPostgres();
const python = postgres === undefined ? undefined : pythonFor("fractal");
if (python === undefined) {
  console.log(`prove:fractal: no ${postgres === undefined ? "PostgreSQL" : "Python with venv"} here, skipped`);
  process.exit(0);
}
const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

const folder = mkdtempSync(join(tmpdir(), "isolux-fractal-"));
const cleanups = [() => rmSync(folder, { recursive: true, force: true })];
process.on("exit", () => {
  for (const clean of cleanups.reverse()) clean();
});
chmodSync(folder, 0o755);

const fail = failureOf("prove:fractal");
const say = (text) => console.log(`${((Date.now() - started) / 1000).toFixed(0).padStart(4)} s  ${text}`);

// --- the server ---
const projects = join(folder, "projects");
mkdirSync(projects);
const { request, until, stop } = await startFractal({ python, postgres, folder, projects, fail });
cleanups.push(stop);
say(`fractal-server ${(await request("GET", "/api/alive/")).version} runs`);

// --- the tasks, registered in both ways ---
const node = join(folder, "isolux-node");
writeFileSync(node, `#!/bin/sh\nexec ${process.execPath} --no-warnings "$@"\n`, { mode: 0o755 });
const custom = await request("POST", "/api/v2/task/collect/custom/?private=false", {
  json: {
    label: "isolux-custom",
    version,
    python_interpreter: node,
    package_root: root.replace(/\/$/, ""),
    manifest: JSON.parse(readFileSync(join(root, "__FRACTAL_MANIFEST__.json"), "utf8")),
  },
});
say(`custom collection: ${custom.map(({ name }) => name).join(", ")}`);

const wheel = join(root, "wheel", `isolux-${version}-py3-none-any.whl`);
const form = new FormData();
form.set("file", await openAsBlob(wheel), basename(wheel));
const activity = await request("POST", "/api/v2/task/collect/pip/?private=false", { form });
await until("the wheel is collected", 900, async () => {
  const { status, log } = await request("GET", `/api/v2/task-group/activity/${activity.id}/`);
  if (status === "failed") fail(`the wheel was not collected: ${log}`);
  return status === "OK";
});
say("wheel: collected");

// --- a workflow as the reference's users have exported it, but for the name of the package ---
const exported = {
  name: "flatfield",
  task_list: [
    {
      meta_non_parallel: null,
      meta_parallel: { cpus_per_task: 8, mem: 16000 },
      args_non_parallel: { FOV_list: [1], save_models: false },
      args_parallel: {
        n_zplanes: 8,
        basicpy_model_params: {
          autosegment: false,
          autosegment_margin: 10,
          epsilon: 0.1,
          get_darkfield: true,
          max_workers: 2,
          smoothness_darkfield: 1.0,
          smoothness_flatfield: 1.0,
        },
      },
      type_filters: {},
      task: { pkg_name: "mesospim-fractal-tasks", version: "0.1.0", name: "Correct Flatfield" },
    },
  ],
};
const { importWorkflow, makeDataset, runJob, listImages } = await openProject({ request, until, fail, projects });
/** Where the same is corrected without Fractal. */
const byHand = join(folder, "by-hand");
await proveErasing();
await proveEstimating();
await prove("custom", "isolux-custom");
await prove("wheel", "isolux");
await proveInSlurm();
say("done");
process.exit(0);

/** Two images are corrected and listed; a second job repeats nothing. */
async function prove(name, pkg_name) {
  const { task_list, ...others } = structuredClone(exported);
  task_list[0].task = { pkg_name, version, name: "Correct Flatfield" };
  // Beside what the reference has: each image in two units, which may run at once.
  task_list[0].args_non_parallel.units = 2;
  const workflow = await importWorkflow(name, task_list, others);
  const { dataset, images } = await makeDataset(name, ["a.zarr", "b.zarr"]);
  await runJob(workflow, dataset);
  checkList(await listImages(dataset), images, fail);
  for (const image of images) await checkPixels(image, byHand, fail);
  for (const image of images) checkReport(image, fail);
  const before = digestFolder(`${images[0]}_flatfield_corr`);
  await runJob(workflow, dataset);
  checkList(await listImages(dataset), images, fail);
  if (digestFolder(`${images[0]}_flatfield_corr`) !== before) fail(`${name}: the second job changed the image`);
  say(`${name}: two images corrected, listed with their types, equal to isolux correct; a second job repeats nothing`);
}

/** A source that is erased leaves the list, after its image has taken attributes and types of it over. */
async function proveErasing() {
  const { task_list } = structuredClone(exported);
  task_list[0].task = { pkg_name: "isolux-custom", version, name: "Correct Flatfield" };
  Object.assign(task_list[0].args_non_parallel, { erase_source_image: true, units: 2 });
  const workflow = await importWorkflow("erasing", task_list);
  const { dataset, images } = await makeDataset("erasing", ["a.zarr"]);
  const [image] = images;
  await runJob(workflow, dataset);
  const items = await listImages(dataset);
  const [corrected, ...others] = items;
  const isListed = corrected?.zarr_url === `${image}_flatfield_corr` && corrected.types.is_3D === true;
  if (!isListed || others.length > 0) fail(`after erasing, the list of images is ${JSON.stringify(items)}`);
  if (existsSync(image)) fail("the source is still there");
  checkReport(image, fail);
  say("erasing: the source is gone from the disk and from the list of images");
}

/** Profiles are estimated once: a job that is submitted again makes what is missing, and leaves what other jobs made. */
async function proveEstimating() {
  const workflowWith = (n_zplanes) => {
    const task = { pkg_name: "isolux-custom", version, name: "Estimate Flatfield" };
    const step = { task, args_parallel: { FOV_list: [1], n_zplanes }, type_filters: {} };
    return importWorkflow(`estimating ${n_zplanes}`, [step]);
  };
  const workflow = await workflowWith(8);
  const { dataset, images } = await makeDataset("estimating", ["a.zarr"]);
  const models = join(dirname(images[0]), "IllumModels");
  await runJob(workflow, dataset);
  const [before, [channel, ...others]] = [digestFolder(models), readdirSync(models)];
  const timeOf = (name) => statSync(join(models, name, "profiles.npz")).mtimeMs;
  const times = others.map(timeOf);
  rmSync(join(models, channel), { recursive: true });
  await runJob(workflow, dataset);
  if (digestFolder(models) !== before) fail("a second job has not completed the profiles as they were");
  if (others.map(timeOf).join() !== times.join()) fail("a second job has made profiles again");
  const refusal = await runJob(await workflowWith(7), dataset, "failed");
  if (!refusal.includes("was not made by this estimation")) fail(`profiles were not refused: ${refusal}`);
  if (digestFolder(models) !== before) fail("a job that was refused has changed profiles");
  say("estimating: a second job makes only what is missing; one with other arguments is refused");
}

/** The same by the server's worker on SLURM, where that is installed. */
async function proveInSlurm() {
  if (process.getuid?.() !== 0 || !(await hasSlurm()))
    return say("no SLURM here, or no root to start it: that part is skipped");
  const { env, stop } = await startSlurm(join(folder, "slurm"));
  cleanups.push(stop);
  const zarrDir = join(projects, "slurm");
  const image = await writeSample(zarrDir, "a.zarr", 0);
  const base = `${node} ${join(root, "dist/fractal/main.js")}`;
  const returned = correctInSlurm({ env, python, base, folder: join(folder, "slurm-jobs"), zarrDir, image });
  if (new Set(returned.map((one) => JSON.stringify(one))).size !== 1) fail("units return different entries");
  await checkPixels(image, byHand, fail, {});
  checkReport(image, fail);
  say(
    `SLURM: ${returned.length} units in steps of fractal-server's worker, equal to isolux correct; a refusal is told of`,
  );
}
