/** The attributes and tables of a new mosaic image, in the form that the mesoSPIM converter gives them (OME-Zarr 0.4). */
import { boxShape, type Zyx } from "../shapes.ts";
import { isJsonObject, type JsonObject } from "../zarr/json.ts";
import type { ZarrFormat } from "../zarr/metadata/metadata.ts";
import type { WritableStore } from "../zarr/store.ts";
import type { Axes } from "./axes.ts";
import { omeAttributes } from "./group.ts";
import type { ChannelMetadata } from "./image.ts";
import { type RoiTable, regionsWriter, writeTables } from "./write-roi-table.ts";

/** What a new image's attributes are made of. */
interface NewImage {
  readonly name: string;
  readonly channels: readonly NewChannel[];
  readonly pixelSizeUmZyx: Zyx;
  /** The keys of the levels and how much coarser than full resolution each is. */
  readonly levels: readonly { readonly path: string; readonly factorsZyx: Zyx }[];
  /** Channels, planes, rows and columns where not given. */
  readonly axes?: Axes;
}

const axesByName: Readonly<Record<string, JsonObject>> = {
  t: { name: "t", type: "time" },
  c: { name: "c", type: "channel" },
  z: { name: "z", type: "space", unit: "micrometer" },
  y: { name: "y", type: "space", unit: "micrometer" },
  x: { name: "x", type: "space", unit: "micrometer" },
};

/** The attributes of a new image; its display windows are the whole range until pixels say better. */
export function newImageAttributes({ name, channels, pixelSizeUmZyx, levels, axes = "czyx" }: NewImage): JsonObject {
  const leading = Array.from(axes.slice(0, -3), () => 1);
  const datasets = levels.map(({ path, factorsZyx }) => {
    const scale = [...leading, ...factorsZyx.map((factor, axis) => factor * pixelSizeUmZyx[axis]!)];
    return { path, coordinateTransformations: [{ type: "scale", scale }] };
  });
  return {
    multiscales: [{ version: "0.4", name, axes: Array.from(axes, (axis) => axesByName[axis]!), datasets }],
    omero: {
      id: 1,
      version: "0.4",
      name,
      rdefs: { model: "color" },
      channels: channels.map(omeroChannel),
    },
  };
}

/** A tile of a new image: its name, its pixels and where it lies on the sample, growing with rows and columns. */
export interface NewTile {
  readonly name: string;
  readonly box: { readonly start: Zyx; readonly stop: Zyx };
  readonly stagePositionUmYx?: readonly [number, number];
  /** How much deeper than in the mosaic its planes lie there. */
  readonly stageDepthUm?: number;
}

const regionColumns = ["x", "y", "z"]
  .map((axis) => `${axis}_micrometer`)
  .concat(["x", "y", "z"].map((axis) => `len_${axis}_micrometer`));
const stageColumns = ["x_micrometer_original", "y_micrometer_original"];
/** Written where stacks begin at different depths. */
const depthColumn = "z_micrometer_original";

/** Writes `tables/FOV_ROI_table`, the tiles, and `tables/well_ROI_table`, the mosaic as a whole, below an image. */
export async function writeMosaicTables(
  store: WritableStore,
  image: string,
  tiles: readonly NewTile[],
  mosaicShapeZyx: Zyx,
  pixelSizeUmZyx: Zyx,
  zarrFormat: ZarrFormat = 2,
): Promise<void> {
  const isRagged = tiles.some(({ stageDepthUm = 0 }) => stageDepthUm !== (tiles[0]!.stageDepthUm ?? 0));
  const depthUm = ({ box, stageDepthUm = 0 }: NewTile) => box.start[0] * pixelSizeUmZyx[0] + stageDepthUm;
  const fields: RoiTable = {
    names: tiles.map((tile) => tile.name),
    columns: [...regionColumns, ...stageColumns, ...(isRagged ? [depthColumn] : [])],
    rows: tiles.map((tile) => [
      ...regionUm(tile.box.start, boxShape(tile.box), pixelSizeUmZyx),
      ...stageOffset(tile, tiles[0]!),
      ...(isRagged ? [depthUm(tile)] : []),
    ]),
  };
  const well: RoiTable = {
    names: ["well_0"],
    columns: regionColumns,
    rows: [regionUm([0, 0, 0], mosaicShapeZyx, pixelSizeUmZyx)],
  };
  const tables = { FOV_ROI_table: regionsWriter(fields), well_ROI_table: regionsWriter(well) };
  await writeTables(store, image, tables, zarrFormat);
}

function regionUm(start: Zyx, shape: Zyx, pixelSize: Zyx): number[] {
  const inUm = (zyx: Zyx) => zyx.map((length, axis) => length * pixelSize[axis]!).reverse();
  return [...inUm(start), ...inUm(shape)];
}

/**
 * How far a tile lies from the first one on the stage, as x and y, growing with columns and rows: what the converter
 * writes, but with a sign where a tile lies above or left of the first, which programs that stitch need. NaN where
 * nothing is known.
 */
function stageOffset(tile: NewTile, first: NewTile): number[] {
  return [1, 0].map((axis) => {
    const [here, there] = [tile.stagePositionUmYx?.[axis], first.stagePositionUmYx?.[axis]];
    return here === undefined || there === undefined ? Number.NaN : here - there;
  });
}

// How the channels of a new image are named and shown.

/** What a new image's attributes say of a channel. */
interface NewChannel {
  readonly label: string;
  /** The laser line in nm, where it is known. */
  readonly wavelengthId: string;
  /** RGB as six hexadecimal digits. */
  readonly color: string;
}

/**
 * Colours by the longest laser line in nm that has them: in the order of the light that comes back, far red as
 * purple. Distinct on a dark ground, also to colour-blind eyes.
 * @see M. Okabe, K. Ito, Color universal design (2008)
 */
const colorUpToNm: readonly (readonly [nm: number, color: string])[] = [
  [450, "56B4E9"],
  [510, "009E73"],
  [545, "F0E442"],
  [580, "E69F00"],
  [620, "D55E00"],
  [Number.POSITIVE_INFINITY, "CC79A7"],
];

/** The channels with all that a new image says of them: colours by laser line unless others are given. */
export function newChannels(channels: readonly ChannelMetadata[]): NewChannel[] {
  const taken = new Set(channels.map(({ display }) => display?.color));
  return channels.map(({ label: name, ownLabel: label = name, wavelengthId, display }): NewChannel => {
    const line = wavelengthId ?? /\d+/.exec(label)?.[0] ?? label;
    const color = display?.color ?? colorOf(Number.parseFloat(line), taken);
    taken.add(color);
    return { label, wavelengthId: line, color };
  });
}

/** The colour of a laser line or, where another channel has that, the next one that none has. */
function colorOf(nm: number, taken: ReadonlySet<string | undefined>): string {
  const first = Math.max(
    0,
    colorUpToNm.findIndex(([limit]) => nm <= limit),
  );
  const inTurn = [...colorUpToNm.slice(first), ...colorUpToNm.slice(0, first)].map(([, color]) => color);
  return inTurn.find((color) => !taken.has(color)) ?? inTurn[0]!;
}

/** The whole range of a camera's values: what is shown until the pixels say better. */
export const wholeWindow = { min: 0, max: 65535, start: 0, end: 65535 };

/** A channel as `omero` describes it. */
function omeroChannel({ label, wavelengthId, color }: NewChannel, index: number): JsonObject {
  return { active: true, label, wavelength_id: wavelengthId, color, index, window: wholeWindow };
}

/** An image's attributes with what they lack of its channels; what they say of them stays. */
export function withChannelDisplay(attributes: JsonObject, channels: readonly ChannelMetadata[]): JsonObject {
  const filled = structuredClone(attributes);
  const ome = omeAttributes(filled);
  const omero = isJsonObject(ome.omero) ? ome.omero : {};
  const known: readonly unknown[] = Array.isArray(omero.channels) ? omero.channels : [];
  const described = newChannels(channels).map((channel, index) => {
    const said = known[index];
    return { ...omeroChannel(channel, index), ...(isJsonObject(said) ? said : {}) };
  });
  ome.omero = { ...omero, channels: described };
  return filled;
}
