import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { IsoluxError } from "../errors.ts";
import { type BasicFit, fitBasic } from "../estimate/basic/fit.ts";
import { doubtDarkfield, doubtFlatfield, impossibleFlatfield } from "../estimate/basic/fit-guards.ts";
import { fitThreads } from "../estimate/basic/fit-threads-node.ts";
import { fitWarnings } from "../estimate/basic/fit-warnings.ts";
import type { ImageStack } from "../estimate/basic/image-stack.ts";
import { lessOffset } from "../estimate/basic/less-offset.ts";
import { profileOfFit, withDarkness } from "../estimate/basic/profile-of-fit.ts";
import { useNodeKernels } from "../kernels/kernel-source-node.ts";
import { basicParameters } from "../parameters/basic-fields.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import type { FitParameters } from "../parameters/schema.ts";
import type { FitSummary } from "../parameters/summaries.ts";
import { checkWritable } from "../pipeline/check-places-node.ts";
import { availableCores } from "../pipeline/cores-node.ts";
import { fewPlanes } from "../pipeline/fit-to-sample.ts";
import { prepareKernels } from "../pipeline/prepare-kernels.ts";
import { encodeProfile } from "../profile/npz-profile.ts";
import { fieldRange } from "../profile/profile.ts";
import { checkEstimatedFlatfield } from "../profile/validate.ts";
import { version } from "../version.ts";
import { DirectoryStore } from "../zarr/directory-store.ts";
import { checkAxes, checkVaries, withoutBrokenPlanes } from "./check-stack.ts";
import { readStack } from "./read-stack.ts";

/**
 * Fits a profile to a stack in a file and writes it.
 * @param isNamed whether a way to fit was asked for: it is then done as asked, else a dark-field that cannot be one is left out
 * @throws IsoluxError `output` where there is a profile already, and as {@link readStack} and `fitBasic`
 */
export async function fitStack(
  parameters: FitParameters,
  { report, signal }: RunHooks,
  isNamed = true,
): Promise<FitSummary> {
  const started = performance.now();
  const output = parameters.output.toLowerCase().endsWith(".npz")
    ? parameters.output
    : join(parameters.output, "profiles.npz");
  if (existsSync(output) && !parameters.overwrite) throw existing(output);
  if (resolve(output) === resolve(parameters.stack)) {
    throw new IsoluxError({ kind: "usage", what: "The output is the stack itself", where: output });
  }
  checkWritable(dirname(output));
  useNodeKernels();
  await prepareKernels({ report });
  report({ kind: "stage", text: `Reading ${parameters.stack}` });
  const read = await readStack(parameters.stack, parameters);
  checkAxes(read, parameters.stack);
  const { stack, warnings: left } = withoutBrokenPlanes(read, parameters.stack);
  checkVaries(stack, parameters.stack);
  const { cameraOffset = 0 } = parameters;
  report({ kind: "stage", text: `Fitting ${stack.planeCount} planes` });
  const { fit, basic, doubts } = await fitGuarded(stack, parameters, isNamed, { report, signal })
    .then((guarded) => {
      checkEstimatedFlatfield(Float32Array.from(guarded.fit.flatfield), stack.shapeYx);
      return guarded;
    })
    .catch((error: unknown) => {
      throw ofStack(error, parameters.stack);
    });
  const warnings = [...left, ...fewPlanes([stack.planeCount]), ...doubts, ...fitWarnings(fit)];
  for (const text of warnings) report({ kind: "warning", text });
  // Readers see the old file or the new one, never a part.
  await new DirectoryStore(dirname(output)).set(basename(output), encodeFit(fit, { ...parameters, basic }));
  return {
    output,
    source: parameters.stack,
    planeCount: stack.planeCount,
    shapeYx: stack.shapeYx,
    flatfield: fieldRange(fit.flatfield),
    darkfield: fieldRange(cameraOffset === 0 ? fit.darkfield : fit.darkfield.map((dark) => dark + cameraOffset)),
    baseline: fit.baseline,
    seconds: (performance.now() - started) / 1000,
    warnings,
  };
}

/** A fit, and what makes one doubt it. */
interface GuardedFit extends Pick<FitParameters, "basic"> {
  readonly fit: BasicFit;
  readonly doubts: readonly string[];
}

/** Fits what is above the camera offset; again without a dark-field where that cannot be one and nobody asked for it. */
async function fitGuarded(
  stack: ImageStack,
  parameters: FitParameters,
  isNamed: boolean,
  hooks: RunHooks,
): Promise<GuardedFit> {
  const { basic, cameraOffset = 0 } = parameters;
  const fit = await fitLight(stack, parameters, cameraOffset, hooks);
  const darkDoubt = basic.getDarkfield ? doubtDarkfield(singles(fit)) : undefined;
  if (darkDoubt === undefined || isNamed) {
    const doubts = [darkDoubt && `${darkDoubt} Try --no-get-darkfield.`, impossibleFlatfield(singles(fit))];
    return { fit, basic, doubts: doubts.flatMap((doubt) => doubt ?? []) };
  }
  const without = { ...basic, getDarkfield: false };
  const again = await fitLight(stack, { ...parameters, basic: without }, cameraOffset, hooks);
  const doubts = [doubtFlatfield(singles(fit), singles(again)), impossibleFlatfield(singles(again))];
  const taken = `${darkDoubt} The profile is fitted without a dark-field; --get-darkfield keeps it.`;
  return { fit: again, basic: without, doubts: [taken, ...doubts.flatMap((doubt) => doubt ?? [])] };
}

function singles({ flatfield, darkfield }: BasicFit) {
  return { flatfield: Float32Array.from(flatfield), darkfield: Float32Array.from(darkfield) };
}

/** Fits what is above the camera offset. */
async function fitLight(
  stack: ImageStack,
  { basic }: FitParameters,
  cameraOffset: number,
  { report, signal }: RunHooks,
): Promise<BasicFit> {
  return fitBasic({ ...stack, pixels: lessOffset(stack.pixels, cameraOffset) }, basicParameters(basic), {
    signal,
    threads: fitThreads(basic.maxWorkers ?? availableCores()),
    onProgress: ({ phase, reweighting, iteration, share }) =>
      report({
        kind: "progress",
        stage: `Fitting ${phase}: round ${reweighting}, iteration ${iteration}`,
        done: share,
        total: 1,
      }),
  });
}

/** An error of a fit, told whose it is. */
function ofStack(error: unknown, stack: string): unknown {
  if (!(error instanceof IsoluxError) || error.kind === "usage" || error.kind === "interrupted") return error;
  const where = error.where === undefined ? stack : `${stack}, ${error.where}`;
  return new IsoluxError({ ...error, kind: error.kind, what: error.what, where, cause: error });
}

function encodeFit(fit: BasicFit, { stack, key, cameraOffset, basic }: FitParameters): Uint8Array {
  return encodeProfile(withDarkness(profileOfFit(fit), cameraOffset ?? 0), {
    version,
    baselineMeaning: "brightness",
    alignment: { kind: "corners" },
    parameters: { stack, key, cameraOffset, basic },
  });
}

function existing(output: string): IsoluxError {
  return new IsoluxError({
    kind: "output",
    what: "A profile is there already",
    where: output,
    advice: "Give --overwrite to replace it, or another --output",
  });
}
