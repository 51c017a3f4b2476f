/** Fits a profile to the planes in a file. */

import { basename, dirname, join, resolve } from "node:path";
import { IsoluxError } from "../../errors.ts";
import { type BasicFit, fitWarnings, profileOfFit, withDarkness } from "../../estimate/basic/fit.ts";
import type { ImageStack } from "../../estimate/basic/parameters.ts";
import { unknownOffsetOf } from "../../estimate/offset/offset-cost.ts";
import { useNodeKernels } from "../../kernels/kernel-source-node.ts";
import { loadKernels } from "../../kernels/load-kernels.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import type { FitParameters } from "../../parameters/schema.ts";
import type { FitSummary } from "../../parameters/summaries.ts";
import { checkWritable } from "../../pipeline/places/check-places-node.ts";
import { FilePlace } from "../../pipeline/places/file-place.ts";
import { fewPlanes } from "../../pipeline/profiles/estimate-stack.ts";
import { type ProfileFiles, targetFiles } from "../../profile/formats/profile-files.ts";
import { encodeProfileFiles } from "../../profile/formats/write-profile.ts";
import type { GivenProfile } from "../../profile/npz-profile.ts";
import { fieldRange } from "../../profile/profile.ts";
import { checkEstimatedFlatfield } from "../../profile/validate.ts";
import { formatCount } from "../../quantities.ts";
import { elementCount, formatShape } from "../../shapes.ts";
import { version } from "../../version.ts";
import { DirectoryStore } from "../../zarr/disk/directory-store-node.ts";
import { fitGuarded } from "./guarded-fit.ts";
import { readStack } from "./read-stack.ts";

/**
 * Fits a profile to a stack in a file and writes it.
 * @param isNamed whether a method was asked for: then it is used as asked
 * @throws IsoluxError `output` where there is a profile already, and as {@link readStack} and `fitBasic`
 */
export async function fitStack(
  parameters: FitParameters,
  { report, signal }: RunHooks,
  isNamed = true,
): Promise<FitSummary> {
  const started = performance.now();
  const target = targetOf(parameters.output);
  const output = target.main;
  for (const file of [target.main, target.second]) {
    if (file === undefined || resolve(file) !== resolve(parameters.stack)) continue;
    throw new IsoluxError({ kind: "usage", what: "The output is the stack itself", where: file });
  }
  const places = new Map<string, FilePlace>();
  for (const file of [target.main, target.second]) {
    if (file === undefined) continue;
    const at = { store: new DirectoryStore(dirname(file)), key: basename(file) };
    places.set(file, await FilePlace.find(at, parameters.overwrite, () => existing(file)));
  }
  checkWritable(dirname(output));
  useNodeKernels();
  await loadKernels();
  report({ kind: "stage", text: `Reading ${parameters.stack}` });
  const read = await readStack(parameters.stack, parameters);
  checkAxes(read, parameters.stack);
  if (read.planesInFile > read.planeCount) {
    const text = `${read.planeCount} of ${read.planesInFile} planes are fitted, evenly spread: no more are held in memory.`;
    report({ kind: "note", text });
  }
  const { stack, warnings: left } = withoutBrokenPlanes(read, parameters.stack);
  checkVaries(stack, parameters.stack);
  const { cameraOffset = 0 } = parameters;
  report({ kind: "stage", text: `Fitting ${formatCount(stack.planeCount, "plane")}` });
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
  const unknown = parameters.cameraOffset === undefined ? unknownOffsetOf(profileOfFit(fit)) : undefined;
  if (unknown !== undefined) report({ kind: "note", text: unknown });
  const { files, notes } = encodeFit(fit, { ...parameters, basic }, target);
  for (const text of notes) report({ kind: "note", text });
  for (const [file, bytes] of files) await places.get(file)!.put(bytes);
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

/** An error of a fit with the name of its stack. */
function ofStack(error: unknown, stack: string): unknown {
  if (!(error instanceof IsoluxError) || error.kind === "usage" || error.kind === "interrupted") return error;
  const where = error.where === undefined ? stack : `${stack}, ${error.where}`;
  return new IsoluxError({ ...error, kind: error.kind, what: error.what, where, cause: error });
}

function encodeFit(fit: BasicFit, { stack, key, cameraOffset, basic }: FitParameters, target: ProfileFiles) {
  const profile = withDarkness(profileOfFit(fit), cameraOffset ?? 0);
  const given: GivenProfile = {
    profile,
    baselineMeaning: "brightness",
    alignment: { kind: "corners" },
    hasBaseline: true,
    hasDarkfield: true,
    notes: [],
  };
  return encodeProfileFiles(target, [given], { version, parameters: { stack, key, cameraOffset, basic } });
}

/** The files of an output: those of another program's format where its name says so, else an archive, or one in a folder. */
function targetOf(output: string): ProfileFiles {
  if (/\.(tiff?|png|npy|mat)$/i.test(output)) return targetFiles(undefined, output);
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

// Checks of stacks as users have them: with planes that are no images, with axes in another order,
// background-subtracted.

/**
 * The stack without planes that have non-finite pixels, and a warning with their number.
 * @throws IsoluxError `estimation` where there are no others
 */
function withoutBrokenPlanes(stack: ImageStack, where: string) {
  const { pixels, planeCount, shapeYx } = stack;
  const isWhole = pixels instanceof Uint8Array || pixels instanceof Uint16Array;
  const length = elementCount(shapeYx);
  const plane = (n: number) => pixels.subarray(n * length, (n + 1) * length);
  const all = Array.from({ length: planeCount }, (_, n) => n);
  const sound = isWhole ? all : all.filter((n) => plane(n).every((value: number) => Number.isFinite(value)));
  const broken = planeCount - sound.length;
  if (broken === 0) return { stack, warnings: [] };
  if (sound.length === 0) {
    throw new IsoluxError({
      kind: "estimation",
      what: "Every plane has pixels that are not numbers, or infinite",
      where,
      found: formatCount(planeCount, "plane"),
      advice: "Replace these pixels, or choose other planes",
    });
  }
  // The planes are moved together within their array.
  for (const [to, n] of sound.entries()) if (to !== n) pixels.copyWithin(to * length, n * length, (n + 1) * length);
  const rest: ImageStack = { pixels: pixels.subarray(0, sound.length * length), planeCount: sound.length, shapeYx };
  const planes = `${broken} of ${formatCount(planeCount, "plane")} ${broken === 1 ? "has" : "have"} pixels that are not numbers, or infinite`;
  return { stack: rest, warnings: [`${planes}: skipped.`] };
}

/** Refuses a stack of one value. @throws IsoluxError `estimation` */
function checkVaries({ pixels }: ImageStack, where: string): void {
  const [first] = pixels;
  if (first === 0 || pixels.some((value: number) => value !== first)) return;
  throw new IsoluxError({
    kind: "estimation",
    what: "Every pixel of the planes has the same value: no illumination can be estimated from them",
    where,
    found: String(first),
    advice: "Choose planes with sample; saturated or artificial planes show no light",
  });
}

/** Neighbours along the right axis differ by less than this fraction of those along the other. */
const mostAlike = 0.7;
const placesLooked = 20_000;

/**
 * Refuses planes along the last axis, as programs store them that work on images: the last axis is then by far the
 * shortest, and pixels differ more along it than along the first.
 * @throws IsoluxError `invalid`
 */
function checkAxes({ pixels, planeCount, shapeYx }: ImageStack, where: string): void {
  const [rows, columns] = shapeYx;
  if (planeCount < 2 || columns < 2 || 2 * columns > Math.min(planeCount, rows)) return;
  const along = [elementCount(shapeYx), 1].map((stride) => {
    const step = Math.max(1, Math.floor((pixels.length - stride) / placesLooked));
    let sum = 0;
    let count = 0;
    for (let at = 0; at + stride < pixels.length; at += step) {
      if (stride === 1 && (at + 1) % columns === 0) continue;
      sum += Math.abs(pixels[at]! - pixels[at + stride]!);
      count++;
    }
    return sum / Math.max(1, count);
  });
  if (!(along[0]! < mostAlike * along[1]!)) return;
  throw new IsoluxError({
    kind: "invalid",
    what: "The planes seem to lie along the last axis",
    where,
    found: `the shape ${formatShape([planeCount, rows, columns])}`,
    expected: "the axes n, y, x",
    advice: "Move that axis to the front: in NumPy, np.save(path, np.moveaxis(stack, -1, 0))",
  });
}
