import { isJsonObject } from "../zarr/json.ts";

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
  return micrometres.get(unit.trim().toLowerCase());
}

/** How many µm a step of 1 along each axis of an image has; 1 for axes that name no unit of length. */
export function umPerAxis(axes: unknown): number[] {
  return (Array.isArray(axes) ? axes : []).map((axis: unknown) => {
    const unit = isJsonObject(axis) && axis.type === "space" ? axis.unit : undefined;
    return (typeof unit === "string" ? umPerUnit(unit) : undefined) ?? 1;
  });
}
