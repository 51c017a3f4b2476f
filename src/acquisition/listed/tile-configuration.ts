/**
 * `TileConfiguration.txt`, the list of Fiji's plugin for stitching: files with their positions in pixels.
 * @see https://imagej.net/plugins/image-stitching
 */
import { IsoluxError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import type { Yx } from "../../shapes.ts";
import { joinKey, keyName, type ReadableStore } from "../../zarr/store.ts";
import { decodeText } from "../decode-text.ts";
import { isPlaneFile } from "../pages/plane-files.ts";
import { evenSteps } from "./even-steps.ts";
import { imagesOfFile } from "./ome-tiff.ts";
import type { PlacedStack } from "./placed-stacks.ts";

/** A line of the list; positions in pixels, x first. */
interface ConfiguredFile {
  readonly name: string;
  /** The number of its image within the file, where the list gives one. */
  readonly series?: number;
  readonly position: readonly number[];
}

/** Whether a file's name is that of such a list. */
export function isTileConfiguration(name: string): boolean {
  return /^TileConfiguration.*\.txt$/i.test(name);
}

/**
 * The stacks that a list names. Files at one place in x and y that differ in z only are planes of one tile.
 * @throws IsoluxError `corrupt` where a line cannot be read, `unsupported` for files that are no stacks, `not-found`, `storage`
 */
export async function readTileConfiguration(store: ReadableStore, key: string): Promise<PlacedStack[]> {
  const where = joinKey(store.location, key);
  const bytes = await store.get(key, { mostBytes: limits.table });
  if (bytes === undefined) throw new IsoluxError({ kind: "not-found", what: "There is no such list", where });
  const files = parseLines(decodeText(bytes), where);
  const folder = key.slice(0, Math.max(0, key.length - keyName(key).length - 1));
  const keyOf = ({ name }: ConfiguredFile) => joinKey(folder, pathOf(name));
  const other = files.find(({ name }) => !isPlaneFile(keyName(pathOf(name))));
  if (other !== undefined) throw noStack(where, other.name);
  if (files.some(({ series = 0 }) => series > 0)) return await stacksOfSeries(store, files, keyOf, where);
  const byPlace = new Map<string, ConfiguredFile[]>();
  for (const file of files) {
    const place = file.position.slice(0, 2).join(" ");
    byPlace.set(place, [...(byPlace.get(place) ?? []), file]);
  }
  return [...byPlace.values()].flatMap((together) => stacksAt(together, keyOf, where));
}

/** The stacks of lines that name images within files by their numbers. */
async function stacksOfSeries(
  store: ReadableStore,
  files: readonly ConfiguredFile[],
  keyOf: (file: ConfiguredFile) => string,
  where: string,
): Promise<PlacedStack[]> {
  const images = new Map<string, PlacedStack[][]>();
  for (const key of new Set(files.map(keyOf))) images.set(key, await imagesOfFile(store, key));
  return files.flatMap((file) => {
    const stacks = images.get(keyOf(file))![file.series ?? 0];
    if (stacks === undefined) throw noSeries(where, file);
    const [x = 0, y = 0, z = 0] = file.position;
    return stacks.map((stack) => ({ ...stack, place: { kind: "pixels" as const, yx: [y, x] as Yx, z } }));
  });
}

/** The stacks of files with one place in x and y: planes at several depths, else one file for each channel. */
function stacksAt(
  together: readonly ConfiguredFile[],
  keyOf: (file: ConfiguredFile) => string,
  where: string,
): PlacedStack[] {
  const depthOf = ({ position }: ConfiguredFile) => position[2] ?? 0;
  const inOrder = [...together].sort((a, b) => depthOf(a) - depthOf(b));
  const [first] = inOrder as [ConfiguredFile];
  const [x = 0, y = 0] = first.position;
  const place = { kind: "pixels" as const, yx: [y, x] as Yx };
  if (depthOf(first) === depthOf(inOrder.at(-1)!)) {
    return together.map((file, n): PlacedStack => {
      const channel = channelInName(file.name) ?? `channel_${n + 1}`;
      const files = { kind: "file" as const, key: keyOf(file) };
      const isOne = together.length === 1;
      return { name: file.name, files, place: { ...place, z: depthOf(file) }, ...(!isOne && { channel }) };
    });
  }
  const { step = 1 } = evenSteps(inOrder.map(depthOf), `${where}, ${first.name}`);
  // Planes of a tile count as one pixel apart, however far apart their files are said to be.
  const z = depthOf(first) / step;
  return [{ name: first.name, files: { kind: "planes", keys: inOrder.map(keyOf) }, place: { ...place, z } }];
}

/** The channel that a name contains, as in `tile_3_ch_488.tif` or `tile_C01.tif`. */
function channelInName(name: string): string | undefined {
  return /(?:^|[_.-])(?:ch?|channel)_?(\d+)(?=[_.-]|$)/i.exec(name)?.[1];
}

function parseLines(text: string, where: string): ConfiguredFile[] {
  let dimensions = 0;
  const files: ConfiguredFile[] = [];
  for (const [n, written] of text.split(/\r\n|\r|\n/).entries()) {
    const line = written.trim();
    if (line === "" || line.startsWith("#")) continue;
    const setting = /^(\w+)\s*=\s*(\S+)$/.exec(line);
    if (setting !== null) {
      if (setting[1]!.toLowerCase() === "dim") dimensions = Number(setting[2]);
      continue;
    }
    files.push(parseLine(line, dimensions, `${where}, line ${n + 1}`));
    if (files.length > limits.tableValues) throw badLine(where, `more than ${limits.tableValues} lines`);
  }
  if (files.length === 0) throw badLine(where, "no files");
  return files;
}

/** `name; ; (x, y, z)`: between the semicolons the number of a series may stand. */
function parseLine(line: string, dimensions: number, where: string): ConfiguredFile {
  const open = line.lastIndexOf("(");
  // Semicolons may be part of a name
  const [, name = "", series = "", rest] = /^(.*);([^;]*);([^;]*)$/.exec(line.slice(0, Math.max(0, open))) ?? [];
  const numbers = line
    .slice(open + 1, line.lastIndexOf(")"))
    .split(",")
    .map((value) => Number(value.trim() || "x"));
  const isWhole = open > 0 && line.endsWith(")") && rest !== undefined && numbers.every(Number.isFinite);
  if (!isWhole || (numbers.length !== 2 && numbers.length !== 3)) throw badLine(where, line);
  if (dimensions !== 0 && numbers.length !== dimensions)
    throw badLine(where, `${numbers.length} numbers, with dim = ${dimensions}`);
  if (!/^\s*(-1|\d{0,9})\s*$/.test(series)) throw badLine(where, line);
  const isNumbered = series.trim() !== "" && series.trim() !== "-1";
  return { name: name.trim(), position: numbers, ...(isNumbered && { series: Number(series) }) };
}

/** Of paths of another computer the name counts: files lie beside their list. */
function pathOf(name: string): string {
  const path = name.replaceAll("\\", "/").replace(/^\.\//, "");
  return /^([a-z]:)?\//i.test(path) || path.split("/").includes("..") ? keyName(path) : path;
}

function badLine(where: string, found: string): IsoluxError {
  return new IsoluxError({
    kind: "corrupt",
    what: "The list of tiles cannot be read",
    where,
    found,
    expected: "lines such as tile_01.tif; ; (0.0, 921.6, 0.0), after dim = 2 or 3",
  });
}

function noSeries(where: string, { name, series = 0 }: ConfiguredFile): IsoluxError {
  return new IsoluxError({
    kind: "unsupported",
    what: "The list of tiles names series within a file that is no OME-TIFF of as many images",
    where,
    found: `${name}; ${series}`,
    advice: "Save each tile as a TIFF file, or convert the file with bioformats2raw and open what it writes",
  });
}

function noStack(where: string, found: string): IsoluxError {
  return new IsoluxError({
    kind: "unsupported",
    what: "The list of tiles names a file that is not read as a stack",
    where,
    found,
    expected: "TIFF or PNG files",
    advice:
      "Save the tiles as TIFF files under the names in the list. Imaris files that know where they lie need no list: move it " +
      "to another folder",
  });
}
