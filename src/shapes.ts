/**
 * The vocabulary of shapes: tuples that read outer to inner and say so in their name, half-open boxes, pixel arrays.
 */

/** A position or extent in rows and columns. */
export type Yx = readonly [y: number, x: number];

/** A position or extent in planes, rows and columns. */
export type Zyx = readonly [z: number, y: number, x: number];

/** A position or extent in channels, planes, rows and columns. */
export type Czyx = readonly [c: number, z: number, y: number, x: number];

/** A half-open box of pixels: `start` belongs to it, `stop` does not. */
export interface BoxZyx {
  readonly start: Zyx;
  readonly stop: Zyx;
}

/** The pixel types that Isolux corrects. */
export type PixelType = "uint8" | "uint16" | "float32";

/** Pixels in C order. */
export type PixelArray = Uint8Array | Uint16Array | Float32Array;

/** Bytes of one pixel of a type. */
export function bytesPerPixel(type: PixelType): number {
  return type === "uint8" ? 1 : type === "uint16" ? 2 : 4;
}

/** A zero-filled pixel array of `length` pixels. */
export function allocatePixels(type: PixelType, length: number): PixelArray {
  if (type === "uint8") return new Uint8Array(length);
  return type === "uint16" ? new Uint16Array(length) : new Float32Array(length);
}

/** The type of the pixels in an array. */
export function pixelTypeOf(pixels: PixelArray): PixelType {
  if (pixels instanceof Uint8Array) return "uint8";
  return pixels instanceof Uint16Array ? "uint16" : "float32";
}

/** The largest value a pixel type holds; infinite for float32. */
export function largestPixel(type: PixelType): number {
  return type === "uint8" ? 255 : type === "uint16" ? 65535 : Number.POSITIVE_INFINITY;
}

/** Bytes of the pixels of an array. */
export function arrayBytes(type: PixelType, shape: readonly number[]): number {
  return elementCount(shape) * bytesPerPixel(type);
}

/** The product of all extents: how many elements a shape holds. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** A shape or position with every number changed; it has as many as before. */
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

/** The part that two boxes share, or `undefined` where they are disjoint. */
export function intersectBoxes(a: BoxZyx, b: BoxZyx): BoxZyx | undefined {
  const start: Zyx = [
    Math.max(a.start[0], b.start[0]),
    Math.max(a.start[1], b.start[1]),
    Math.max(a.start[2], b.start[2]),
  ];
  const stop: Zyx = [Math.min(a.stop[0], b.stop[0]), Math.min(a.stop[1], b.stop[1]), Math.min(a.stop[2], b.stop[2])];
  return start.every((s, axis) => s < stop[axis]!) ? { start, stop } : undefined;
}

/** A shape or position as people write it: `2 x 64 x 1024`. */
export function formatShape(shape: readonly number[]): string {
  return shape.join(" x ");
}
