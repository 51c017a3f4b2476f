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

const micrometres = new Map<string, number>([
  ...["um", "µm", "μm", "micron", "microns", "micrometer", "micrometre"].map((unit) => [unit, 1] as const),
  ...["a", "å", "angstrom"].map((unit) => [unit, 1e-4] as const),
  ...["nm", "nanometer", "nanometre"].map((unit) => [unit, 1e-3] as const),
  ...["mm", "millimeter", "millimetre"].map((unit) => [unit, 1e3] as const),
  ...["cm", "centimeter", "centimetre"].map((unit) => [unit, 1e4] as const),
  ...["m", "meter", "metre"].map((unit) => [unit, 1e6] as const),
]);

/**
 * How many µm a unit of length has, by its name or its sign; `undefined` for what is no length.
 * @see https://ngff.openmicroscopy.org/0.4/#axes-md
 */
export function umPerUnit(unit: string): number | undefined {
  const name = unit.trim().toLowerCase();
  return micrometres.get(name) ?? micrometres.get(name.replace(/s$/, ""));
}

/** How many µm a step of 1 along each axis of an image has; 1 for axes that name no unit of length. */
export function umPerAxis(axes: unknown): number[] {
  return (Array.isArray(axes) ? axes : []).map((axis: unknown) => {
    const unit = isJsonObject(axis) && axis.type === "space" ? axis.unit : undefined;
    return (typeof unit === "string" ? umPerUnit(unit) : undefined) ?? 1;
  });
}
