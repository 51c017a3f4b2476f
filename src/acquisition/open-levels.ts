/** Opens the resolution levels of an OME-Zarr image, and replaces those that do not fit the others. */
import { IsoluxError } from "../errors.ts";
import { limits } from "../limits.ts";
import { unitsOf } from "../ngff/axes.ts";
import { omeAttributes, pyramidsOfFirst } from "../ngff/group.ts";
import { type ImageMetadata, readImageMetadata } from "../ngff/image.ts";
import { elementCount, formatShape, mapAxes, type Zyx } from "../shapes.ts";
import { reductionFactor } from "../tiles/levels.ts";
import { openArray, ZarrArray } from "../zarr/array.ts";
import { hasObjects } from "../zarr/chunk-places.ts";
import type { JsonObject } from "../zarr/json.ts";
import { joinKey, type ReadableStore } from "../zarr/store.ts";
import type { StoredImage } from "./acquisition.ts";
import { isFolded } from "./array-axes.ts";
import { Level } from "./level.ts";
import { MendedLevel } from "./rechunked-level.ts";
import { SplitLevel } from "./sampled-level.ts";
import type { Note } from "./tile-view.ts";

/** Kinds of errors in the metadata of a level that opening it again would meet again. */
const unusable: ReadonlySet<string> = new Set(["not-found", "corrupt", "unsupported"]);

/** Levels, finest first. */
interface OpenedLevels {
  readonly levels: readonly Level[];
  /** Levels of an output in place of the first one that does not fit, and of all after it. They are not stored. */
  readonly remade: readonly Level[];
}

/**
 * Refuses an array all of whose chunks have names that its metadata do not lead to: it would read as empty. Some
 * writers put chunks into folders without recording it. Skipped for servers, where listing a million chunks takes a
 * thousand requests.
 *
 * @throws IsoluxError `corrupt`
 */
async function checkChunkNames({ store, key, location, metadata }: ZarrArray): Promise<void> {
  if (metadata.zarrFormat !== 2 || metadata.shape.length < 2 || store.isRemote) return;
  const entries = (await store.list(key)) ?? [];
  const inFolders = entries.find(({ name, kind }) => kind === "folder" && /^\d+$/.test(name));
  const inOneFolder = entries.find(({ name, kind }) => kind === "object" && /^\d+(\.\d+)+$/.test(name));
  const [expected, other] = metadata.separator === "/" ? [inFolders, inOneFolder] : [inOneFolder, inFolders];
  if (expected !== undefined || other === undefined) return;
  const stored = metadata.separator === "/" ? "." : "/";
  throw new IsoluxError({
    kind: "corrupt",
    what: "The chunks of an array are not named as its metadata say",
    where: location,
    found: `${other.name}${other.kind === "folder" ? "/..." : ""}`,
    expected: `numbers joined by "${metadata.separator}"`,
    advice: `Put "dimension_separator": "${stored}" into its .zarray`,
  });
}

/** @throws IsoluxError `unsupported` for an array of an impossible size: such metadata are wrong */
function checkExtents({ location, metadata, chunkGrid }: ZarrArray): void {
  if (metadata.shape.every((extent) => extent <= limits.alongAxis) && elementCount(chunkGrid) <= limits.chunks) return;
  throw new IsoluxError({
    kind: "unsupported",
    what: "The array is larger than any image that Isolux handles",
    where: location,
    found: `${formatShape(metadata.shape)} in chunks of ${formatShape(metadata.chunkShape)}`,
    expected: `at most ${limits.alongAxis} along each axis, and ${limits.chunks} chunks`,
    advice: "Check its metadata",
  });
}

/**
 * Opens the levels of an image. A coarser level that is no whole reduction of the one before it, of other axes, channels or
 * type, not there or without chunks does not prevent the correction of the full resolution: it is left out, and so are those after it.
 * @throws IsoluxError for everything that prevents reading a level
 */
async function openLevels(
  store: ReadableStore,
  key: string,
  metadata: ImageMetadata,
  note: Note,
): Promise<OpenedLevels> {
  const levels: Level[] = [];
  const remade: Level[] = [];
  let isMisfit = false;
  // All are asked for at a time: a server that is far away takes as long for each of them
  const opening = metadata.levels.map(({ path }) => openArray(store, joinKey(key, path), metadata.zarrFormat));
  for (const one of opening) one.catch(() => undefined);
  for (const [index, { path, misfit }] of metadata.levels.entries()) {
    const levelKey = joinKey(key, path);
    const finer = levels.at(-1);
    const array = await opening[index]!.catch((error: unknown) => {
      if (finer !== undefined && error instanceof IsoluxError && unusable.has(error.kind)) return error;
      throw error;
    });
    if (array instanceof IsoluxError) {
      const reason = array.kind === "not-found" ? "no array is stored there" : array.message;
      if (remade.length === 0) note(leftOut(path, reason), "warning");
      isMisfit = true;
      remade.push(halved(remade.at(-1) ?? finer!, levelKey));
      continue;
    }
    if (finer === undefined) checkArray(array, metadata);
    const fit = isMisfit ? undefined : (misfit ?? fitOf(array, metadata, index, [...levels, ...remade]));
    if (typeof fit === "string") note(leftOut(path, fit), "warning");
    if (typeof fit !== "object") {
      isMisfit = true;
      remade.push(halved(remade.at(-1) ?? finer!, levelKey));
      continue;
    }
    const isSplit = !isFolded(array.metadata, metadata.axes);
    if (isSplit && levels.length === 0) {
      note("Its chunks hold several time points or channels: those of an output in the same form hold one");
    }
    checkExtents(array);
    await checkChunkNames(array);
    const level = isSplit ? new SplitLevel(array, fit, metadata.axes) : new Level(array, fit, metadata.axes);
    const isEmpty = remade.length === 0 && (await isEmptyBeside(array, levels[0]));
    if (isEmpty) note(leftOut(path, "none of its chunks is stored"), "warning");
    const isMadeAnew = isEmpty || remade.length > 0;
    if (isMadeAnew) remade.push(level);
    else levels.push(finer === undefined ? level : new MendedLevel(level, finer, note));
  }
  return { levels, remade };
}

function leftOut(path: string, reason: string): string {
  return `Level ${path} is skipped; the output gets new levels from there on: ${reason}`;
}

/** Whether a level has no stored chunk where the first level has some. */
async function isEmptyBeside(array: ZarrArray, first: Level | undefined): Promise<boolean> {
  return first !== undefined && !(await hasObjects(array)) && (await hasObjects(first.array));
}

/** How much coarser than full resolution a level is, or the reason why it does not fit the finer ones. */
function fitOf(
  array: ZarrArray,
  { axes, levels: told }: ImageMetadata,
  index: number,
  [first, ...others]: readonly Level[],
): Zyx | string {
  if (first === undefined) return [1, 1, 1];
  const { shape } = array.metadata;
  if (shape.length !== axes.length) return `its array is ${formatShape(shape)}, the axes are ${axes}`;
  if (shape.includes(0)) return `its array has no pixels (${formatShape(shape)})`;
  const contradiction = contradictionOf(array, axes);
  if (contradiction !== undefined) return `its dimensions are named ${contradiction}, the axes are ${axes}`;
  const finer = others.at(-1) ?? first;
  const { shapeZyx, type, channelCount, timePoints } = new Level(array, finer.factorsZyx, axes);
  if (type !== first.type) return `its pixels are ${type}, those of the first are ${first.type}`;
  if (channelCount !== first.channelCount)
    return `channels: ${channelCount}, those of the first: ${first.channelCount}`;
  if (timePoints !== first.timePoints) return `time points: ${timePoints}, those of the first: ${first.timePoints}`;
  refuseFiner(first, shapeZyx, array.location);
  const steps = finer.shapeZyx.map((extent, axis) => reductionFactor(extent, shapeZyx[axis]!));
  if (steps.includes(undefined)) {
    return `${formatShape(shapeZyx)} (z, y, x) is no whole reduction of ${formatShape(finer.shapeZyx)}`;
  }
  const scales = told.slice(index - 1, index + 1).map(({ scaleZyx }) => scaleZyx);
  const saidSteps = mapAxes(scales[1]!, (size, axis) => Math.round(size / scales[0]![axis]!));
  const isOther = saidSteps.some((said, axis) => {
    return reductionFactor(finer.shapeZyx[axis]!, shapeZyx[axis]!, said) !== steps[axis];
  });
  if (isOther) {
    return `from ${formatShape(finer.shapeZyx)} to ${formatShape(shapeZyx)} (z, y, x) several reductions lead, and its scale says ${formatShape(saidSteps)}, not the least`;
  }
  return mapAxes(finer.factorsZyx, (factor, axis) => factor * steps[axis]!);
}

/** A level of half as many rows and columns, stored as the finer one is. */
function halved({ array, axes, factorsZyx, mirrored }: Level, key: string): Level {
  const { shape } = mirrored;
  const half = shape.map((extent, axis) => (axis < shape.length - 2 ? extent : Math.ceil(extent / 2)));
  const [z, y, x] = factorsZyx;
  return new Level(new ZarrArray(array.store, key, { ...mirrored, shape: half }), [z, 2 * y, 2 * x], axes);
}

/** Refuses an image whose first level is not its full resolution. */
function refuseFiner({ shapeZyx }: Level, found: Zyx, where: string): void {
  if (found.every((extent, axis) => extent <= shapeZyx[axis]!)) return;
  throw new IsoluxError({
    kind: "unsupported",
    what: "A resolution level is finer than the first level",
    where,
    found: `${formatShape(found)}, while the first is ${formatShape(shapeZyx)}`,
  });
}

function checkArray(array: ZarrArray, { axes }: ImageMetadata): void {
  const { metadata, location: where } = array;
  const { shape } = metadata;
  if (shape.length !== axes.length) {
    const what = "An array does not have the axes that the image's attributes name";
    throw new IsoluxError({ kind: "corrupt", what, where, found: formatShape(shape), expected: axes });
  }
  const contradiction = contradictionOf(array, axes);
  if (contradiction !== undefined) {
    const what = "The names of an array's dimensions contradict the axes of the image";
    const advice = "Correct whichever is wrong: multiscales.axes of the image, or dimension_names of the array";
    throw new IsoluxError({ kind: "corrupt", what, where, found: contradiction, expected: axes, advice });
  }
  if (shape.some((extent) => extent === 0)) {
    throw new IsoluxError({ kind: "invalid", what: "An array has no pixels", where, found: formatShape(shape) });
  }
}

/** The names of an array's dimensions, where one of them is that of another axis; any others, and none, say nothing. */
function contradictionOf({ metadata: { dimensionNames = [] } }: ZarrArray, axes: string): string | undefined {
  const letters = dimensionNames.map((name) => name?.toLowerCase().replace(/^(t)ime$|^(c)hannel$/, "$1$2"));
  const isOther = letters.some((letter, at) => letter?.length === 1 && "tczyx".includes(letter) && letter !== axes[at]);
  return isOther ? dimensionNames.map((name) => name ?? "null").join(", ") : undefined;
}

/** How an image is opened. */
interface OpenImageOptions {
  /** How many levels to open, where coarser ones that the attributes list are missing. */
  readonly depth?: number;
  readonly note?: Note;
}

/** Opens an OME-Zarr image without its tiles. @throws IsoluxError for everything that prevents reading it */
export async function openStoredImage(
  store: ReadableStore,
  key: string,
  { depth, note = () => undefined }: OpenImageOptions = {},
): Promise<StoredImage> {
  const all = await readImageMetadata(store, key);
  if (all.writtenIn !== undefined) note(describeVersion(all, all.writtenIn), all.isUnscaled ? "warning" : "note");
  const pyramids = omeAttributes(all.attributes).multiscales as JsonObject[];
  const { unknown } = unitsOf(pyramids[0]!.axes);
  if (unknown.length > 0) note(describeUnits(unknown), "warning");
  const left = pyramids.length - pyramidsOfFirst(pyramids).length;
  if (left > 0)
    note(
      `Of ${pyramids.length} pyramids that the image describes the first is read; an output has no arrays of others`,
      "warning",
    );
  const metadata = depth === undefined || depth >= all.levels.length ? all : finestLevels(all, depth);
  const { levels, remade } = await openLevels(store, key, metadata, note);
  if (metadata.levels[0]!.hasNoZStep && levels[0]!.shapeZyx[0] > 1) note(noZStep, "warning");
  // The attributes keep the entries of all levels, as the output will have them
  return { store, key, metadata: { ...metadata, levels: metadata.levels.slice(0, levels.length) }, levels, remade };
}

function describeUnits(unknown: readonly string[]): string {
  const units = unknown.map((unit) => JSON.stringify(unit)).join(", ");
  return `The sizes of pixels are in ${units}, which is no unit of length that Isolux knows: their numbers count as µm`;
}

const noZStep = "The distance between planes is said to be 0: it counts as 1 µm";

function describeVersion({ version, isUnscaled }: ImageMetadata, writtenIn: string): string {
  const sizes = isUnscaled ? ", without pixel sizes: they count as 1 µm" : "";
  return `The image is OME-Zarr ${writtenIn}${sizes}; an output is ${version} unless another version is asked for`;
}

/** An image's metadata with its coarser levels left out. */
function finestLevels(metadata: ImageMetadata, depth: number): ImageMetadata {
  const attributes = structuredClone(metadata.attributes);
  const multiscale = (omeAttributes(attributes).multiscales as JsonObject[])[0]!;
  multiscale.datasets = (multiscale.datasets as unknown[]).slice(0, depth);
  return { ...metadata, attributes, levels: metadata.levels.slice(0, depth) };
}
