/** Fits a profile to the planes in a file. */

import { basename, dirname, join, resolve } from "node:path";
import { IsoluxError } from "../../errors.ts";
import { type BasicFit, fitBasic, fitWarnings, profileOfFit, withDarkness } from "../../estimate/basic/fit.ts";
import {
  doubtDarkfield,
  doubtFlatfield,
  doubtPlanes,
  impossibleFlatfield,
  mayShift,
} from "../../estimate/basic/fit-guards.ts";
import { fitThreads } from "../../estimate/basic/fit-threads-node.ts";
import { lessOffset } from "../../estimate/basic/less-offset.ts";
import type { ImageStack } from "../../estimate/basic/parameters.ts";
import { unknownOffsetOf } from "../../estimate/offset/offset-cost.ts";
import { refuseImplausibleOffset } from "../../estimate/offset/plausible-offset.ts";
import { useNodeKernels } from "../../kernels/kernel-source-node.ts";
import { loadKernels } from "../../kernels/load-kernels.ts";
import { basicParameters } from "../../parameters/basic-fields.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import type { FitParameters } from "../../parameters/schema.ts";
import type { FitSummary } from "../../parameters/summaries.ts";
import { checkWritable } from "../../pipeline/places/check-places-node.ts";
import { FilePlace } from "../../pipeline/places/file-place.ts";
import { fewPlanes } from "../../pipeline/profiles/estimate-stack.ts";
import { withWorkers } from "../../pipeline/threads/platform-node.ts";
import { type ProfileFiles, targetFiles } from "../../profile/formats/profile-files.ts";
import { encodeProfileFiles } from "../../profile/formats/write-profile.ts";
import type { GivenProfile } from "../../profile/npz-profile.ts";
import { fieldRange } from "../../profile/profile.ts";
import { checkEstimatedFlatfield } from "../../profile/validate.ts";
import { formatCount } from "../../quantities.ts";
import type { Yx } from "../../shapes.ts";
import { version } from "../../version.ts";
import { DirectoryStore } from "../../zarr/disk/directory-store-node.ts";
import { fittableStack } from "./fittable-stack.ts";
import { readStack, stackChannels } from "./read-stack.ts";

/**
 * Fits a profile to a stack in a file and writes it; of a file of several channels one to each of them, where the output
 * can hold them.
 * @param isNamed whether a method was asked for: then it is used as asked
 * @throws IsoluxError `output` where there is a profile already, and as {@link readStack} and `fitBasic`
 */
export async function fitStack(parameters: FitParameters, hooks: RunHooks, isNamed = true): Promise<FitSummary> {
  const started = performance.now();
  const { stack: source } = parameters;
  const target = targetOf(parameters.output);
  const places = await placesOf(target, parameters);
  useNodeKernels();
  await loadKernels();
  hooks.report({ kind: "stage", text: `Reading ${source}` });
  const channels = target.kind === "ashlar" ? await channelsIn(parameters) : [parameters.channel];
  const fits: FittedChannel[] = [];
  for (const channel of channels)
    fits.push(await fitChannel({ ...parameters, channel }, hooks, isNamed, channels.length));
  const { files, notes } = encodeFits(fits, parameters, target);
  for (const text of notes) hooks.report({ kind: "note", text });
  for (const [file, bytes] of files) await places.get(file)!.put(bytes);
  return {
    output: target.main,
    source,
    shapeYx: fits[0]!.shapeYx,
    profiles: fits.map(({ channel, planeCount, fit: { flatfield, darkfield, baseline } }) => ({
      ...(channels.length > 1 && { channel: channel! }),
      planeCount,
      flatfield: fieldRange(flatfield),
      darkfield: fieldRange(darkfield.map((dark) => dark + (parameters.cameraOffset ?? 0))),
      baseline,
    })),
    seconds: (performance.now() - started) / 1000,
    warnings: fits.flatMap(({ warnings }) => warnings),
  };
}

/** The places of the output, free or to be replaced. @throws IsoluxError `usage`, `output`, `storage` */
async function placesOf(target: ProfileFiles, { stack, overwrite }: FitParameters): Promise<Map<string, FilePlace>> {
  const files = [target.main, target.second].filter((file) => file !== undefined);
  const own = files.find((file) => resolve(file) === resolve(stack));
  if (own !== undefined) {
    throw new IsoluxError({ kind: "usage", what: "The output is the stack itself", where: own });
  }
  const places = new Map<string, FilePlace>();
  for (const file of files) {
    const at = { store: new DirectoryStore(dirname(file)), key: basename(file) };
    places.set(file, await FilePlace.find(at, overwrite, () => existing(file)));
  }
  checkWritable(dirname(target.main));
  return places;
}

/** A channel of a file with its fit. */
interface FittedChannel {
  readonly channel: string | undefined;
  readonly planeCount: number;
  readonly shapeYx: Yx;
  readonly fit: BasicFit;
  /** How it was fitted in the end. */
  readonly basic: FitParameters["basic"];
  readonly warnings: readonly string[];
}

async function fitChannel(
  parameters: FitParameters,
  { report, signal }: RunHooks,
  isNamed: boolean,
  channelCount: number,
): Promise<FittedChannel> {
  const { channel, stack: source } = parameters;
  const prefix = channelCount === 1 ? "" : `channel ${channel}: `;
  const read = await readStack(source, parameters);
  const { stack, warnings: left } = fittableStack(read, source);
  refuseImplausibleOffset(parameters.cameraOffset, { pixels: stack.pixels, where: source });
  const tell = (kind: "note" | "warning", text: string) => report({ kind, text: capitalised(`${prefix}${text}`) });
  if (read.planesInFile > read.planeCount) {
    const spread = `${read.planeCount} of ${read.planesInFile} planes are fitted`;
    tell("note", `${spread}, evenly spread: no more are held in memory.`);
  }
  const which = channelCount === 1 ? "" : `channel ${channel} of ${channelCount}, `;
  report({ kind: "stage", text: `Fitting ${which}${formatCount(stack.planeCount, "plane")}` });
  const { fit, basic, doubts } = await fitGuarded(stack, parameters, isNamed, { report, signal })
    .then((guarded) => {
      checkEstimatedFlatfield(Float32Array.from(guarded.fit.flatfield), stack.shapeYx);
      return guarded;
    })
    .catch((error: unknown) => {
      throw ofStack(error, source);
    });
  const warnings = [...left, ...fewPlanes([stack.planeCount]), ...doubts, ...fitWarnings(fit)];
  for (const text of warnings) tell("warning", text);
  const unknown = parameters.cameraOffset === undefined ? unknownOffsetOf(profileOfFit(fit)) : undefined;
  if (unknown !== undefined) tell("note", unknown);
  const { planeCount, shapeYx } = stack;
  return { channel, planeCount, shapeYx, fit, basic, warnings: warnings.map((text) => capitalised(prefix + text)) };
}

const capitalised = (text: string) => text.replace(/^./, (letter) => letter.toUpperCase());

/** The channels to fit: the one that is asked for, or each of a TIFF file with several. */
async function channelsIn({ stack, channel }: FitParameters): Promise<readonly (string | undefined)[]> {
  if (channel !== undefined) return [channel];
  const several = await stackChannels(stack);
  return several.length === 0 ? [undefined] : several;
}

/** An error of a fit with the name of its stack. */
function ofStack(error: unknown, stack: string): unknown {
  if (!(error instanceof IsoluxError) || error.kind === "usage" || error.kind === "interrupted") return error;
  const where = error.where === undefined ? stack : `${stack}, ${error.where}`;
  return new IsoluxError({ ...error, kind: error.kind, what: error.what, where, cause: error });
}

function encodeFits(fits: readonly FittedChannel[], parameters: FitParameters, target: ProfileFiles) {
  const { stack, key, cameraOffset } = parameters;
  const given = fits.map(
    ({ fit }): GivenProfile => ({
      profile: withDarkness(profileOfFit(fit), cameraOffset ?? 0),
      baselineMeaning: "brightness",
      alignment: { kind: "corners" },
      hasBaseline: true,
      hasDarkfield: true,
      notes: [],
    }),
  );
  return encodeProfileFiles(target, given, {
    version,
    parameters: { stack, key, cameraOffset, basic: fits[0]!.basic },
  });
}

/** The files of an output: those of another program's format where its name says so, else an archive, or one in a folder. */
function targetOf(output: string): ProfileFiles {
  if (/\.(tiff?|png|npy|mat)$/i.test(output)) {
    const { kind, main, second } = targetFiles(undefined, basename(output));
    const inFolder = (name: string) => join(dirname(output), name);
    return { kind, main: inFolder(main), ...(second === undefined ? {} : { second: inFolder(second) }) };
  }
  const isArchive = output.toLowerCase().endsWith(".npz");
  return { kind: "npz", main: isArchive ? output : join(output, "profiles.npz") };
}

function existing(output: string): IsoluxError {
  return new IsoluxError({
    kind: "output",
    what: "A profile already exists",
    where: output,
    advice: "Give --overwrite to replace it, or another --output",
  });
}

/** A fit with the parameters that it has in the end, and reasons to doubt it. */
interface GuardedFit extends Pick<FitParameters, "basic"> {
  readonly fit: BasicFit;
  readonly doubts: readonly string[];
}

/**
 * Fits the counts above the camera offset; again without a dark-field where the fit is impossible, or where a
 * dark-field may have changed it much. The second fit is taken where the first is impossible.
 * @param isNamed whether a method was asked for: then it is used as asked
 */
async function fitGuarded(
  stack: ImageStack,
  parameters: FitParameters,
  isNamed: boolean,
  hooks: RunHooks,
): Promise<GuardedFit> {
  const { basic } = parameters;
  const fit = await fitLight(stack, parameters, hooks);
  const ofPlanes = doubtPlanes(stack);
  const darkDoubt = basic.getDarkfield ? doubtDarkfield(singles(fit)) : undefined;
  const impossible = impossibleFlatfield(singles(fit));
  const isLeft = isNamed || !basic.getDarkfield;
  if (isLeft || !(darkDoubt ?? impossible ?? mayShift(singles(fit), fit.baseline))) {
    return { fit, basic, doubts: stated(darkDoubt && `${darkDoubt} Try --no-get-darkfield.`, impossible, ofPlanes) };
  }
  const without = { ...basic, getDarkfield: false };
  const again = await fitLight(stack, { ...parameters, basic: without }, hooks);
  const difference = doubtFlatfield(singles(fit), singles(again));
  const stillImpossible = impossibleFlatfield(singles(again));
  const reason = darkDoubt ?? (stillImpossible === undefined ? impossible : undefined);
  if (reason === undefined) return { fit, basic, doubts: stated(difference, impossible, ofPlanes) };
  const taken = `${reason} The profile is fitted without a dark-field; --get-darkfield keeps it.`;
  return { fit: again, basic: without, doubts: stated(taken, difference, stillImpossible, ofPlanes) };
}

function stated(...doubts: readonly (string | undefined)[]): string[] {
  return doubts.filter((doubt) => doubt !== undefined);
}

function singles({ flatfield, darkfield }: BasicFit) {
  return { flatfield: Float32Array.from(flatfield), darkfield: Float32Array.from(darkfield) };
}

/** Fits the counts above the camera offset. */
async function fitLight(
  stack: ImageStack,
  { basic, cameraOffset = 0 }: FitParameters,
  { report, signal }: RunHooks,
): Promise<BasicFit> {
  return fitBasic({ ...stack, pixels: lessOffset(stack.pixels, cameraOffset) }, basicParameters(basic), {
    signal,
    threads: fitThreads(withWorkers({ workers: basic.maxWorkers }).workers),
    onProgress: ({ phase, reweighting, iteration, share }) =>
      report({
        kind: "progress",
        stage: `Fitting ${phase}: round ${reweighting}, iteration ${iteration}`,
        done: share,
        total: 1,
      }),
  });
}
