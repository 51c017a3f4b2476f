import { basename, dirname, join } from "node:path";
import { IsoluxError } from "../errors.ts";
import { readGroup } from "../ngff/group.ts";
import { checkImages } from "../node.ts";
import { locateFolder } from "../pipeline/source-places-node.ts";
import { remarksOf } from "../report/quality/verdict-words.ts";
import { isJsonObject } from "../zarr/json.ts";
import { readArguments, takeText } from "./read-arguments.ts";
import type { TaskProgram } from "./run-task.ts";
import { checkTaskSchema } from "./task-arguments.ts";
import { checkLocal } from "./unit-request.ts";

/**
 * Tells whether a corrected image is better than its source. The verdict becomes an attribute of the image, a page with
 * pictures and its figures as JSON go beside it; no pixel is written.
 */
export const checkFlatfield: TaskProgram = async ({ zarr_url, ...given }, hooks) => {
  const corrected = takeText({ zarr_url }, "zarr_url");
  checkLocal(corrected);
  const { source, ...parameters } = readArguments(checkTaskSchema, given);
  const image = source ?? (await sourceOf(corrected));
  // The page and, beside it, the figures. A job that is submitted again replaces what it said before.
  const page = join(dirname(corrected), `${basename(corrected)}.check.html`);
  const report = await checkImages({ ...parameters, image, corrected, report: page, overwrite: true }, hooks);
  for (const text of remarksOf(report)) hooks.report({ kind: "note", text });
  const { kind, reason, confidence } = report.verdict;
  if (kind !== "improved") hooks.report({ kind: "warning", text: `${corrected}: ${kind}. ${reason}` });
  return {
    output: { image_list_updates: [{ zarr_url: corrected, attributes: { flatfield_verdict: kind } }] },
    told: `${corrected}: ${kind} (${confidence} confidence). ${reason} Report: ${page}`,
  };
};

/** The image that a corrected one says it was made of. */
async function sourceOf(corrected: string): Promise<string> {
  const { store, key } = locateFolder(corrected);
  const isolux = (await readGroup(store, key))?.attributes.isolux;
  if (isJsonObject(isolux) && typeof isolux.source === "string") return join(dirname(corrected), isolux.source);
  throw new IsoluxError({
    kind: "usage",
    what: "The image does not say what it was corrected from",
    where: corrected,
    advice: "Give the path of the image before the correction as source",
  });
}
