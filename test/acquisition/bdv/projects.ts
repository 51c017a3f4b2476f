/** Projects of BigStitcher, in all of its formats, of one scene: tiles that overlap, with texture that tells them apart. */
import type { Zyx } from "../../../src/shapes.ts";
import { encodeJson } from "../../../src/zarr/json.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { joinKey } from "../../../src/zarr/store.ts";
import { FileInMemory } from "./hdf5-files.ts";

export const tileShape: Zyx = [3, 40, 48];
/** Between neighbours, in rows and columns. */
export const overlap = 16;
export const [rowCount, columnCount] = [2, 3];
/** In µm, along x, y and z. */
export const voxelXyz = [0.5, 0.5, 2] as const;

/** A view of the scene: a tile in a channel, from a side, at a time point. */
export interface SceneView {
  readonly setup: number;
  readonly time: number;
  readonly row: number;
  readonly column: number;
  readonly channel: number;
  readonly side: number;
}

/** What a scene has more than one of. */
export interface SceneSize {
  readonly channels?: number;
  readonly sides?: number;
  readonly times?: number;
}

/** All views of a scene; setups count tiles, within them channels, within these sides. */
export function sceneViews({ channels = 1, sides = 1, times = 1 }: SceneSize = {}): SceneView[] {
  const views: SceneView[] = [];
  for (let time = 0; time < times; time++) {
    let setup = 0;
    for (let row = 0; row < rowCount; row++) {
      for (let column = 0; column < columnCount; column++) {
        for (let channel = 0; channel < channels; channel++) {
          for (let side = 0; side < sides; side++) views.push({ setup: setup++, time, row, column, channel, side });
        }
      }
    }
  }
  return views;
}

/** Where a tile begins in the sample, in pixels. */
export function placeOf({ row, column }: Pick<SceneView, "row" | "column">): Zyx {
  return [0, row * (tileShape[1] - overlap), column * (tileShape[2] - overlap)];
}

/** Blobs of some pixels that depend on the place in the sample, not on the tile. */
function sampleAt(z: number, y: number, x: number, seed: number): number {
  const noise = (a: number, b: number) => {
    const hash = Math.imul(a * 73 + b * 3557 + z * 91 + seed * 7919, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
    return ((hash ^ (hash >>> 15)) >>> 8) % 1000;
  };
  const [a, b] = [Math.floor(y / 4), Math.floor(x / 4)];
  const [p, q] = [(y % 4) / 4, (x % 4) / 4];
  const mixed = (low: number, high: number, share: number) => low + (high - low) * share;
  return Math.round(
    500 + mixed(mixed(noise(a, b), noise(a, b + 1), q), mixed(noise(a + 1, b), noise(a + 1, b + 1), q), p),
  );
}

/** The pixels of a view. */
export function pixelsOfView(view: SceneView): Uint16Array {
  const [z0, y0, x0] = placeOf(view);
  const [planes, rows, columns] = tileShape;
  const seed = 10 * view.channel + 100 * view.side + 1000 * view.time;
  return Uint16Array.from({ length: planes * rows * columns }, (_, n) => {
    const [z, y, x] = [Math.floor(n / (rows * columns)), Math.floor(n / columns) % rows, n % columns];
    return sampleAt(z0 + z, y0 + y, x0 + x, seed);
  });
}

/** Tiles side by side, as the mosaic has them. */
export function sceneMosaic(views: readonly SceneView[]): Uint16Array {
  const [planes, rows, columns] = tileShape;
  const [height, width] = [rows * rowCount, columns * columnCount];
  const mosaic = new Uint16Array(planes * height * width);
  for (const view of views) {
    const pixels = pixelsOfView(view);
    for (let line = 0; line < planes * rows; line++) {
      const [z, y] = [Math.floor(line / rows), line % rows];
      const at = (z * height + view.row * rows + y) * width + view.column * columns;
      mosaic.set(pixels.subarray(line * columns, (line + 1) * columns), at);
    }
  }
  return mosaic;
}

/** The transformations of a view as text, from the last to the first that is applied. */
export type Registration = (view: SceneView) => string;

export const affine = (numbers: string, name = "") =>
  `<ViewTransform type="affine">${name && `<Name>${name}</Name>`}<affine>${numbers}</affine></ViewTransform>`;
const calibration = affine("1.0 0.0 0.0 0.0 0.0 1.0 0.0 0.0 0.0 0.0 4.0 0.0", "calibration");

/** As BigStitcher writes it: pixels of x and y, with the calibration of z. */
export const inPixels: Registration = (view) => {
  const [, y, x] = placeOf(view);
  return affine(`1.0 0.0 0.0 ${x} 0.0 1.0 0.0 ${y} 0.0 0.0 1.0 0.0`, "Translation to Regular Grid") + calibration;
};

/** What a file is made of. */
export interface ProjectParts {
  readonly views: readonly SceneView[];
  readonly loader: string;
  readonly registration?: Registration;
  readonly missing?: string;
  readonly unit?: string;
}

export function projectXml({
  views,
  loader,
  registration = inPixels,
  missing = "",
  unit = "µm",
}: ProjectParts): string {
  const setups = views.filter(({ time }) => time === 0);
  const times = new Set(views.map(({ time }) => time)).size;
  const [planes, rows, columns] = tileShape;
  const list = (kind: string, names: readonly string[]) =>
    `<Attributes name="${kind.toLowerCase()}">${names.map((name, id) => `<${kind}><id>${id}</id><name>${name}</name></${kind}>`).join("")}</Attributes>`;
  const ids = (kind: "channel" | "side") => [...new Set(setups.map((view) => view[kind]))];
  return `<?xml version="1.0" encoding="UTF-8"?>
<SpimData version="0.2">
  <BasePath type="relative">.</BasePath>
  <SequenceDescription>
    ${loader}
    <ViewSetups>
      ${setups
        .map(
          ({ setup, channel, side }) =>
            `<ViewSetup><id>${setup}</id><name>${setup}</name><size>${columns} ${rows} ${planes}</size><voxelSize><unit>${unit}</unit><size>${voxelXyz.join(" ")}</size></voxelSize><attributes><illumination>${side}</illumination><channel>${channel}</channel><tile>${setup}</tile><angle>0</angle></attributes></ViewSetup>`,
        )
        .join("\n      ")}
      ${list("Illumination", ids("side").map(String))}
      ${list(
        "Channel",
        ids("channel").map((channel) => `${488 + 73 * channel} nm`),
      )}
      ${list("Angle", ["0"])}
    </ViewSetups>
    <Timepoints type="range"><first>0</first><last>${times - 1}</last></Timepoints>
    <MissingViews>${missing}</MissingViews>
  </SequenceDescription>
  <ViewRegistrations>
    ${views.map((view) => `<ViewRegistration timepoint="${view.time}" setup="${view.setup}">${registration(view)}</ViewRegistration>`).join("\n    ")}
  </ViewRegistrations>
  <ViewInterestPoints><ViewInterestPointsFile timepoint="0" setup="0" label="beads" params="">tpId_0_viewSetupId_0/beads</ViewInterestPointsFile></ViewInterestPoints>
  <StitchingResults><PairwiseResult view_setup_a="0" view_setup_b="1" tp_a="0" tp_b="0"><shift>1.0 0.0 0.0 0.5 0.0 1.0 0.0 0.0 0.0 0.0 1.0 0.0</shift></PairwiseResult></StitchingResults>
</SpimData>
`;
}

export const n5Loader = `<ImageLoader format="bdv.n5" version="1.0"><n5 type="relative">dataset.n5</n5></ImageLoader>`;

/** Writes the views into `dataset.n5`, uncompressed, in blocks of which the last are smaller. */
export async function writeN5(store: MemoryStore, views: readonly SceneView[], levels = 1): Promise<void> {
  await store.set("dataset.n5/attributes.json", encodeJson({ n5: "4.0.0" }));
  for (const view of views) {
    const setup = `dataset.n5/setup${view.setup}`;
    const factors = Array.from({ length: levels }, (_, level) => [2 ** level, 2 ** level, 1]);
    await store.set(`${setup}/attributes.json`, encodeJson({ downsamplingFactors: factors, dataType: "uint16" }));
    for (let level = 0; level < levels; level++) {
      await writeN5Array(store, `${setup}/timepoint${view.time}/s${level}`, view, level);
    }
  }
}

async function writeN5Array(store: MemoryStore, key: string, view: SceneView, level: number): Promise<void> {
  const pixels = atLevel(pixelsOfView(view), level);
  const shape = [tileShape[0], tileShape[1] >> level, tileShape[2] >> level] as const;
  const block = [2, 32, 32] as const;
  const [dimensions, blockSize] = [[...shape].reverse(), [...block].reverse()];
  const attributes = { dimensions, blockSize, dataType: "uint16", compression: { type: "raw" } };
  await store.set(joinKey(key, "attributes.json"), encodeJson(attributes));
  for (let z = 0; z < shape[0]; z += block[0]) {
    for (let y = 0; y < shape[1]; y += block[1]) {
      for (let x = 0; x < shape[2]; x += block[2]) {
        const extent = block.map((size, axis) => Math.min(size, shape[axis]! - [z, y, x][axis]!)) as [
          number,
          number,
          number,
        ];
        const bytes = new DataView(new ArrayBuffer(16 + 2 * extent[0] * extent[1] * extent[2]));
        bytes.setUint16(2, 3);
        for (const [axis, size] of extent.toReversed().entries()) bytes.setUint32(4 + 4 * axis, size);
        let at = 16;
        for (let dz = 0; dz < extent[0]; dz++) {
          for (let dy = 0; dy < extent[1]; dy++) {
            for (let dx = 0; dx < extent[2]; dx++, at += 2) {
              bytes.setUint16(at, pixels[((z + dz) * shape[1] + y + dy) * shape[2] + x + dx]!);
            }
          }
        }
        const name = [x / block[2], y / block[1], z / block[0]].join("/");
        await store.set(joinKey(key, name), new Uint8Array(bytes.buffer));
      }
    }
  }
}

/** Every second pixel along rows and columns, which is all that levels of a test need. */
function atLevel(pixels: Uint16Array, level: number): Uint16Array {
  const [, rows, columns] = tileShape;
  const step = 2 ** level;
  return pixels.filter((_, n) => (n % columns) % step === 0 && (Math.floor(n / columns) % rows) % step === 0);
}

/** A project in N5, opened by `dataset.xml`. */
export async function n5Project(size: SceneSize = {}, parts: Partial<ProjectParts> = {}): Promise<MemoryStore> {
  const store = new MemoryStore("data");
  const views = parts.views ?? sceneViews(size);
  await writeN5(store, views);
  await store.set("dataset.xml", new TextEncoder().encode(projectXml({ loader: n5Loader, ...parts, views })));
  return store;
}

interface ZarrOptions {
  readonly parts?: Partial<ProjectParts> | undefined;
  /** One image of five axes for each tile and time point, with all channels and sides. */
  readonly isShared?: boolean;
}

/** A project in OME-Zarr, opened by `dataset.xml`; an image of five axes for each view, or one with several. */
export async function zarrProject(
  size: SceneSize,
  { parts = {}, isShared = false }: ZarrOptions,
): Promise<MemoryStore> {
  const store = new MemoryStore("data");
  const views = sceneViews(size);
  const { channels = 1, sides = 1 } = size;
  const places = isShared ? channels * sides : 1;
  const entries: string[] = [];
  await store.set("dataset.ome.zarr/.zgroup", encodeJson({ zarr_format: 2 }));
  for (const view of views) {
    const place = isShared ? view.channel * sides + view.side : 0;
    const path = isShared ? `tiles/r${view.row}c${view.column}t${view.time}` : `s${view.setup}-t${view.time}.zarr`;
    const key = `dataset.ome.zarr/${path}`;
    await writeZarrView(store, key, places, place, pixelsOfView(view));
    entries.push(`<zgroup setup="${view.setup}" tp="${view.time}" path="${path}" indicies="${place} 0" />`);
  }
  const loader = `<ImageLoader format="bdv.multimg.zarr" version="3.0"><zarr type="relative">dataset.ome.zarr</zarr><zgroups>${entries.join("")}</zgroups></ImageLoader>`;
  await store.set("dataset.xml", new TextEncoder().encode(projectXml({ views, loader, ...parts })));
  return store;
}

async function writeZarrView(
  store: MemoryStore,
  key: string,
  places: number,
  place: number,
  pixels: Uint16Array,
): Promise<void> {
  const shape = [1, places, ...tileShape];
  const array = {
    zarr_format: 2,
    shape,
    chunks: [1, 1, ...tileShape],
    dtype: "<u2",
    compressor: null,
    fill_value: 0,
    filters: null,
    order: "C",
    dimension_separator: "/",
  };
  const spaces = ["z", "y", "x"].map((name) => ({ name, type: "space", unit: "micrometer" }));
  const axes = [{ name: "t", type: "time" }, { name: "c", type: "channel" }, ...spaces];
  const scale = [1, 1, ...voxelXyz.toReversed()];
  const datasets = [{ path: "0", coordinateTransformations: [{ type: "scale", scale }] }];
  await store.set(`${key}/.zgroup`, encodeJson({ zarr_format: 2 }));
  await store.set(`${key}/.zattrs`, encodeJson({ multiscales: [{ version: "0.4", axes, datasets }] }));
  await store.set(`${key}/0/.zarray`, encodeJson(array));
  await store.set(`${key}/0/0/${place}/0/0/0`, new Uint8Array(pixels.slice().buffer));
}

interface Hdf5Options {
  readonly parts?: Partial<ProjectParts> | undefined;
  /** Setups are divided among two files, in the second with other ids. */
  readonly isDivided?: boolean;
}

/** A project in HDF5, opened by `dataset.xml`, and how its files are opened. */
export async function hdf5Project(size: SceneSize, { parts = {}, isDivided = false }: Hdf5Options) {
  const store = new MemoryStore("data");
  const views = sceneViews(size);
  const setups = [...new Set(views.map(({ setup }) => setup))];
  const half = isDivided ? setups.filter((setup) => setup >= setups.length / 2) : [];
  const files = new Map<string, Uint8Array>();
  const idIn = (setup: number) => (half.includes(setup) ? half.indexOf(setup) : setup);
  files.set(
    "dataset.h5",
    await hdf5File(
      views.filter(({ setup }) => !half.includes(setup)),
      idIn,
    ),
  );
  if (isDivided)
    files.set(
      "part.h5",
      await hdf5File(
        views.filter(({ setup }) => half.includes(setup)),
        idIn,
      ),
    );
  for (const [name, bytes] of files) await store.set(name, bytes);
  const times = [...new Set(views.map(({ time }) => time))].join(" ");
  const partition = `<partition><path type="relative">part.h5</path><timepoints>${times}</timepoints><setups>${half.join(" ")}</setups><setupsMapped>${half.map(idIn).join(" ")}</setupsMapped></partition>`;
  const loader = `<ImageLoader format="bdv.hdf5"><hdf5 type="relative">dataset.h5</hdf5>${isDivided ? partition : ""}</ImageLoader>`;
  await store.set("dataset.xml", new TextEncoder().encode(projectXml({ views, loader, ...parts })));
  const openFile = (location: string) => new FileInMemory(files.get(location.replace("data/", ""))!, location);
  return { store, options: { openFile } };
}

async function hdf5File(views: readonly SceneView[], idIn: (setup: number) => number): Promise<Uint8Array> {
  const { ready, File } = await import("h5wasm");
  const { FS } = await ready;
  const file = new File("/project.h5", "w");
  for (const time of new Set(views.map((view) => view.time))) file.create_group(`t${String(time).padStart(5, "0")}`);
  for (const view of views) {
    const name = `t${String(view.time).padStart(5, "0")}/s${String(idIn(view.setup)).padStart(2, "0")}`;
    file.create_group(name);
    const data = new Int16Array(pixelsOfView(view).buffer);
    const array = { name: "cells", data, shape: [...tileShape], dtype: "<h", chunks: [1, 16, 16] } as const;
    file.create_group(`${name}/0`).create_dataset({ ...array, shape: [...array.shape], chunks: [...array.chunks] });
  }
  file.close();
  const bytes = FS!.readFile("/project.h5").slice();
  FS!.unlink("/project.h5");
  return bytes;
}
