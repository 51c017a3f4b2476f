import type { Zyx } from "../../../src/shapes.ts";
import { encodeJson, type JsonObject } from "../../../src/zarr/json.ts";
import { joinKey, type WritableStore } from "../../../src/zarr/store.ts";
import { patternedPixels, writeArray, writeGroup } from "../write-image.ts";

/** What a block of metadata says where it is not the usual. */
export interface MetaTextOptions {
  readonly laser?: string;
  readonly filter?: string;
  readonly shutter?: string;
  readonly rotation?: number;
  readonly stageUmZyx?: Zyx;
  readonly planes?: number;
  /** Instead of the times at the end. */
  readonly timing?: string;
  /** Put in before them. */
  readonly after?: string;
}

/** A block of metadata in the form of the microscope's. */
export function metaText(options: MetaTextOptions = {}): string {
  const { laser = "488 nm", filter = "561/LP Quad", shutter = "Right", rotation = -45, planes = 201 } = options;
  const [z, y, x] = options.stageUmZyx ?? [-100, 250.25, -1500.5];
  const end = "[===================== END OF ACQUISITION ======================] \n";
  return `[Metadata for file] D:/data/a b [1]/tile.ome.zarr

[CFG] 
[Laser] ${laser}
[Intensity (%)] 12.5
[Zoom] 4x Olympus
[Pixelsize in um] 1.625
[Filter] ${filter}
[Shutter] ${shutter}

[POSITION] 
[x_pos] ${x}
[y_pos] ${y}
[f_start] 50.0
[f_end] 51.0
[z_start] ${z}
[z_end] 900.0
[z_stepsize] 5.0
[z_planes] ${planes}
[rot] ${rotation}

[ETL PARAMETERS] 
[ETL CFG File] config/etl RI_1.56.csv
[etl_l_offset] 2.3

[CAMERA PARAMETERS] 
[camera_type] Photometrics
[camera_line_interval] 7.5e-05
[x_pixels] 5056
[y_pixels] 2960
${options.after ?? ""}
${options.timing ?? `[TIMING INFORMATION] \n[Started stack] 20260101-120000\n[Stopped stack] 20260101-120100\n${end}\n`}`;
}

/** One group of a native acquisition. */
export interface TileFiles {
  readonly name: string;
  readonly shape?: Zyx;
  readonly translation?: Zyx;
  readonly seed?: number;
  /** How many levels the attributes name, and how many of them are there. */
  readonly levels?: readonly [named: number, present: number];
  /** The metadata beside the folder. */
  readonly meta?: MetaTextOptions;
}

const pixelSizeUmZyx = [5, 1.625, 1.625] as const;

/** Writes a native acquisition in OME-Zarr 0.4; pixels are patterns of the tile's seed. */
export async function writeNative(store: WritableStore, root: string, tiles: readonly TileFiles[]): Promise<void> {
  await writeGroup(store, root);
  for (const tile of tiles) {
    const { name, shape = [4, 8, 6], levels: [named, present] = [1, 1] } = tile;
    const key = joinKey(root, name);
    await writeGroup(store, key, tileAttributes(named, tile.translation));
    for (let level = 0; level < present; level++) {
      const coarse = [shape[0], shape[1] >> level, shape[2] >> level];
      const pixels = patternedPixels("uint16", coarse, tile.seed ?? 0);
      await writeArray(store, joinKey(key, String(level)), { shape: coarse, chunkShape: [3, 4, 4], pixels });
    }
    if (tile.meta === undefined) continue;
    await store.set(`${root}_${name}_meta.txt`, new TextEncoder().encode(metaText(tile.meta)));
  }
}

/** The attributes of a tile's group, as version 0.4 keeps them. */
export function tileAttributes(levels: number, translation: Zyx | undefined, version: JsonObject = { version: "0.4" }) {
  const [z, y, x] = pixelSizeUmZyx;
  const datasets = Array.from({ length: levels }, (_, level) => ({
    path: String(level),
    coordinateTransformations: [
      { type: "scale", scale: [z, y * 2 ** level, x * 2 ** level] },
      ...(translation === undefined ? [] : [{ type: "translation", translation }]),
    ],
  }));
  const axes = ["z", "y", "x"].map((name) => ({ name, type: "space", unit: "micrometer" }));
  return { multiscales: [{ ...version, name: "image", axes, datasets }] };
}

/** Writes a native tile of one level in OME-Zarr 0.5, uncompressed, by hand. */
export async function writeNativeVersion3(store: WritableStore, root: string, tile: TileFiles): Promise<void> {
  const { name, shape = [4, 8, 6], translation, seed = 0 } = tile;
  const key = joinKey(root, name);
  const group = (attributes: JsonObject) => encodeJson({ zarr_format: 3, node_type: "group", attributes });
  await store.set(`${root}/zarr.json`, group({}));
  const { multiscales } = tileAttributes(1, translation, {});
  await store.set(`${key}/zarr.json`, group({ ome: { version: "0.5", multiscales } }));
  await store.set(
    `${key}/0/zarr.json`,
    encodeJson({
      zarr_format: 3,
      node_type: "array",
      shape,
      data_type: "uint16",
      chunk_grid: { name: "regular", configuration: { chunk_shape: shape } },
      chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
      fill_value: 0,
      codecs: [{ name: "bytes", configuration: { endian: "little" } }],
      dimension_names: ["z", "y", "x"],
      attributes: {},
    }),
  );
  const pixels = patternedPixels("uint16", shape, seed);
  await store.set(`${key}/0/c/0/0/0`, new Uint8Array(pixels.buffer));
}
