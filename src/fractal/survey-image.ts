import { selectChannels } from "../acquisition/select-channels.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import { checkErasable, checkPlace } from "../pipeline/check-outputs.ts";
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
  const template = await templateOf(opened, output, request.parameters);
  // Whether an image that was made before is the one that is wanted turns out with the arguments of the units.
  if (!(await isMadeFrom(request))) await checkPlace(request, new Workspace(request.places.output, nodePlatform(1)));
  const wanted = init.units ?? usualUnits(outputBytes(template), unitCores);
  const units = Math.min(wanted, chunkCount(template));
  return { output, outputBefore, source: await fingerprintSource(opened.acquisition), units };
}

/** Whether an earlier job has come to its end, but for telling it. */
async function isErasedAlready(request: CorrectRequest): Promise<boolean> {
  const { places, parameters } = request;
  return parameters.eraseSourceImage && !(await isOccupied(places.source)) && (await isMadeFrom(request));
}
