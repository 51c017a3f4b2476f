import { IsoluxError } from "../errors.ts";
import type { ArrayMetadata } from "../zarr/metadata.ts";

/** Refuses an array whose first axis, time, has more than one point. @throws IsoluxError `unsupported` */
export function checkSingleTime({ shape, chunkShape }: ArrayMetadata, where: string): void {
  const [points = 0, perChunk = 0] = [shape[0], chunkShape[0]];
  if (points <= 1 && perChunk === 1) return;
  throw new IsoluxError({
    kind: "unsupported",
    what:
      points > 1
        ? "The tile is a time lapse, which Isolux reads in mosaics only"
        : "The chunks are made for a time lapse",
    where,
    found: points > 1 ? `${points} time points` : `${perChunk} time points in a chunk`,
    expected: "a single time point",
    advice: "Write each time point to an image of its own first",
  });
}

/** Said of files of several time points, of which the first is read. */
export function firstTimeOnly(points: number): string {
  return `Of ${points} time points only the first is read, so that the output holds no other`;
}
