/**
 * Shapes, boxes and pixel arrays. A type's name gives the order of its axes, outer to inner: `Zyx` is planes, rows,
 * columns.
 */

/** A position or extent in rows and columns. */
export type Yx = readonly [y: number, x: number];

/** A position or extent in planes, rows and columns. */
export type Zyx = readonly [z: number, y: number, x: number];

/** A position or extent in channels, planes, rows and columns. */
export type Czyx = readonly [c: number, z: number, y: number, x: number];

/** A half-open box of pixels: with `start`, without `stop`. */
export interface BoxZyx {
  /** The first plane, row and column, from 0. */
  readonly start: Zyx;
  /** The plane, row and column after the last. */
  readonly stop: Zyx;
}

/** The pixel types that cameras write: kernels and estimates work on these. */
type CameraType = "uint8" | "uint16" | "float32";

/** The pixel types that Isolux corrects. */
export type PixelType = CameraType | "int8" | "int16" | "int32" | "uint32" | "float64";

/** Pixels in C order. */
export type PixelArray =
  | Uint8Array
  | Uint16Array
  | Float32Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint32Array
  | Float64Array;

/** For every pixel type its arrays, and the least and the largest value of a pixel. */
const typeFacts = {
  uint8: [Uint8Array, 0, 255],
  uint16: [Uint16Array, 0, 65535],
  float32: [Float32Array, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  int8: [Int8Array, -128, 127],
  int16: [Int16Array, -32768, 32767],
  int32: [Int32Array, -(2 ** 31), 2 ** 31 - 1],
  uint32: [Uint32Array, 0, 2 ** 32 - 1],
  float64: [Float64Array, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
} as const;

/** The names of all pixel types. */
export const pixelTypes = Object.keys(typeFacts) as readonly PixelType[];

/** Whether kernels and estimates take pixels of the type as they are. */
export function isCameraType(type: PixelType): type is CameraType {
  return type === "uint8" || type === "uint16" || type === "float32";
}

/** Whether pixels of the type have fractions. */
export function isFloating(type: PixelType): boolean {
  return type === "float32" || type === "float64";
}

/** Bytes of one pixel of a type. */
export function bytesPerPixel(type: PixelType): number {
  return typeFacts[type][0].BYTES_PER_ELEMENT;
}

/** A zero-filled pixel array of `length` pixels. */
export function allocatePixels(type: PixelType, length: number): PixelArray {
  return new typeFacts[type][0](length);
}

/** The pixels of a type in `length` items of a buffer from a byte on, which must be a multiple of the item size. */
export function pixelsAt(type: PixelType, buffer: ArrayBufferLike, byteOffset: number, length: number): PixelArray {
  return new typeFacts[type][0](buffer as ArrayBuffer, byteOffset, length);
}

/** The type of the pixels in an array. */
export function pixelTypeOf(pixels: PixelArray): PixelType {
  return pixelTypes.find((type) => pixels instanceof typeFacts[type][0])!;
}

/** The smallest value of a pixel type; infinite for floating-point types. */
export function smallestPixel(type: PixelType): number {
  return typeFacts[type][1];
}

/** The largest value of a pixel type; infinite for floating-point types. */
export function largestPixel(type: PixelType): number {
  return typeFacts[type][2];
}

/** Bytes of the pixels of an array. */
export function arrayBytes(type: PixelType, shape: readonly number[]): number {
  return elementCount(shape) * bytesPerPixel(type);
}

/** The product of all extents: the number of elements of a shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** A shape or position with a function applied to every number. */
export function mapAxes<Shape extends Yx | Zyx | Czyx>(
  shape: Shape,
  change: (value: number, axis: number) => number,
): Shape {
  return shape.map(change) as readonly number[] as Shape;
}

/** Whether two shapes or positions agree along all axes. */
export function isSameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** The extents of a box. */
export function boxShape(box: BoxZyx): Zyx {
  return [box.stop[0] - box.start[0], box.stop[1] - box.start[1], box.stop[2] - box.start[2]];
}

/** The intersection of two boxes, or `undefined` where they are disjoint. */
export function intersectBoxes(a: BoxZyx, b: BoxZyx): BoxZyx | undefined {
  const start: Zyx = [
    Math.max(a.start[0], b.start[0]),
    Math.max(a.start[1], b.start[1]),
    Math.max(a.start[2], b.start[2]),
  ];
  const stop: Zyx = [Math.min(a.stop[0], b.stop[0]), Math.min(a.stop[1], b.stop[1]), Math.min(a.stop[2], b.stop[2])];
  return start.every((s, axis) => s < stop[axis]!) ? { start, stop } : undefined;
}

/** A shape or position as text: `2 x 64 x 1024`. */
export function formatShape(shape: readonly number[]): string {
  return shape.join(" x ");
}
