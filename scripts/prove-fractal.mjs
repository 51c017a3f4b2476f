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
import { correctInSlurm } from "./fractal-slurm.mjs";
import { hasSlurm, startSlurm } from "./one-node-slurm.mjs";
import { startFractal } from "./private-fractal.mjs";
import { findPostgres } from "./private-postgres.mjs";
import { pythonWith } from "./python-environment.mjs";

const started = Date.now();
const postgres = findPostgres();
const python = postgres === undefined ? undefined : pythonWith("fractal", ["fractal-server>=2.18"]);
if (python === undefined) {
  console.log(`prove:fractal: no ${postgres === undefined ? "PostgreSQL" : "Python with venv"} here, skipped`);
  process.exit(0);
}
const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const { DirectoryStore, correctImage } = await import("../dist/node.js");
const { writeSyntheticAcquisition } = await import("../dist/synthetic/write-acquisition.js");

const folder = mkdtempSync(join(tmpdir(), "isolux-fractal-"));
const cleanups = [() => rmSync(folder, { recursive: true, force: true })];
process.on("exit", () => {
  for (const clean of cleanups.reverse()) clean();
});
chmodSync(folder, 0o755);

function fail(message) {
  console.error(`prove:fractal: ${message}`);
  process.exit(1);
}
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
await until("the wheel is collected", 120, async () => {
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
const project = await request("POST", "/api/v2/project/", { json: { name: "proof" } });
const at = `/api/v2/project/${project.id}`;
await proveErasing();
await proveEstimating();
for (const [name, pkg_name] of [
  ["custom", "isolux-custom"],
  ["wheel", "isolux"],
]) {
  await prove(name, pkg_name);
}
await proveInSlurm();

async function prove(name, pkg_name) {
  const text = JSON.stringify({ ...exported, name }).replace("mesospim-fractal-tasks", pkg_name);
  const { task_list, ...others } = JSON.parse(text);
  task_list[0].task.version = version;
  // Beside what the reference has: each image in two units, which may run at once.
  task_list[0].args_non_parallel.units = 2;
  const workflow = await request("POST", `${at}/workflow/import/`, { json: { ...others, task_list } });
  const dataset = await request("POST", `${at}/dataset/`, {
    json: { name, project_dir: projects, zarr_subfolder: name },
  });
  const images = [];
  for (const sample of ["a.zarr", "b.zarr"]) {
    const zarr_url = await writeSample(dataset.zarr_dir, sample, images.length);
    images.push(zarr_url);
    await request("POST", `${at}/dataset/${dataset.id}/images/`, {
      json: { zarr_url, attributes: { image: "raw_image" }, types: { is_3D: true } },
    });
  }
  await runJob(workflow.id, dataset.id);
  await checkImages(dataset.id, images);
  for (const image of images) await checkPixels(image);
  for (const image of images) checkReport(image);
  const before = digestFolder(`${images[0]}_flatfield_corr`);
  await runJob(workflow.id, dataset.id);
  await checkImages(dataset.id, images);
  if (digestFolder(`${images[0]}_flatfield_corr`) !== before) fail(`${name}: the second job changed the image`);
  say(`${name}: two images corrected, listed with their types, equal to isolux correct; a second job repeats nothing`);
}

/** A source that is erased leaves the list, after its image has taken attributes and types of it over. */
async function proveErasing() {
  const { task_list } = JSON.parse(JSON.stringify(exported));
  task_list[0].task = { pkg_name: "isolux-custom", version, name: "Correct Flatfield" };
  Object.assign(task_list[0].args_non_parallel, { erase_source_image: true, units: 2 });
  const workflow = await request("POST", `${at}/workflow/import/`, { json: { name: "erasing", task_list } });
  const dataset = await request("POST", `${at}/dataset/`, {
    json: { name: "erasing", project_dir: projects, zarr_subfolder: "erasing" },
  });
  const image = await writeSample(dataset.zarr_dir, "a.zarr", 0);
  await request("POST", `${at}/dataset/${dataset.id}/images/`, {
    json: { zarr_url: image, attributes: { image: "raw_image" }, types: { is_3D: true } },
  });
  await runJob(workflow.id, dataset.id);
  const { items } = await request("POST", `${at}/dataset/${dataset.id}/images/query/`, { json: {} });
  const [corrected, ...others] = items;
  const isListed = corrected?.zarr_url === `${image}_flatfield_corr` && corrected.types.is_3D === true;
  if (!isListed || others.length > 0) fail(`after erasing, the list of images is ${JSON.stringify(items)}`);
  if (existsSync(image)) fail("the source is still there");
  checkReport(image);
  say("erasing: the source is gone from the disk and from the list of images");
}

/** Profiles are estimated once: a job that is submitted again makes what is missing, and leaves what other jobs made. */
async function proveEstimating() {
  const workflowWith = (n_zplanes) => {
    const task = { pkg_name: "isolux-custom", version, name: "Estimate Flatfield" };
    const step = { task, args_parallel: { FOV_list: [1], n_zplanes }, type_filters: {} };
    return request("POST", `${at}/workflow/import/`, { json: { name: `estimating ${n_zplanes}`, task_list: [step] } });
  };
  const workflow = await workflowWith(8);
  const dataset = await request("POST", `${at}/dataset/`, {
    json: { name: "estimating", project_dir: projects, zarr_subfolder: "estimating" },
  });
  const image = await writeSample(dataset.zarr_dir, "a.zarr", 0);
  await request("POST", `${at}/dataset/${dataset.id}/images/`, { json: { zarr_url: image } });
  const models = join(dirname(image), "IllumModels");
  await runJob(workflow.id, dataset.id);
  const [before, [channel, ...others]] = [digestFolder(models), readdirSync(models)];
  const timeOf = (name) => statSync(join(models, name, "profiles.npz")).mtimeMs;
  const times = others.map(timeOf);
  rmSync(join(models, channel), { recursive: true });
  await runJob(workflow.id, dataset.id);
  if (digestFolder(models) !== before) fail("a second job has not completed the profiles as they were");
  if (others.map(timeOf).join() !== times.join()) fail("a second job has made profiles again");
  const refusal = await runJob((await workflowWith(7)).id, dataset.id, "failed");
  if (!refusal.includes("which this estimation has not made")) fail(`profiles were not refused: ${refusal}`);
  if (digestFolder(models) !== before) fail("a job that was refused has changed profiles");
  say("estimating: a second job makes only what is missing; one with other arguments is refused");
}

/** The same by the server's worker on SLURM, where that is installed. */
async function proveInSlurm() {
  if (process.getuid?.() !== 0 || !hasSlurm())
    return say("no SLURM here, or no root to start it: that part is skipped");
  const { env, stop } = await startSlurm(join(folder, "slurm"));
  cleanups.push(stop);
  const zarrDir = join(projects, "slurm");
  const image = await writeSample(zarrDir, "a.zarr", 0);
  const base = `${node} ${join(root, "dist/fractal/main.js")}`;
  const returned = correctInSlurm({ env, python, base, folder: join(folder, "slurm-jobs"), zarrDir, image });
  if (new Set(returned.map((one) => JSON.stringify(one))).size !== 1) fail("units return different entries");
  await checkPixels(image, {});
  checkReport(image);
  say(
    `SLURM: ${returned.length} units in steps of fractal-server's worker, equal to isolux correct; a refusal is told of`,
  );
}

async function writeSample(zarrDir, sample, seed) {
  await writeSyntheticAcquisition(new DirectoryStore(zarrDir), sample, {
    gridYx: [1, 2],
    tileShapeYx: [256, 256],
    planes: 12,
    chunkShapeZyx: [4, 128, 128],
    seed,
  });
  return join(zarrDir, sample, "raw_image");
}

/** Runs a workflow on the images that its task takes. @returns what the server says of it */
async function runJob(workflow, dataset, wanted = "done") {
  const query = `workflow_id=${workflow}&dataset_id=${dataset}`;
  const job = await request("POST", `${at}/job/submit/?${query}`, { json: {} });
  let said;
  await until("the job ends", 240, async () => {
    const { status, log } = await request("GET", `${at}/job/${job.id}/`);
    said = log ?? "";
    if (status !== "submitted" && status !== wanted) fail(`the job has ${status}: ${log}`);
    return status === wanted;
  });
  return said;
}

/** The list of images has the corrected ones, which took attributes and types of their origins over. */
async function checkImages(dataset, images) {
  const { items } = await request("POST", `${at}/dataset/${dataset}/images/query/`, { json: {} });
  const expected = images.flatMap((image) => [
    { zarr_url: image, origin: null, attributes: { image: "raw_image" }, types: { is_3D: true } },
    {
      zarr_url: `${image}_flatfield_corr`,
      origin: image,
      attributes: { image: "raw_image_flatfield_corr" },
      types: { is_3D: true, flatfield_corrected: true },
    },
  ]);
  const sorted = (list) => JSON.stringify(list.map(plain).sort((a, b) => a.zarr_url.localeCompare(b.zarr_url)));
  if (sorted(items) !== sorted(expected)) fail(`the list of images is ${sorted(items)}`);
}

/** Keys in one order. */
function plain({ zarr_url, origin, attributes, types }) {
  const inOrder = (object) => Object.fromEntries(Object.entries(object).sort());
  return { zarr_url, origin, attributes: inOrder(attributes), types: inOrder(types) };
}

async function checkPixels(image, basic = { maxWorkers: 2 }) {
  const output = join(
    folder,
    "by-hand",
    basename(dirname(dirname(image))),
    basename(dirname(image)),
    "raw_image_flatfield_corr",
  );
  mkdirSync(dirname(output), { recursive: true });
  await correctImage({ image, output, fovList: [1], nZplanes: 8, basic });
  if (digestFolder(output) !== digestFolder(`${image}_flatfield_corr`))
    fail(`${image}: other bytes than isolux correct makes`);
}

/** A page with pictures of both images and its figures lie beside a corrected image. */
function checkReport(image) {
  const report = `${image}_flatfield_corr.report`;
  const page = existsSync(`${report}.html`) ? readFileSync(`${report}.html`, "utf8") : "";
  const isWhole = page.includes("as it was taken") && existsSync(`${report}.json`);
  if (!isWhole) fail(`there is no report on ${image}`);
}

say("done");
process.exit(0);
