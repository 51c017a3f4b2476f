/** Stacks and planes in files, with what a list, their names or their own metadata say of them: the views of tiles. */

import { IsoluxError } from "../../errors.ts";
import { formatCount } from "../../quantities.ts";
import type { Yx, Zyx } from "../../shapes.ts";
import type { IlluminationSide } from "../../tiles/tile.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";
import { type OpenedFiles, openPagesOfFiles, type PageOfFile } from "../pages/plane-files.ts";
import { PagePixels, type PlaneSource } from "../pages/plane-source.ts";
import type { SourceCache } from "../source-cache.ts";
import type { Note, TileView } from "../tile-view.ts";
import { overTimes, type ViewAtTime } from "../time-points.ts";
import type { PixelSizeUm } from "./ome-xml.ts";
import { type OpenedStack, openStackFile } from "./stack-file.ts";
import { downAndRight, type StageAxes, type TileHints } from "./stage-axes.ts";

/** Where the pixels of a stack are. */
export type StackFiles =
  /** One file, whose own description tells its channels. */
  | { readonly kind: "file"; readonly key: string }
  /** A file for each plane, in the order of planes, or, where the names are depths, for each part of the stack. */
  | { readonly kind: "planes"; readonly keys: readonly string[]; readonly areDepths?: boolean }
  /** Pages of files; of several time points those after the first in a list of their own. */
  | {
      readonly kind: "pages";
      readonly pages: readonly PageOfFile[];
      readonly laterTimes?: readonly (readonly PageOfFile[])[];
    };

/**
 * Where a stack lies: in µm, in pixels and planes of full resolution, or in rows and columns. Larger values lie deeper,
 * further down and further right, unless the axes are said to run otherwise.
 */
export type StackPlace = (
  | { readonly kind: "um" | "pixels"; readonly yx: Yx }
  | { readonly kind: "grid"; readonly rowColumn: Yx }
) & {
  /** The depth of its first plane, in µm, or pixels where positions are; 0 where not given. */
  readonly z?: number;
  /** The number of its first plane, where planes are counted through all tiles. */
  readonly firstPlane?: number;
};

/** One tile in one channel from one side, or in all channels of its file. */
export interface PlacedStack {
  readonly name: string;
  readonly files: StackFiles;
  readonly place: StackPlace;
  /** Where not given, the file names its channels. */
  readonly channel?: string;
  readonly side?: IlluminationSide;
  /** The number of its time point, where stacks of several are listed. */
  readonly time?: number;
  readonly pixelSizeUm?: PixelSizeUm;
  /** Whether the size along z is the distance of files, which may hold several planes each. */
  readonly isStepOfFiles?: boolean;
}

/** What is needed to open stacks. */
interface StackOpener {
  readonly store: ReadableStore;
  readonly hints: TileHints;
  readonly note: Note;
  readonly cache: SourceCache;
  readonly files: OpenedFiles;
}

/** Files that are opened at a time. */
const openedAtOnce = 16;

/**
 * Opens the views of stacks, in their order. Of planes in files of their own only the first is opened. No pixel is read.
 * @throws IsoluxError `not-found`, `corrupt`, `unsupported`, `invalid`, `usage`, `storage`
 */
export async function openPlacedStacks(stacks: readonly PlacedStack[], opener: StackOpener): Promise<TileView[]> {
  const opened: (readonly OpenedStack[])[] = [];
  for (let n = 0; n < stacks.length; n += openedAtOnce) {
    opened.push(...(await Promise.all(stacks.slice(n, n + openedAtOnce).map((stack) => openStack(stack, opener)))));
  }
  const sizes = pixelSizes(stacks, opened, opener);
  if (opener.hints.overlapYx !== undefined && stacks.every(({ place }) => place.kind !== "grid")) {
    opener.note("--overlap is not used: the positions of the tiles are known");
  }
  const where = opener.store.location;
  checkTimes(stacks, opened, where);
  const views = stacks.flatMap((stack, n) => opened[n]!.map((one) => viewOf(stack, one, sizes[n]!, opener)));
  return overTimes(views, where);
}

function viewOf(
  stack: PlacedStack,
  opened: OpenedStack,
  pixelSizeUmZyx: Zyx,
  { hints, cache }: StackOpener,
): ViewAtTime {
  const { overlapYx = [0, 0], stageAxes = "y,x" } = hints;
  const { source, laterTimes = [] } = opened;
  const { place, side, name, time = 0 } = stack;
  const levelsOf = (one: PlaneSource) => [new PagePixels(one, cache)];
  const view: TileView = {
    name,
    channel: stack.channel ?? opened.channel ?? "channel_1",
    side,
    rotation: 0,
    stageUmZyx: stagePosition(place, pixelSizeUmZyx, { shapeYx: source.shapeYx, overlapYx }, stageAxes),
    pixelSizeUmZyx,
    levels: levelsOf(source),
    ...(laterTimes.length > 0 && { levelsOfTimes: [source, ...laterTimes].map(levelsOf) }),
    metadata: {},
  };
  const at = place.kind === "grid" ? place.rowColumn : place.yx;
  return { time, identity: [...at, view.channel, side].join(" "), view };
}

/** @throws IsoluxError `invalid` where files hold different numbers of time points, or are of several themselves */
function checkTimes(stacks: readonly PlacedStack[], opened: readonly (readonly OpenedStack[])[], where: string): void {
  const counts = opened.map(([first]) => 1 + (first?.laterTimes?.length ?? 0));
  const areOfTimes = new Set(stacks.map(({ time }) => time)).size > 1;
  const other = counts.findIndex((count) => (areOfTimes ? count > 1 : count !== counts[0]));
  if (other < 0) return;
  throw new IsoluxError({
    kind: "invalid",
    what: areOfTimes
      ? "A file of one time point holds several"
      : "The files of an acquisition hold different numbers of time points",
    where: joinKey(where, stacks[other]!.name),
    found: formatCount(counts[other]!, "time point"),
    expected: areOfTimes ? "1, as other files are other time points" : `${counts[0]}, as in ${stacks[0]!.name}`,
    advice: "List the files of each time point by themselves",
  });
}

async function openStack(stack: PlacedStack, { store, files }: StackOpener): Promise<readonly OpenedStack[]> {
  if (stack.files.kind === "file") {
    const opened = await openStackFile(store, stack.files.key);
    if (opened.length > 1 && stack.channel !== undefined) throw severalChannels(stack, opened, store);
    return opened;
  }
  const { kind } = stack.files;
  if (kind === "pages") {
    const [source, ...laterTimes] = await Promise.all(
      [stack.files.pages, ...(stack.files.laterTimes ?? [])].map((pages) => openPagesOfFiles(store, pages, files)),
    );
    return [{ source: source!, ...(laterTimes.length > 0 && { laterTimes }) }];
  }
  const { keys, areDepths = false } = stack.files;
  const { planeCount, location } = await files.open(keys[0]!);
  if (planeCount > 1 && !areDepths) throw severalPlanes(planeCount, location);
  const pages = planeCount > 1 ? await pagesOfParts(keys, files) : keys.map((key) => ({ key, page: 0 }));
  const source = await openPagesOfFiles(store, pages, files);
  const stepUm = stack.pixelSizeUm?.z;
  const isSpread = planeCount > 1 && stack.isStepOfFiles === true && stepUm !== undefined;
  return [{ source, ...(isSpread && { stepUm: stepUm / planeCount }) }];
}

/** The pages of files that each hold a part of a stack: all are opened, as they may differ in length. */
async function pagesOfParts(keys: readonly string[], files: OpenedFiles): Promise<PageOfFile[]> {
  const pages: PageOfFile[] = [];
  for (const key of keys) {
    const { planeCount } = await files.open(key);
    for (let page = 0; page < planeCount; page++) pages.push({ key, page });
  }
  return pages;
}

/** Of planes in files of their own a file with several would lose the others. */
function severalPlanes(planeCount: number, where: string): IsoluxError {
  return new IsoluxError({
    kind: "invalid",
    what: "A file that should hold one plane of a tile holds several",
    where,
    found: formatCount(planeCount, "plane"),
    advice: "List stacks without the numbers of planes: a file for each tile",
  });
}

/**
 * The size of pixels of each stack: what the user says, else what a list or metadata say, else the tags of the files. A
 * single plane has the step of the others.
 */
function pixelSizes(
  stacks: readonly PlacedStack[],
  opened: readonly (readonly OpenedStack[])[],
  { hints, note }: StackOpener,
): Zyx[] {
  const stated = stacks.map((stack, n): PixelSizeUm => {
    const { pixelSizeUm, stepUm } = opened[n]![0] ?? {};
    return { ...pixelSizeUm, ...stack.pixelSizeUm, ...(stepUm !== undefined && { z: stepUm }) };
  });
  const { pixelSizeUmZyx: given } = hints;
  if (given !== undefined) return stated.map(() => given);
  const anyOf = (axis: "z" | "y" | "x") => stated.find((size) => size[axis] !== undefined)?.[axis];
  const names = (["z", "y", "x"] as const).filter((axis) => anyOf(axis) === undefined);
  if (names.length > 0) {
    note(
      `The pixel size is not known along ${names.join(", ")}: it counts as 1 µm; --pixel-size gives it (planes, ` +
        "rows and columns, in µm)",
    );
  }
  return stated.map(({ z, y, x }): Zyx => [z ?? anyOf("z") ?? 1, y ?? anyOf("y") ?? 1, x ?? anyOf("x") ?? 1]);
}

/** The position as a stage would give it that moves the sample: the largest lies at the top left. */
function stagePosition(
  place: StackPlace,
  [stepUm, ...sizeUmYx]: Zyx,
  { shapeYx, overlapYx }: { readonly shapeYx: Yx; readonly overlapYx: Yx },
  axes: StageAxes,
): Zyx {
  const { z = 0, firstPlane = 0 } = place;
  const depthUm = z * (place.kind === "pixels" ? stepUm : 1) + firstPlane * stepUm;
  if (place.kind === "grid") {
    const [row, column] = downAndRight(place.rowColumn, axes);
    const stepOf = (axis: 0 | 1) => shapeYx[axis] * (1 - overlapYx[axis]) * sizeUmYx[axis]!;
    return [depthUm, 0 - row * stepOf(0), 0 - column * stepOf(1)];
  }
  const [y, x] = place.yx;
  const [unitY, unitX] = place.kind === "um" ? [1, 1] : sizeUmYx;
  const [down, right] = downAndRight([y * unitY!, x * unitX!], axes);
  return [depthUm, 0 - down, 0 - right];
}

function severalChannels({ name, channel }: PlacedStack, opened: readonly unknown[], { location }: ReadableStore) {
  return new IsoluxError({
    kind: "invalid",
    what: `A file is listed with channel ${channel}, but holds several`,
    where: joinKey(location, name),
    found: formatCount(opened.length, "channel"),
    advice: "Leave out its channel: the file names them",
  });
}
