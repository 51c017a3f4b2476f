/** The axes of an image's arrays, by their letters, outer to inner. */
import { isJsonObject } from "../zarr/json.ts";

/** Some of t, c and z, each once and in any order, then `yx`. */
export type Axes = string;

/** The letters of axes whose type tells what they are, whatever they are called. */
const lettersOfTypes: Readonly<Record<string, string>> = { time: "t", channel: "c" };

/** How the attributes of an image call its axes. */
export function namesOfAxes(axes: unknown): readonly string[] {
  return (Array.isArray(axes) ? axes : []).map((axis: unknown) => String(isJsonObject(axis) ? axis.name : axis));
}

/**
 * Axes by their names, in capitals or not, where those of time and channels may have any by their type; `undefined` for
 * those that are not read.
 * @param described as the attributes of an image list them
 */
export function parseAxes(described: readonly unknown[]): Axes | undefined {
  if (described.length < 2) return undefined;
  const axes = namesOfAxes(described).map((name, at) => {
    const { [at]: axis } = described;
    const letter = name.toLowerCase();
    const byType = isJsonObject(axis) && typeof axis.type === "string" ? lettersOfTypes[axis.type] : undefined;
    return "tczyx".includes(letter) ? letter : (byType ?? letter);
  });
  const leading = axes.slice(0, -2);
  const isKnown = leading.every(
    (axis, at) => "tcz".includes(axis) && axis.length === 1 && leading.indexOf(axis) === at,
  );
  return isKnown && axes.slice(-2).join("") === "yx" ? axes.join("") : undefined;
}

/** The axes that an array of `count` axes has, where nothing names them. */
export function usualAxes(rank: number): Axes {
  return "tczyx".slice(-rank);
}

/** The values of z, y and x among those of all axes; `missing` where there is no z. */
export function zyxOf<T>(axes: Axes, values: readonly T[], missing: T): [z: T, y: T, x: T] {
  const at = axes.indexOf("z");
  return [at < 0 ? missing : values[at]!, values.at(-2)!, values.at(-1)!];
}

/** Powers of ten of metres, by the prefixes of UDUNITS that the specification allows, and their signs where they are in use. */
const prefixes: readonly (readonly [power: number, prefix: string, sign?: string])[] = [
  [-24, "yocto"],
  [-21, "zepto"],
  [-18, "atto"],
  [-15, "femto"],
  [-12, "pico", "p"],
  [-9, "nano", "n"],
  [-6, "micro", "u"],
  [-3, "milli", "m"],
  [-2, "centi", "c"],
  [-1, "deci", "d"],
  [0, "", ""],
  [1, "deca"],
  [2, "hecto"],
  [3, "kilo", "k"],
  [6, "mega"],
  [9, "giga"],
  [12, "tera"],
  [15, "peta"],
  [18, "exa"],
  [21, "zetta"],
  [24, "yotta"],
];

const micrometres = new Map<string, number>([
  ...["µm", "μm", "micron"].map((unit) => [unit, 1] as const),
  ...["a", "å", "angstrom", "ångström"].map((unit) => [unit, 1e-4] as const),
  ...["in", "inch", "inche"].map((unit) => [unit, 25_400] as const),
  ...["ft", "foot", "feet"].map((unit) => [unit, 304_800] as const),
  ...["yd", "yard"].map((unit) => [unit, 914_400] as const),
  ["mile", 1_609_344_000],
  ...prefixes.flatMap(([power, prefix, sign]) => {
    const names = [`${prefix}meter`, `${prefix}metre`, ...(sign === undefined ? [] : [`${sign}m`])];
    return names.map((unit) => [unit, Number(`1e${power + 6}`)] as const);
  }),
]);

/**
 * How many µm a unit of length has, by its name or its sign; `undefined` for what is no length.
 * @see https://ngff.openmicroscopy.org/0.4/#axes-md
 */
export function umPerUnit(unit: string): number | undefined {
  const name = unit.trim().toLowerCase();
  return micrometres.get(name) ?? micrometres.get(name.replace(/s$/, ""));
}

/** Words for steps that are no length: sizes are not known then, which is nothing to tell. */
const noLengths = new Set(["", "pixel", "px", "voxel", "null", "none", "dimensionless", "arbitrary", "index"]);

/**
 * How many µm a step of 1 along each axis of an image has; 1 for axes that name no unit of length.
 * @returns these, and the units along z, y and x that are not known, each once
 */
export function unitsOf(axes: unknown): { readonly um: number[]; readonly unknown: readonly string[] } {
  const units = (Array.isArray(axes) ? axes : []).map((axis: unknown) => unitOf(axis)?.trim() ?? "");
  const unknown = units.filter((unit) => {
    return umPerUnit(unit) === undefined && !noLengths.has(unit.toLowerCase().replace(/s$/, ""));
  });
  return { um: units.map((unit) => umPerUnit(unit) ?? 1), unknown: [...new Set(unknown)] };
}

/** The unit of an axis of space, as it is written. */
function unitOf(axis: unknown): string | undefined {
  if (!isJsonObject(axis) || typeof axis.unit !== "string") return undefined;
  const isSpace = axis.type === undefined ? "zyx".includes(String(axis.name).toLowerCase()) : axis.type === "space";
  return isSpace ? axis.unit : undefined;
}
