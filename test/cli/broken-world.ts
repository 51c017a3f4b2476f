/** A folder with a small acquisition to break, and what it takes to see that a refused command left no trace in it. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { errorText, exitCodeOf } from "../../src/cli/errors.ts";
import { buildProgram } from "../../src/cli/program.ts";
import { encodeNpy, type NpySource } from "../../src/profile/npy.ts";
import { encodeNpz } from "../../src/profile/npz.ts";
import { writeSyntheticAcquisition } from "../../src/synthetic/write-acquisition.ts";
import { DirectoryStore } from "../../src/zarr/disk/directory-store-node.ts";
import { fakeDoor } from "./fake-door.ts";

/** Rows of the table of tiles: x, y, z and their lengths in µm, then the position on the stage. */
export const columns = ["x", "y", "z", "len_x", "len_y", "len_z"].map((name) => `${name}_micrometer`);

/** A JSON document to change in place. */
// biome-ignore lint/suspicious/noExplicitAny: tests break documents at any depth.
export type Document = any;

/** A folder that holds `s.zarr/raw_image` (2 x 2 tiles, two channels, two levels), profiles for it and a stack. */
export class World {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  get image(): string {
    return this.path("s.zarr", "raw_image");
  }

  /** Writes a file, making its folder; a path inside the world. */
  write(path: string, content: string | Uint8Array): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), content);
  }

  remove(path: string): void {
    rmSync(this.path(path), { recursive: true });
  }

  /** Changes a JSON document of the image. */
  edit(key: string, change: (document: Document) => void): void {
    const path = join(this.image, key);
    const document: Document = JSON.parse(readFileSync(path, "utf8"));
    change(document);
    writeFileSync(path, JSON.stringify(document));
  }

  /** Puts a number into the table of tiles. */
  editTable(row: number, column: number, value: number): void {
    const values = tableOfFourTiles.map((tile) => [...tile]);
    values[row]![column] = value;
    const bytes = new Uint8Array(Float32Array.from(values.flat()).buffer);
    this.edit("tables/FOV_ROI_table/X/.zarray", (array) => {
      array.compressor = null;
    });
    this.write("s.zarr/raw_image/tables/FOV_ROI_table/X/0.0", bytes);
  }

  /** Writes a profile of channel MBP as an npz file of these arrays. */
  writeProfile(arrays: { readonly [key: string]: NpySource }): void {
    this.write("models/MBP/profiles.npz", encodeNpz(arrays));
  }
}

/** The tiles of 6 x 24 x 20 pixels of 5 x 1 x 1 µm, down the columns. */
const tableOfFourTiles = [
  [0, 0, 0, 20, 24, 30, 0, 0],
  [0, 24, 0, 20, 24, 30, 0, 22],
  [20, 0, 0, 20, 24, 30, 18, 0],
  [20, 24, 0, 20, 24, 30, 18, 22],
];

const ofTiles = (key: string) => `FOV_ROI_table/${key}`;

/** Writes `s.zarr/raw_image`, profiles for it and a stack. */
export async function writeMosaicWorld(world: World): Promise<void> {
  const store = new DirectoryStore(world.folder);
  await writeSyntheticAcquisition(store, "s.zarr", {
    gridYx: [2, 2],
    emptyTiles: [
      [0, 0],
      [1, 1],
    ],
    pixelSizeZyx: [5, 1, 1],
  });
  // Nothing reads these: a smaller world is copied sooner.
  for (const key of ["well_ROI_table", ...["layers", "obsm", "obsp", "uns", "varm", "varp"].map(ofTiles)]) {
    world.remove(`s.zarr/raw_image/tables/${key}`);
  }
  const flatfield = Float32Array.from({ length: 24 * 20 }, (_, i) => 0.8 + (0.4 * i) / (24 * 20 - 1));
  for (const label of ["MBP", "Lectin"]) {
    world.write(`models/${label}/profiles.npz`, encodeNpz({ flatfield: { shape: [24, 20], data: flatfield } }));
  }
  const planes = Uint16Array.from({ length: 6 * 64 }, (_, i) => 100 + (i % 8) + Math.floor(i / 64));
  world.write("stack.npy", encodeNpy({ shape: [6, 8, 8], data: planes }));
}

/** Makes worlds that are copies of one, which is written once. */
export class WorldMaker {
  private readonly root = mkdtempSync(join(tmpdir(), "isolux-world-"));
  private count = 0;

  /** Writes the world that all are copies of. */
  async prepare(write: (world: World) => Promise<void> = writeMosaicWorld): Promise<void> {
    const base = new World(join(this.root, "base"));
    mkdirSync(base.folder);
    await write(base);
  }

  make(): World {
    const folder = join(this.root, String(this.count++));
    cpSync(join(this.root, "base"), folder, { recursive: true, preserveTimestamps: true });
    return new World(folder);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** What a command line said and how it ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line without leaving the process, to the texts and the exit code that a shell would see. */
export async function isolux(...args: string[]): Promise<Ended> {
  const { door, stdout, stderr } = fakeDoor();
  const code = await buildProgram(args, door)
    .then((program) => program.parseAsync(args, { from: "user" }))
    .then(
      () => 0,
      (error: unknown) => {
        door.stderr.write(errorText(error, false) ?? "");
        return exitCodeOf(error);
      },
    );
  return { code, stdout: stdout.text, stderr: stderr.text };
}

/** Names, sizes and times of all there is below a folder. A folder's own time tells of what came and went in it. */
export function listing(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .sort()
    .map((name) => {
      const facts = statSync(join(folder, name), { throwIfNoEntry: false });
      if (facts === undefined) return `${name} (a link to nowhere)`;
      return facts.isDirectory() ? `${name}/` : `${name} ${facts.size} ${facts.mtimeMs}`;
    });
}
