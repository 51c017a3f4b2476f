import type { FieldImage } from "./field-image.ts";

/** A piece of a contour between two points, each as column and row in pixels, centres at whole numbers. */
export type Segment = readonly [x1: number, y1: number, x2: number, y2: number];

/**
 * The lines at which an image crosses a level: isolux lines of a flat-field. Marching squares, straight between pixels;
 * saddles are cut by the mean of their corners.
 * @see W. E. Lorensen, H. E. Cline, Marching cubes, Computer Graphics 21 (1987), 163-169
 */
export function contourSegments({ shapeYx: [rows, columns], values }: FieldImage, level: number): Segment[] {
  const segments: Segment[] = [];
  for (let y = 0; y + 1 < rows; y++) {
    for (let x = 0; x + 1 < columns; x++) {
      const at = y * columns + x;
      const [a, b, c, d] = [values[at]!, values[at + 1]!, values[at + columns + 1]!, values[at + columns]!];
      const crossings = [
        crossing(a, b, level, (t) => [x + t, y]),
        crossing(b, c, level, (t) => [x + 1, y + t]),
        crossing(d, c, level, (t) => [x + t, y + 1]),
        crossing(a, d, level, (t) => [x, y + t]),
      ];
      const [top, right, bottom, left] = crossings;
      if (top && right && bottom && left) {
        const highCentre = (a + b + c + d) / 4 >= level === a >= level;
        segments.push(
          highCentre ? join(top, right) : join(top, left),
          highCentre ? join(bottom, left) : join(bottom, right),
        );
        continue;
      }
      const [from, to] = crossings.filter((point) => point !== undefined);
      if (from !== undefined && to !== undefined) segments.push(join(from, to));
    }
  }
  return segments;
}

type Point = readonly [x: number, y: number];

function crossing(from: number, to: number, level: number, at: (share: number) => Point): Point | undefined {
  if (from >= level === to >= level) return undefined;
  return at((level - from) / (to - from));
}

function join([x1, y1]: Point, [x2, y2]: Point): Segment {
  return [x1, y1, x2, y2];
}
