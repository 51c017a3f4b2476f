import { IsoluxError } from "../../errors.ts";
import { umPerAxis } from "../../ngff/length-unit.ts";
import { mapAxes, type Zyx } from "../../shapes.ts";
import { isJsonObject, type JsonObject, readJson } from "../../zarr/json.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";

/** What the attributes of a tile's group say: its levels and where it lies. */
export interface TileAttributes {
  /** The arrays' keys below the group, finest first. */
  readonly levelPaths: readonly string[];
  /** At full resolution; along z 0 where a single plane has no distance from the next. */
  readonly pixelSizeUmZyx: Zyx;
  /** Where the tile begins, as far as the attributes say. */
  readonly translationUmZyx: Zyx | undefined;
  /** The axes before z, y and x. */
  readonly leadingAxes: LeadingAxes;
  /** What the attributes call the channels, where there is an axis of them. */
  readonly channelLabels: readonly (string | undefined)[];
}

const leading = ["", "t", "c", "tc"] as const;
/** Time and channels, as far as a group's arrays have such axes. */
export type LeadingAxes = (typeof leading)[number];

/**
 * Reads the attributes of a tile's group, OME-Zarr 0.4 or 0.5; `undefined` where it describes no levels (yet).
 * @throws IsoluxError `corrupt`, `unsupported` (axes)
 * @see https://ngff.openmicroscopy.org/0.4/ https://ngff.openmicroscopy.org/0.5/
 */
export async function readTileAttributes(store: ReadableStore, key: string): Promise<TileAttributes | undefined> {
  const where = joinKey(store.location, key);
  const attributes = (await readJson(store, joinKey(key, ".zattrs"))) ?? (await readVersion3(store, key));
  const multiscale: unknown = Array.isArray(attributes?.multiscales) ? attributes.multiscales[0] : undefined;
  if (!isJsonObject(multiscale)) return undefined;
  const leadingAxes = readLeadingAxes(multiscale.axes, where);
  const datasets = Array.isArray(multiscale.datasets) ? multiscale.datasets.filter(isJsonObject) : [];
  const levelPaths = datasets.map(({ path }) => path).filter((path) => typeof path === "string");
  const full = datasets[0];
  if (full === undefined || levelPaths.length === 0) return undefined;
  const units = umPerAxis(multiscale.axes).slice(-3);
  const inUm = (values: Zyx | undefined) => values && mapAxes(values, (value, axis) => value * units[axis]!);
  // What stands beside the levels applies to all of them, after their own.
  const ofAll = transformation(multiscale, "scale", where) ?? [1, 1, 1];
  const scaled = (values: Zyx | undefined) => values && mapAxes(values, (value, axis) => value * ofAll[axis]!);
  const pixelSizeUmZyx = inUm(scaled(transformation(full, "scale", where)));
  // Of a single plane the step to the next may be 0.
  const isUsable = pixelSizeUmZyx?.every((size, axis) => size > 0 || (axis === 0 && size === 0));
  if (pixelSizeUmZyx === undefined || isUsable !== true) throw unusable("scale", full, where);
  const translations = [
    scaled(transformation(full, "translation", where)),
    transformation(multiscale, "translation", where),
  ];
  const translationUmZyx = inUm(sumOf(translations));
  return { levelPaths, pixelSizeUmZyx, translationUmZyx, leadingAxes, channelLabels: labelsOf(attributes) };
}

function sumOf(vectors: readonly (Zyx | undefined)[]): Zyx | undefined {
  const known = vectors.filter((vector) => vector !== undefined);
  return known.length === 0
    ? undefined
    : known.reduce((sum, vector) => mapAxes(sum, (value, axis) => value + vector[axis]!));
}

function labelsOf(attributes: JsonObject | undefined): (string | undefined)[] {
  const omero = isJsonObject(attributes?.omero) ? attributes.omero : {};
  const channels: readonly unknown[] = Array.isArray(omero.channels) ? omero.channels : [];
  return channels.map((channel) => {
    const label = isJsonObject(channel) ? channel.label : undefined;
    return typeof label === "string" && label !== "" ? label : undefined;
  });
}

async function readVersion3(store: ReadableStore, key: string): Promise<JsonObject | undefined> {
  const group = await readJson(store, joinKey(key, "zarr.json"));
  const attributes = isJsonObject(group?.attributes) ? group.attributes : {};
  return isJsonObject(attributes.ome) ? attributes.ome : undefined;
}

function readLeadingAxes(axes: unknown, where: string): LeadingAxes {
  const names = Array.isArray(axes) ? axes.map((axis) => (isJsonObject(axis) ? axis.name : axis)).join("") : "none";
  const found = leading.find((before) => names === `${before}zyx`);
  if (found !== undefined) return found;
  throw new IsoluxError({
    kind: "unsupported",
    what: "A tile has axes that Isolux does not read",
    where,
    found: names,
    expected: "zyx, before them c or t or both",
  });
}

function transformation(dataset: JsonObject, type: "scale" | "translation", where: string): Zyx | undefined {
  const all = Array.isArray(dataset.coordinateTransformations) ? dataset.coordinateTransformations : [];
  const values: unknown = all.find((entry) => isJsonObject(entry) && entry.type === type)?.[type];
  if (values === undefined) return undefined;
  const isWhole = Array.isArray(values) && values.length >= 3 && values.length <= 5 && values.every(Number.isFinite);
  if (isWhole) return values.slice(-3) as unknown as Zyx;
  throw unusable(type, dataset, where);
}

function unusable(type: string, dataset: JsonObject, where: string): IsoluxError {
  return new IsoluxError({
    kind: "corrupt",
    what: `A tile has no usable ${type}`,
    where,
    found: JSON.stringify(dataset.coordinateTransformations) ?? "nothing",
    expected: `three ${type === "scale" ? "positive " : ""}numbers`,
  });
}
