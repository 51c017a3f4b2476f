/**
 * Brings the attributes of images of other versions of OME-Zarr into the form of 0.4 and 0.5, which all else reads: 0.1 to 0.3,
 * which give no sizes of pixels, and 0.6, whose coordinate systems have names.
 * @see https://ngff.openmicroscopy.org/0.1/ https://ngff.openmicroscopy.org/0.3/ https://ngff-spec.readthedocs.io/en/latest/
 */
import { IsoluxError } from "../errors.ts";
import { limits, tooLarge } from "../limits.ts";
import type { Zyx } from "../shapes.ts";
import { isJsonObject, type JsonObject, readJson } from "../zarr/json.ts";
import { joinKey, type ReadableStore } from "../zarr/store.ts";
import { unitsOf, usualAxes } from "./axes.ts";
import type { Group } from "./group.ts";
import { placementOf } from "./placement.ts";

/** Attributes in the form of 0.4 (Zarr 2) or 0.5 (Zarr 3). */
interface KnownForm {
  readonly attributes: JsonObject;
  /** The version that they were written in, where that is another. */
  readonly writtenIn?: string;
  /** Whether the size of pixels is unknown, so that they count as 1 µm. */
  readonly isUnscaled?: boolean;
}

/**
 * The attributes of a group in the form of a known version; those of one that is known, or of no image, as they are.
 * @throws IsoluxError `corrupt`, `unsupported` for coordinate systems that do more than scale and move
 */
export async function inKnownForm(store: ReadableStore, key: string, group: Group): Promise<KnownForm> {
  const { attributes, zarrFormat } = group;
  const ome = zarrFormat === 3 && isJsonObject(attributes.ome) ? attributes.ome : attributes;
  const multiscale: unknown = Array.isArray(ome.multiscales) ? ome.multiscales[0] : undefined;
  if (!isJsonObject(multiscale)) return { attributes };
  const where = joinKey(store.location, key);
  if (zarrFormat === 2) {
    if (!isEarly(multiscale)) return { attributes };
    const plain = await earlyMultiscale(store, key, multiscale, where);
    const writtenIn = typeof multiscale.version === "string" ? multiscale.version : "0.1";
    const isUnscaled = !datasetsOf(multiscale).some(
      (dataset) => firstOf(dataset.coordinateTransformations) !== undefined,
    );
    return { attributes: { ...attributes, multiscales: [plain] }, writtenIn, isUnscaled };
  }
  if (typeof ome.version !== "string" || !/^0\.6/.test(ome.version)) return { attributes };
  const known = { ...ome, version: "0.5", multiscales: [namedMultiscale(multiscale, where)] };
  return { attributes: { ...attributes, ome: known }, writtenIn: ome.version };
}

/** Versions before 0.4, whose axes are names or not given, mostly without transformations. */
function isEarly({ version, axes }: JsonObject): boolean {
  const areNames = axes === undefined || (Array.isArray(axes) && axes.every((axis) => typeof axis === "string"));
  return version === undefined ? areNames : ["0.1", "0.2", "0.3"].includes(String(version));
}

function datasetsOf({ datasets }: JsonObject): JsonObject[] {
  const given: readonly unknown[] = Array.isArray(datasets) ? datasets : [];
  return given.filter(isJsonObject);
}

/** Levels get the scales by which they are coarser than the first. */
async function earlyMultiscale(
  store: ReadableStore,
  key: string,
  multiscale: JsonObject,
  where: string,
): Promise<JsonObject> {
  const datasets = datasetsOf(multiscale);
  if (datasets.length > limits.levels) throw tooLarge("The image has too many resolution levels", where, limits.levels);
  const shapes = await Promise.all(datasets.map(({ path }) => shapeOf(store, joinKey(key, String(path)))));
  const full = shapes[0] ?? [];
  const axes: readonly unknown[] = Array.isArray(multiscale.axes) ? multiscale.axes : usualAxes(full.length).split("");
  const scaled = datasets.map((dataset, level) => {
    if (firstOf(dataset.coordinateTransformations) !== undefined) return dataset;
    const scale = axes.map((_, axis) => Math.max(1, Math.round(full[axis]! / (shapes[level]![axis] ?? 1)) || 1));
    return { ...dataset, coordinateTransformations: [{ type: "scale", scale }] };
  });
  return { ...multiscale, version: "0.4", axes: axes.map(axisOf), datasets: scaled };
}

async function shapeOf(store: ReadableStore, key: string): Promise<readonly number[]> {
  const shape = (await readJson(store, joinKey(key, ".zarray")))?.shape;
  return Array.isArray(shape) ? shape.map(Number) : [];
}

function axisOf(axis: unknown): unknown {
  if (typeof axis !== "string") return axis;
  return { name: axis, type: { t: "time", c: "channel" }[axis.toLowerCase()] ?? "space" };
}

/** A description with named coordinate systems, given as axes and transformations of 0.5. */
function namedMultiscale(multiscale: JsonObject, where: string): JsonObject {
  const { coordinateSystems: systems, coordinateTransformations: further, ...rest } = multiscale;
  const datasets = datasetsOf(multiscale);
  const outputs = datasets.map((dataset) => nameOf(joined(dataset.coordinateTransformations)?.output));
  const own = outputs[0];
  const system = (Array.isArray(systems) ? systems : []).find((one) => isJsonObject(one) && one.name === own);
  if (
    own === undefined ||
    outputs.some((name) => name !== own) ||
    !isJsonObject(system) ||
    !Array.isArray(system.axes)
  ) {
    throw new IsoluxError({
      kind: "corrupt",
      what: "The resolution levels have no common coordinate system",
      where,
      found:
        outputs
          .map((name) => name ?? "none")
          .join(", ")
          .slice(0, 100) || "no resolution levels",
      expected: "one of coordinateSystems, with its axes",
    });
  }
  const names = namesOfAxes(system.axes);
  const plain = datasets.map((dataset) => {
    const placement = placementOf(joined(dataset.coordinateTransformations), names, where);
    return { ...dataset, coordinateTransformations: transformationsOf(placement) };
  });
  const beyond = (Array.isArray(further) ? further : []).find((one) => isJsonObject(one) && nameOf(one.input) === own);
  return {
    ...rest,
    axes: system.axes,
    datasets: plain,
    ...(isJsonObject(beyond) && { coordinateTransformations: transformationsOf(placementOf(beyond, names, where)) }),
  };
}

function firstOf(transformations: unknown): JsonObject | undefined {
  const first: unknown = Array.isArray(transformations) ? transformations[0] : undefined;
  return isJsonObject(first) ? first : undefined;
}

/** Transformations that follow each other as one; others of the same input lead elsewhere. */
function joined(transformations: unknown): JsonObject | undefined {
  const all = (Array.isArray(transformations) ? transformations : []).filter(isJsonObject);
  const isNext = ({ input }: JsonObject, n: number) =>
    n === 0 || input === undefined || nameOf(input) === nameOf(all[n - 1]!.output);
  const other = all.findIndex((one, n) => !isNext(one, n));
  const chain = other < 0 ? all : all.slice(0, other);
  if (chain.length < 2) return chain[0];
  return {
    type: "sequence",
    transformations: chain,
    output: chain.findLast(({ output }) => output !== undefined)?.output,
  };
}

/** The names of axes, by number where they have none. */
function namesOfAxes(axes: readonly unknown[]): string[] {
  return axes.map((axis, n) => nameOf(axis) ?? String(n));
}

/** Earlier drafts name systems by texts. */
function nameOf(system: unknown): string | undefined {
  const name: unknown = isJsonObject(system) ? system.name : system;
  return typeof name === "string" ? name : undefined;
}

function transformationsOf({ scale, translation }: ReturnType<typeof placementOf>): JsonObject[] {
  const isMoved = translation.some((step) => step !== 0);
  return [
    { type: "scale", scale: [...scale] },
    ...(isMoved ? [{ type: "translation", translation: [...translation] }] : []),
  ];
}

/**
 * Where the images of a scene lie, by their keys below it, in µm along z, y and x: how far each is moved in the space of the
 * scene after its own transformations; `undefined` for a group that is no scene.
 * @throws IsoluxError `unsupported` where a scene scales or turns images, or has no common system for them, `corrupt`
 */
export function placesInScene({ scene }: JsonObject, where: string): Map<string, Zyx> | undefined {
  if (!isJsonObject(scene) || !Array.isArray(scene.coordinateTransformations)) return undefined;
  const systems: readonly unknown[] = Array.isArray(scene.coordinateSystems) ? scene.coordinateSystems : [];
  // Of each system that images lead to: the transformations by images
  const ofSystems = new Map<string | undefined, Map<string, JsonObject>>();
  for (const transformation of scene.coordinateTransformations.filter(isJsonObject)) {
    const { input, output } = transformation;
    const path = isJsonObject(input) && typeof input.path === "string" ? input.path.replace(/^\.\//, "") : undefined;
    if (path === undefined) continue;
    const here = ofSystems.get(nameOf(output)) ?? new Map<string, JsonObject>();
    ofSystems.set(nameOf(output), here.set(path, transformation));
  }
  const images = new Set([...ofSystems.values()].flatMap((here) => [...here.keys()]));
  if (images.size === 0) return new Map();
  const common = [...ofSystems].filter(([, here]) => here.size === images.size);
  if (common.length === 0) throw noCommonSystem([...ofSystems.keys()], where);
  let fault: unknown;
  for (const [name, transformations] of common) {
    const system = systems.find((one) => isJsonObject(one) && one.name === name);
    const axes = isJsonObject(system) && Array.isArray(system.axes) ? system.axes : ["z", "y", "x"];
    try {
      return placesBy(transformations, axes, where);
    } catch (cause) {
      fault ??= cause;
    }
  }
  throw fault;
}

/** @throws IsoluxError `unsupported`, `corrupt` */
function placesBy(
  transformations: ReadonlyMap<string, JsonObject>,
  axes: readonly unknown[],
  where: string,
): Map<string, Zyx> {
  const um = unitsOf(axes).um.slice(-3);
  return new Map(
    [...transformations].map(([path, transformation]) => {
      const { scale, translation } = placementOf(transformation, namesOfAxes(axes), where);
      if (scale.some((size) => size !== 1)) throw scaledInScene(path, scale, where);
      const [z = 0, y = 0, x = 0] = translation.slice(-3).map((step, axis) => step * um[axis]!);
      return [path, [z, y, x] as const];
    }),
  );
}

function noCommonSystem(found: readonly (string | undefined)[], where: string): IsoluxError {
  return new IsoluxError({
    kind: "unsupported",
    what: "The images of a scene lie in different coordinate systems",
    where,
    found: found.map((name) => name ?? "none").join(", "),
    expected: "a system that a transformation of each image leads to",
  });
}

function scaledInScene(path: string, scale: readonly number[], where: string): IsoluxError {
  return new IsoluxError({
    kind: "unsupported",
    what: "A scene scales its images",
    where: joinKey(where, path),
    found: `the scale ${scale.join(", ")}`,
    expected: "translations",
  });
}
