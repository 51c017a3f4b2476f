/** `tiles.csv`: a table of stacks with their channels and positions, as users write it. */
import { distance } from "fastest-levenshtein";
import { IsoluxError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { parseCsv } from "../../ngff/column-table.ts";
import { joinKey, keyName, type ReadableStore } from "../../zarr/store.ts";
import { decodeText } from "../decode-text.ts";
import type { Note } from "../tile-view.ts";
import { parseSide } from "./name-pattern.ts";
import type { PixelSizeUm } from "./ome-xml.ts";
import type { PlacedStack, StackFiles, StackPlace } from "./placed-stacks.ts";
import { stackFilesAt } from "./stack-files-at.ts";

/** The columns by their plain names, each with others under which it is known. */
const columns = {
  file: ["file", "filename", "path", "image", "stack", "folder", "tile"],
  channel: ["channel", "ch", "channelname", "wavelength", "laser", "c"],
  side: ["side", "illumination", "illuminationside", "shutter"],
  time: ["time", "timepoint", "t", "frame"],
  x: ["x", "xpos", "posx", "positionx", "stagex", "xposition", "xstage"],
  y: ["y", "ypos", "posy", "positiony", "stagey", "yposition", "ystage"],
  z: ["z", "zpos", "posz", "positionz", "stagez", "zposition", "zstart"],
  row: ["row", "gridrow"],
  col: ["col", "column", "gridcol", "gridcolumn"],
  pixelSize: ["pixelsize", "pixelsizexy", "pixelsizeyx", "px", "xypixelsize"],
  pixelSizeX: ["pixelsizex", "xpixelsize", "dx"],
  pixelSizeY: ["pixelsizey", "ypixelsize", "dy"],
  pixelSizeZ: ["pixelsizez", "zpixelsize", "zstep", "zstepsize", "stepz", "dz", "planedistance", "step"],
} as const;

type Column = keyof typeof columns;

/** What a number of a column is multiplied by: µm of its unit, or `pixels`. */
type Unit = number | "pixels";

const units: Readonly<Record<string, Unit>> = {
  ...{ um: 1, µm: 1, μm: 1, micron: 1, microns: 1, micrometer: 1, micrometers: 1, micrometre: 1, micrometres: 1 },
  ...{ mm: 1000, nm: 0.001, px: "pixels", pixel: "pixels", pixels: "pixels", voxel: "pixels", voxels: "pixels" },
};

/** A column of the table that is understood. */
interface FoundColumn {
  readonly index: number;
  readonly unit: Unit;
}

/**
 * The stacks that a table lists, in its order. Paths begin at the folder of the table; a path may be that of a folder of
 * planes, or a pattern of the names of planes.
 * @throws IsoluxError `invalid` where columns or values are missing or wrong, `not-found`, `storage`
 */
export async function readTileList(store: ReadableStore, key: string, note: Note): Promise<PlacedStack[]> {
  const where = joinKey(store.location, key);
  const bytes = await store.get(key, { mostBytes: limits.table });
  if (bytes === undefined) throw new IsoluxError({ kind: "not-found", what: "There is no such list", where });
  const rows = rowsOf(decodeText(bytes), where);
  const [header = [], ...values] = rows;
  const found = readHeader(header, where, note);
  const folder = key.slice(0, Math.max(0, key.length - keyName(key).length - 1));
  if (values.length === 0 || values.length > limits.tiles * 10) throw wrongRows(values.length, where);
  const stacks: PlacedStack[] = [];
  for (const [n, row] of values.entries()) {
    const line = new TileRow(row, found, `${where}, row ${n + 1}`);
    const files = await filesOf(store, folder, line);
    stacks.push({ name: line.text("file")!, files, ...line.described });
  }
  return stacks;
}

async function filesOf(store: ReadableStore, folder: string, line: TileRow): Promise<StackFiles> {
  const path = line.text("file");
  if (path === undefined) throw line.wrong("file", "no file", "the path of a file or a folder");
  return await stackFilesAt(store, folder, path, line.where);
}

function rowsOf(written: string, where: string): string[][] {
  // Spreadsheets may name the separator before all else, and old ones end lines by carriage returns alone.
  const text = written.replace(/^"?sep=.?"?\r?\n?/i, "").replaceAll(/\r(?!\n)/g, "\n");
  const firstLine = text.slice(0, Math.max(0, text.search(/\n|$/)));
  const separator = firstLine.includes("\t") ? "\t" : firstLine.includes(";") ? ";" : ",";
  try {
    const rows = parseCsv(text, separator).map((row) => row.map((value) => value.trim()));
    // Decimal commas go with semicolons and tabs; empty lines and comments are no rows.
    const shown =
      separator !== "," ? rows.map((row) => row.map((value) => value.replace(/^(-?\d+),(\d+)$/, "$1.$2"))) : rows;
    return shown.filter((row) => row.some((value) => value !== "") && !row[0]!.startsWith("#"));
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new IsoluxError({ kind: "corrupt", what: "The list of tiles cannot be read", where, found, cause });
  }
}

/** The columns by name; others are left out with a note, a mistyped one is an error. */
function readHeader(header: readonly string[], where: string, note: Note): ReadonlyMap<Column, FoundColumn> {
  if (header.length > limits.channels) throw wrongHeader(header, where, `${header.length} columns`);
  const found = new Map<Column, FoundColumn>();
  const others: string[] = [];
  for (const [index, title] of header.entries()) {
    const { plain, unit } = splitTitle(title);
    const column = (Object.keys(columns) as Column[]).find((name) =>
      (columns[name] as readonly string[]).includes(plain),
    );
    if (column === undefined) {
      const near = nearColumn(plain);
      if (near !== undefined) throw nearMiss(title, near, where);
      if (title !== "") others.push(title);
    } else if (found.has(column)) throw wrongHeader(header, where, `two columns that mean ${column}`);
    else found.set(column, { index, unit: unit ?? 1 });
  }
  if (!found.has("file")) throw wrongHeader(header, where, "no column file");
  for (const [one, other] of [
    ["x", "y"],
    ["row", "col"],
  ] as const) {
    if (found.has(one) !== found.has(other))
      throw wrongHeader(header, where, `no column ${found.has(one) ? other : one}`);
  }
  if (others.length > 0) note(`Ignored columns of the list of tiles: ${others.join(", ")}`);
  return found;
}

/** `X (µm)`, `x_um` and `Stage X [mm]` without case, separators and unit. */
function splitTitle(title: string): { readonly plain: string; readonly unit: Unit | undefined } {
  const words = title
    .toLowerCase()
    .split(/[\s_()[\].:/-]+/)
    .filter((word) => word !== "");
  const last = words.length > 1 ? units[words.at(-1)!] : undefined;
  return { plain: (last === undefined ? words : words.slice(0, -1)).join(""), unit: last };
}

/** A column whose name is one letter apart: short names are near to anything. */
function nearColumn(plain: string): Column | undefined {
  const names = (Object.keys(columns) as Column[]).flatMap((column) =>
    columns[column].map((name) => ({ column, name })),
  );
  return names.find(({ name }) => name.length > 3 && distance(name, plain) <= 1 + Math.floor(name.length / 8))?.column;
}

function nearMiss(title: string, column: Column, where: string): IsoluxError {
  return new IsoluxError({
    kind: "invalid",
    what: "A column of the list of tiles may be mistyped",
    where,
    found: title,
    expected: columns[column][0],
    advice: "Correct its name, or choose a more different one if it means something else",
  });
}

function wrongHeader(header: readonly string[], where: string, found: string): IsoluxError {
  return new IsoluxError({
    kind: "invalid",
    what: "The first line of the list of tiles does not name the columns that it needs",
    where,
    found: `${found} among ${header.slice(0, 20).join(", ") || "nothing"}`,
    expected: "file, x and y (or row and col), optional: z, channel, side, pixel_size and z_step",
  });
}

function wrongRows(count: number, where: string): IsoluxError {
  const what = count === 0 ? "The list of tiles has no rows" : "The list of tiles has too many rows";
  return new IsoluxError({ kind: "invalid", what, where, found: String(count) });
}

/** A line of the table. */
class TileRow {
  readonly where: string;
  readonly #row: readonly string[];
  readonly #columns: ReadonlyMap<Column, FoundColumn>;

  constructor(row: readonly string[], found: ReadonlyMap<Column, FoundColumn>, where: string) {
    [this.#row, this.#columns, this.where] = [row, found, where];
  }

  text(column: Column): string | undefined {
    const found = this.#columns.get(column);
    return found === undefined ? undefined : this.#row[found.index] || undefined;
  }

  /** Channel, side, place and size of pixels. */
  get described(): Omit<PlacedStack, "name" | "files"> {
    const channel = this.text("channel");
    const side = this.#side;
    const time = this.#number("time");
    const pixelSizeUm = this.#pixelSize;
    return {
      place: this.#place,
      ...(channel !== undefined && { channel }),
      ...(side !== undefined && { side }),
      ...(time !== undefined && { time }),
      ...(Object.keys(pixelSizeUm).length > 0 && { pixelSizeUm }),
    };
  }

  wrong(column: Column, found: string, expected: string): IsoluxError {
    const what = `The ${columns[column][0]} of a tile in the list cannot be used`;
    return new IsoluxError({ kind: "invalid", what, where: this.where, found, expected });
  }

  get #side() {
    const text = this.text("side");
    const side = parseSide(text);
    if (text !== undefined && side === undefined) throw this.wrong("side", text, "left or right");
    return side;
  }

  get #place(): StackPlace {
    if (this.#columns.has("x")) {
      const kind = this.#columns.get("x")!.unit === "pixels" ? "pixels" : "um";
      if ((this.#columns.get("y")!.unit === "pixels") !== (kind === "pixels")) {
        throw this.wrong("y", "another unit than that of x", "both in µm, or both in pixels");
      }
      return { kind, yx: [this.#needed("y"), this.#needed("x")], z: this.#number("z") ?? 0 };
    }
    const isGrid = this.#columns.has("row");
    const rowColumn = isGrid ? ([this.#needed("row"), this.#needed("col")] as const) : ([0, 0] as const);
    return { kind: "grid", rowColumn, z: this.#number("z") ?? 0 };
  }

  get #pixelSize(): PixelSizeUm {
    const both = this.#size("pixelSize");
    const [z, y, x] = [this.#size("pixelSizeZ"), this.#size("pixelSizeY") ?? both, this.#size("pixelSizeX") ?? both];
    return { ...(z !== undefined && { z }), ...(y !== undefined && { y }), ...(x !== undefined && { x }) };
  }

  #size(column: Column): number | undefined {
    const size = this.#number(column);
    if (size !== undefined && !(size > 0)) throw this.wrong(column, String(size), "a size in µm above 0");
    return size;
  }

  #needed(column: Column): number {
    const value = this.#number(column);
    if (value === undefined) throw this.wrong(column, "nothing", "a number");
    return value;
  }

  #number(column: Column): number | undefined {
    const text = this.text(column);
    if (text === undefined) return undefined;
    const { unit } = this.#columns.get(column)!;
    const value = Number(text);
    if (!Number.isFinite(value)) throw this.wrong(column, text, "a number");
    return unit === "pixels" ? value : value * unit;
  }
}
