// A project on a fractal-server, for a proof: workflows, data sets of generated images, jobs, and the list of images.
import { join } from "node:path";

const { DirectoryStore } = await import("../dist/node.js");
const { writeSyntheticAcquisition } = await import("../dist/synthetic/write-acquisition.js");

/** Writes an image of two tiles into a data set. @returns its path */
export async function writeSample(zarrDir, sample, seed) {
  await writeSyntheticAcquisition(new DirectoryStore(zarrDir), sample, {
    gridYx: [1, 2],
    tileShapeYx: [256, 256],
    planes: 12,
    chunkShapeZyx: [4, 128, 128],
    seed,
  });
  return join(zarrDir, sample, "raw_image");
}

/**
 * A project of its own on a server.
 * @param projects the folder in which the server's user may have images
 */
export async function openProject({ request, until, fail, projects }) {
  const { id } = await request("POST", "/api/v2/project/", { json: { name: "proof" } });
  const at = `/api/v2/project/${id}`;

  /** A workflow of these steps. @returns its number */
  async function importWorkflow(name, task_list, others = {}) {
    return (await request("POST", `${at}/workflow/import/`, { json: { ...others, name, task_list } })).id;
  }

  /** A data set with an image of each name. @returns its number, and the images' paths */
  async function makeDataset(name, samples) {
    const json = { name, project_dir: projects, zarr_subfolder: name };
    const dataset = await request("POST", `${at}/dataset/`, { json });
    const images = [];
    for (const sample of samples) {
      const zarr_url = await writeSample(dataset.zarr_dir, sample, images.length);
      images.push(zarr_url);
      await request("POST", `${at}/dataset/${dataset.id}/images/`, {
        json: { zarr_url, attributes: { image: "raw_image" }, types: { is_3D: true } },
      });
    }
    return { dataset: dataset.id, images };
  }

  /** Runs a workflow on the images that its task takes. @returns what the server says of it */
  async function runJob(workflow, dataset, wanted = "done") {
    const query = `workflow_id=${workflow}&dataset_id=${dataset}`;
    const job = await request("POST", `${at}/job/submit/?${query}`, { json: {} });
    let said;
    await until("the job ends", 900, async () => {
      const { status, log } = await request("GET", `${at}/job/${job.id}/`);
      said = log ?? "";
      if (status !== "submitted" && status !== wanted) fail(`the job has ${status}: ${log}`);
      return status === wanted;
    });
    return said;
  }

  /** The images of a data set, as the server lists them. */
  async function listImages(dataset) {
    return (await request("POST", `${at}/dataset/${dataset}/images/query/`, { json: {} })).items;
  }

  return { importWorkflow, makeDataset, runJob, listImages };
}
