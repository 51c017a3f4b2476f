import type { Acquisition } from "../acquisition/acquisition.ts";
import { selectChannels } from "../acquisition/select-channels.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import { checkErasable, checkPlace, tryWriting } from "../pipeline/check-outputs.ts";
import { templateOf } from "../pipeline/choose-output.ts";
import type { CorrectRequest } from "../pipeline/correct-request.ts";
import { isMadeFrom, stampOf } from "../pipeline/earlier-output.ts";
import { fingerprintSource } from "../pipeline/fingerprint.ts";
import { isOccupied } from "../pipeline/location.ts";
import { openNamed } from "../pipeline/open-located.ts";
import { defaultOutput } from "../pipeline/output-places-node.ts";
import { chunkCount, outputBytes } from "../pipeline/output-template.ts";
import { nodePlatform } from "../pipeline/platform-node.ts";
import { usualUnits } from "../pipeline/units.ts";
import { Workspace } from "../pipeline/workspace.ts";
import { formatBytes, formatCount } from "../quantities.ts";
import { planSample } from "../sample/plan-sample.ts";
import { type InitParameters, unitCores, unitSchema } from "./task-arguments.ts";
import { unitRequest } from "./unit-request.ts";

/** What the initialisation finds out about an image. */
export interface ImageSurvey {
  /** Where the corrected image comes to lie. */
  readonly output: string;
  /** The stamp of what lies there now. */
  readonly outputBefore: string | undefined;
  /** Digest of the image; empty where it was erased. */
  readonly source: string;
  readonly units: number;
}

/**
 * Looks at an image before anything is begun: all that can be known to keep its correction from success.
 * @throws IsoluxError for everything that is found
 */
export async function surveyImage(image: string, init: InitParameters, hooks: RunHooks): Promise<ImageSurvey> {
  const output = await defaultOutput(image, init);
  const request = await unitRequest({ image, output }, init, unitSchema.parse({}));
  const outputBefore = await stampOf(request.places.output);
  if (await isErasedAlready(request)) return { output, outputBefore, source: "", units: 1 };
  const opened = await openNamed(request.places.source, request.channelSettings, hooks);
  selectChannels(opened.acquisition, init.channels);
  if (init.eraseSourceImage) checkErasable(opened, request.places);
  checkRegions(opened.acquisition, init);
  const template = await templateOf(opened, output, request.parameters);
  // Whether an image that was made before is the one that is wanted turns out with the arguments of the units.
  if (!(await isMadeFrom(request))) await checkPlace(request, new Workspace(request.places.output, nodePlatform(1)));
  await tryWriting(request.places.output);
  const bytes = outputBytes(template);
  const units = Math.min(init.units ?? usualUnits(bytes, unitCores), chunkCount(template));
  const { length: tiles } = opened.acquisition.tiles;
  const found = `${formatBytes(bytes)} of pixels in ${formatCount(tiles, "tile")}`;
  hooks.report({ kind: "note", text: `${found}, shared among ${formatCount(units, "unit")}: ${output}` });
  return { output, outputBefore, source: await fingerprintSource(opened.acquisition), units };
}

/**
 * Checks tiles, planes and level, even where given profiles are to win over them: that is not known yet.
 * @throws IsoluxError `invalid` for what the image does not have
 */
function checkRegions(acquisition: Acquisition, { fovList, zLevels, resolutionLevel = 0 }: InitParameters): void {
  const regions = { ...(fovList && { tileNumbers: fovList }), ...(zLevels && { zLevels }) };
  planSample(acquisition, { ...regions, level: resolutionLevel, planeCount: 1, seed: 0 });
}

/** Whether an earlier job has come to its end, but for telling it. */
async function isErasedAlready(request: CorrectRequest): Promise<boolean> {
  const { places, parameters } = request;
  return parameters.eraseSourceImage && !(await isOccupied(places.source)) && (await isMadeFrom(request));
}
