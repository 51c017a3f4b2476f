/** Reads the attributes of a tile's OME-Zarr group: its levels, axes, sizes and position. */

import { IsoluxError } from "../../errors.ts";
import { namesOfAxes, parseAxes, unitsOf } from "../../ngff/axes.ts";
import { omeAttributes, readGroup } from "../../ngff/group.ts";
import { inKnownForm } from "../../ngff/other-versions.ts";
import { mapAxes, type Zyx } from "../../shapes.ts";
import { isJsonObject, type JsonObject } from "../../zarr/json.ts";
import type { ZarrFormat } from "../../zarr/metadata/metadata.ts";
import { joinKey, type ReadableStore } from "../../zarr/store.ts";

/** The attributes of a tile's group: its levels and position. */
export interface TileAttributes {
  /** The version of Zarr in which they are written, and most likely the arrays. */
  readonly zarrFormat: ZarrFormat;
  /** The arrays' keys below the group, finest first. */
  readonly levelPaths: readonly string[];
  /** At full resolution; along z 0 where a single plane has no z step. */
  readonly pixelSizeUmZyx: Zyx;
  /** The tile's position, if the attributes have one. */
  readonly translationUmZyx: Zyx | undefined;
  /** The axes before z, y and x. */
  readonly leadingAxes: LeadingAxes;
  /** The names of the channels in the attributes, where there is an axis of them. */
  readonly channelLabels: readonly (string | undefined)[];
  /** Whether nothing states how large pixels are, so that they count as 1 µm. */
  readonly isUnscaled: boolean;
}

const leading = ["", "t", "c", "tc", "ct"] as const;
/** The time and channel axes that a group's arrays have. */
export type LeadingAxes = (typeof leading)[number];

/**
 * Reads the attributes of a tile's group, of whatever version of OME-Zarr; `undefined` where it describes no levels (yet).
 * @throws IsoluxError `corrupt`, `unsupported` (axes)
 * @see https://ngff.openmicroscopy.org/0.4/ https://ngff.openmicroscopy.org/0.5/
 */
export async function readTileAttributes(store: ReadableStore, key: string): Promise<TileAttributes | undefined> {
  const where = joinKey(store.location, key);
  const group = await readGroup(store, key);
  if (group === undefined) return undefined;
  const { zarrFormat } = group;
  const { attributes: known, isUnscaled } = await inKnownForm(store, key, group);
  const attributes = omeAttributes(known);
  const multiscale: unknown = Array.isArray(attributes.multiscales) ? attributes.multiscales[0] : undefined;
  if (!isJsonObject(multiscale)) return undefined;
  const leadingAxes = readLeadingAxes(multiscale.axes, where);
  const datasets = Array.isArray(multiscale.datasets) ? multiscale.datasets.filter(isJsonObject) : [];
  const levelPaths = datasets.map(({ path }) => path).filter((path) => typeof path === "string");
  const full = datasets[0];
  if (full === undefined || levelPaths.length === 0) return undefined;
  const units = unitsOf(multiscale.axes).um.slice(-3);
  const inUm = (values: Zyx | undefined) => values && mapAxes(values, (value, axis) => value * units[axis]!);
  // A transformation beside the levels applies to all of them, after their own.
  const ofAll = transformation(multiscale, "scale", where) ?? [1, 1, 1];
  const scaled = (values: Zyx | undefined) => values && mapAxes(values, (value, axis) => value * ofAll[axis]!);
  const pixelSizeUmZyx = inUm(scaled(transformation(full, "scale", where)));
  // The z step of a single plane may be 0.
  const isUsable = pixelSizeUmZyx?.every((size, axis) => size > 0 || (axis === 0 && size === 0));
  if (pixelSizeUmZyx === undefined || isUsable !== true) throw unusable("scale", full, where);
  const translations = [
    scaled(transformation(full, "translation", where)),
    transformation(multiscale, "translation", where),
  ];
  const translationUmZyx = inUm(sumOf(translations));
  const channelLabels = labelsOf(attributes);
  const common = { levelPaths, pixelSizeUmZyx, translationUmZyx, leadingAxes, channelLabels };
  return { ...common, zarrFormat, isUnscaled: isUnscaled === true };
}

function sumOf(vectors: readonly (Zyx | undefined)[]): Zyx | undefined {
  const known = vectors.filter((vector) => vector !== undefined);
  return known.length === 0
    ? undefined
    : known.reduce((sum, vector) => mapAxes(sum, (value, axis) => value + vector[axis]!));
}

function labelsOf(attributes: JsonObject): (string | undefined)[] {
  const omero = isJsonObject(attributes.omero) ? attributes.omero : {};
  const channels: readonly unknown[] = Array.isArray(omero.channels) ? omero.channels : [];
  return channels.map((channel) => {
    const label = isJsonObject(channel) ? channel.label : undefined;
    return typeof label === "string" && label !== "" ? label : undefined;
  });
}

function readLeadingAxes(axes: unknown, where: string): LeadingAxes {
  const known = parseAxes(Array.isArray(axes) ? axes : []);
  const found = leading.find((before) => known === `${before}zyx`);
  if (found !== undefined) return found;
  throw new IsoluxError({
    kind: "unsupported",
    what: "A tile has axes that Isolux does not read",
    where,
    found: namesOfAxes(axes).join(", ") || "none",
    expected: "z, y and x, before them c or t or both",
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
