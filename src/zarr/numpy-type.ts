/** The names of pixel types in NumPy, and so in version 2 of Zarr: `<u2` is uint16, little-endian. */
import { bytesPerPixel, type PixelType, pixelTypes } from "../shapes.ts";

/** A pixel type and its byte order; types of a single byte count as little-endian. */
export interface NumpyType {
  readonly type: PixelType;
  readonly byteOrder: "little" | "big";
}

const names: Readonly<Record<PixelType, string>> = {
  uint8: "u1",
  uint16: "u2",
  float32: "f4",
  int8: "i1",
  int16: "i2",
  int32: "i4",
  uint32: "u4",
  float64: "f8",
};

/** The supported types, for messages. */
export const numpyTypes = `${pixelTypes.map((type) => `${type} (${names[type]})`).join(", ")}, after < or >`;

/** Reads a type's name; `undefined` for unsupported types. */
export function parseNumpyType(value: unknown): NumpyType | undefined {
  const [sign, name] = typeof value === "string" ? [value.slice(0, 1), value.slice(1)] : [];
  const type = pixelTypes.find((known) => names[known] === name);
  const isOneByte = type !== undefined && bytesPerPixel(type) === 1;
  if (type === undefined || !(sign === "<" || sign === ">" || (sign === "|" && isOneByte))) return undefined;
  return { type, byteOrder: sign === ">" && !isOneByte ? "big" : "little" };
}

/** The name of a type. */
export function numpyName({ type, byteOrder }: NumpyType): string {
  return (bytesPerPixel(type) === 1 ? "|" : byteOrder === "little" ? "<" : ">") + names[type];
}
