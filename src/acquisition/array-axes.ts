/**
 * Maps arrays of any axes to channels, planes, rows and columns. A missing axis has the extent 1. Time points are
 * arranged along the channels: all channels of the first, then all of the second.
 */
import type { Axes } from "../ngff/axes.ts";
import type { Czyx } from "../shapes.ts";
import { type ArrayMetadata, objectShape } from "../zarr/metadata/metadata.ts";

/** The extents of an array, of its chunks and of the objects that hold them. */
export interface ArrayGeometry {
  readonly shapeCzyx: Czyx;
  readonly chunkShapeCzyx: Czyx;
  readonly objectShapeCzyx: Czyx;
}

/** An array's extents, whatever axes it has; its channels are those of all time points. */
export function geometryOf(metadata: ArrayMetadata, axes: Axes): ArrayGeometry {
  return {
    shapeCzyx: foldTime(metadata.shape, axes),
    chunkShapeCzyx: foldTime(metadata.chunkShape, axes),
    objectShapeCzyx: foldTime(objectShape(metadata), axes),
  };
}

/** The extent along an axis; 1 where the array does not have it. */
export function extentAlong(axis: "t" | "c" | "z", shape: readonly number[], axes: Axes): number {
  return shape[axes.indexOf(axis)] ?? 1;
}

function foldTime(shape: readonly number[], axes: Axes): Czyx {
  const along = (axis: "t" | "c" | "z") => extentAlong(axis, shape, axes);
  return [along("t") * along("c"), along("z"), shape.at(-2)!, shape.at(-1)!];
}

/**
 * The position that lies at `coordinates` along the axes of an array: the reverse of {@link unfoldTime}.
 * @param channels number of pixels, chunks or objects along the channels of one time point
 */
export function foldPlace(coordinates: readonly number[], axes: Axes, channels: number): Czyx {
  const along = (axis: "t" | "c" | "z") => coordinates[axes.indexOf(axis)] ?? 0;
  return [along("t") * channels + along("c"), along("z"), coordinates.at(-2)!, coordinates.at(-1)!];
}

/**
 * Whether chunks and shards are compatible with time points along the channels: the pixels of each must stay
 * consecutive.
 */
export function isFolded(metadata: ArrayMetadata, axes: Axes): boolean {
  const [channels, points] = [extentAlong("c", metadata.shape, axes), extentAlong("t", metadata.shape, axes)];
  return [metadata.chunkShape, objectShape(metadata)].every((extents) => {
    const [chunkC, chunkT] = [extentAlong("c", extents, axes), extentAlong("t", extents, axes)];
    const fits = chunkC === channels || (chunkT === 1 && (points === 1 || channels % chunkC === 0));
    const wide = Array.from(axes.slice(0, -2)).filter((_, axis) => extents[axis]! > 1);
    return (
      fits &&
      wide.join("") ===
        Array.from("tcz")
          .filter((axis) => wide.includes(axis))
          .join("")
    );
  });
}
