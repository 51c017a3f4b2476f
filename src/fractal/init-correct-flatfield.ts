import { IsoluxError } from "../errors.ts";
import { formatCount } from "../quantities.ts";
import { readArguments, takeText, takeTexts } from "./read-arguments.ts";
import type { TaskProgram } from "./run-task.ts";
import { surveyImage } from "./survey-image.ts";
import { initSchema, type UnitOrder } from "./task-arguments.ts";
import { checkLocal } from "./unit-request.ts";

/**
 * Checks all images and shares the work on each out among units. Nothing is written yet: where profiles come from is
 * among the arguments of the units, so the first of them finds the profiles while the others wait.
 */
export const initCorrectFlatfield: TaskProgram = async ({ zarr_urls, zarr_dir, ...given }, hooks) => {
  const images = takeTexts({ zarr_urls }, "zarr_urls");
  takeText({ zarr_dir }, "zarr_dir");
  const parameters = readArguments(initSchema, given);
  const list: { zarr_url: string; init_args: UnitOrder }[] = [];
  for (const image of images) {
    checkLocal(image);
    hooks.report({ kind: "stage", text: `Looking at ${image}` });
    const { output, outputBefore, source, units } = await surveyImage(image, parameters, hooks);
    for (let unit = 0; unit < units; unit++) {
      const order = { unit, units, output, output_before: outputBefore ?? null, source, arguments: given };
      list.push({ zarr_url: image, init_args: order });
    }
  }
  checkDistinct(list);
  checkLength(list.length);
  const told = `${formatCount(images.length, "image")}, ${list.length} to be done in parallel`;
  return { output: { parallelization_list: list }, told };
};

/** @throws IsoluxError `usage` where two images would be corrected into one, as a proxy and what it stands for */
function checkDistinct(list: readonly { readonly zarr_url: string; readonly init_args: UnitOrder }[]): void {
  const sources = new Map<string, string>();
  for (const { zarr_url, init_args } of list) {
    const other = sources.get(init_args.output) ?? zarr_url;
    sources.set(init_args.output, other);
    if (other === zarr_url) continue;
    throw new IsoluxError({
      kind: "usage",
      what: "Two images would be corrected into one",
      where: init_args.output,
      found: `${other} and ${zarr_url}`,
      advice: "Leave one of them out by the attribute filters of the job",
    });
  }
}

/** The server takes no longer list. */
const longestList = 20_000;

function checkLength(length: number): void {
  if (length <= longestList) return;
  throw new IsoluxError({
    kind: "usage",
    what: "Too many units for one job",
    found: String(length),
    expected: `at most ${longestList} for all images together`,
    advice: "Give fewer units, or correct fewer images in a job",
  });
}
