/** The task Correct Flatfield: makes one unit of a corrected image. */
import { basename } from "node:path";
import * as z from "zod";
import { IsoluxError, unreachable } from "../errors.ts";
import { namesRegions, warnOfUnused, withoutRegions } from "../parameters/profile-source.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import type { CorrectSummary } from "../parameters/summaries.ts";
import type { RawParameters } from "../parameters/validate.ts";
import { someText } from "../parameters/value-types.ts";
import { nodePlaceOpener } from "../pipeline/places/find-places-node.ts";
import { isOccupied } from "../pipeline/places/location.ts";
import { type CorrectRequest, chosenRequest, type OpenRequest } from "../pipeline/places/request.ts";
import { Workspace } from "../pipeline/record/workspace.ts";
import { adviceOf, isMadeFrom, isOutputOf, stampOf } from "../pipeline/run/check-outputs.ts";
import { correctTogether, type TogetherResult } from "../pipeline/shared/finish-image.ts";
import { nodePlatform } from "../pipeline/threads/platform-node.ts";
import { formatCount } from "../quantities.ts";
import { reportingPlatform } from "../report/report-file-node.ts";
import { showJson } from "../zarr/json.ts";
import type { TaskProgram } from "./run-task.ts";
import { initSchema, rawArguments, readArguments, takeText, type UnitOrder, unitSchema } from "./task-arguments.ts";
import { checkLocal, unitRequest } from "./unit-request.ts";

/** Reads what the initialisation passed to a unit. @throws IsoluxError `usage` where it is anything else */
function readUnitOrder(initArgs: unknown): UnitOrder {
  const order = orderSchema.safeParse(initArgs);
  if (order.success) return order.data;
  throw new IsoluxError({
    kind: "usage",
    what: "Wrong value for init_args",
    found: showJson(initArgs),
    expected: "what the initialisation of Correct Flatfield returned",
  });
}

const orderSchema = z.strictObject({
  unit: z.int().nonnegative(),
  units: z.int().positive(),
  output: someText(),
  output_before: z.string().nullable(),
  source: z.string(),
  arguments: z.record(z.string(), z.unknown()),
});

/** Makes a unit of a corrected image; the process that finds all units done finishes the output. */
export const correctFlatfield: TaskProgram = async ({ zarr_url, init_args, ...given }, hooks) => {
  const image = takeText({ zarr_url }, "zarr_url");
  checkLocal(image);
  const order = readUnitOrder(init_args);
  const init = readArguments(initSchema, order.arguments);
  const unit = readArguments(unitSchema, given);
  const asked = await unitRequest({ image, output: order.output }, init, unit, hooks);
  const { request } = asked;
  if (order.unit === 0) describeUnused(order, given, request, hooks);
  const isDoneNow = () => isDone(asked, order);
  if (await isDoneNow()) return { output: imageUpdate(request), message: `${order.output} is complete already` };
  const result = await correctTogether(
    { ...asked, unit: { index: order.unit, count: order.units }, source: order.source, isDone: isDoneNow },
    nodePlaceOpener,
    reportingPlatform(),
    hooks,
  );
  if (result.kind === "complete") describeVerdict(result.summary, hooks);
  return { output: imageUpdate(request), message: messageOf(result, order) };
};

/** A warning where the correction made the image worse, by which Fractal marks the image. */
function describeVerdict(summary: CorrectSummary | undefined, { report }: RunHooks): void {
  if (summary?.report?.verdict !== "worse") return;
  report({ kind: "warning", text: `${summary.output}: worse. ${summary.report.reason}` });
}

function messageOf(result: TogetherResult, { unit, units, output }: UnitOrder): string {
  switch (result.kind) {
    case "complete":
      return `${output} is complete${reportText(result.summary)}${verdictText(result.summary)}`;
    case "left":
      return `unit ${unit + 1} of ${units} of ${output} is done; left to the others: ${formatCount(result.blocks, "block")}`;
    default:
      return unreachable(result);
  }
}

function reportText({ report }: Partial<CorrectSummary> = {}): string {
  return report === undefined ? "" : `: ${report.verdict}. ${report.reason} Report: ${report.html}`;
}

function verdictText({ verdict }: Partial<CorrectSummary> = {}): string {
  return verdict === undefined ? "" : `. ${verdict.text}`;
}

/**
 * The update of the image list, the same for all units of an image, as the server merges equal updates. A new image
 * inherits the attributes and types of its origin.
 */
function imageUpdate({ parameters: { image, output, eraseSourceImage } }: CorrectRequest): object {
  const update = { zarr_url: output!, origin: image, attributes: { image: basename(output!) } };
  return { image_list_updates: [update], ...(eraseSourceImage ? { image_list_removals: [image] } : {}) };
}

/** Whether the image was completed: by another unit since the job began, or by an earlier job with these arguments. */
async function isDone(asked: OpenRequest, order: UnitOrder): Promise<boolean> {
  const { request } = asked;
  const { places, parameters } = request;
  const stamp = await stampOf(places.output);
  if (stamp === undefined) return false;
  if (await new Workspace(places.output, nodePlatform(1)).documents.exist()) return false;
  if (parameters.eraseSourceImage && (await isOccupied(places.source))) return false;
  if (stamp !== order.output_before) return isMadeFrom(request);
  if (parameters.overwrite) return false;
  const made = await chosenRequest(asked, await adviceOf(places.output));
  return made !== undefined && (await isOutputOf(made));
}

/** Reports which arguments have no effect. Forms fill in all of them, so a note is enough. */
function describeUnused(order: UnitOrder, given: RawParameters, request: CorrectRequest, { report }: RunHooks): void {
  const init = rawArguments(initSchema, order.arguments);
  const unit = rawArguments(unitSchema, given);
  if (unit.modelsFolder !== undefined && namesRegions(init)) {
    report({ kind: "warning", text: "models_folder wins over FOV_list and z_levels, as in the reference task" });
  }
  if (request.profileSource.kind === "none") return;
  const unused = warnOfUnused({ ...withoutRegions(init), ...unit }, request.profileSource, "reference");
  if (unused !== undefined) report({ kind: "note", text: unused });
}
