/** The axes of an image's arrays, by their letters, outer to inner. */

/** Some of t, c and z, each once and in any order, then `yx`. */
export type Axes = string;

/** Axes by their names, in capitals or not; `undefined` for those that are not read. */
export function parseAxes(names: readonly unknown[]): Axes | undefined {
  if (names.length < 2) return undefined;
  const axes = names.map((name) => String(name).toLowerCase());
  const leading = axes.slice(0, -2);
  const isKnown = leading.every(
    (axis, at) => "tcz".includes(axis) && axis.length === 1 && leading.indexOf(axis) === at,
  );
  return isKnown && axes.slice(-2).join("") === "yx" ? axes.join("") : undefined;
}

/** The axes that an array of so many has, where nothing names them. */
export function usualAxes(rank: number): Axes {
  return "tczyx".slice(-rank);
}

/** The values of z, y and x among those of all axes; `missing` where there is no z. */
export function zyxOf<T>(axes: Axes, values: readonly T[], missing: T): [z: T, y: T, x: T] {
  const at = axes.indexOf("z");
  return [at < 0 ? missing : values[at]!, values.at(-2)!, values.at(-1)!];
}
