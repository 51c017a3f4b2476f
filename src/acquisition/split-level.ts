import { type Axes, zyxOf } from "../ngff/axes.ts";
import { arrayBytes, type Czyx, type PixelArray, type Zyx } from "../shapes.ts";
import type { ZarrArray } from "../zarr/array.ts";
import type { ChunkRoom } from "../zarr/chunk-pixels.ts";
import type { ArrayMetadata } from "../zarr/metadata.ts";
import { geometryOf } from "./array-axes.ts";
import { Level } from "./level.ts";
import { readAsBoxes } from "./rechunked-level.ts";

/**
 * A level whose chunks hold several time points and channels, or several places along axes in another order than t, c,
 * z: seen in parts of a single time point and channel. Each is cut from the whole chunk, which is decoded for it.
 */
export class SplitLevel extends Level {
  /** The same array in chunks of a single time point and channel, without shards: what an output has. */
  override readonly mirrored: ArrayMetadata;

  constructor(array: ZarrArray, factorsZyx: Zyx, axes: Axes) {
    const mirrored = splitMetadata(array.metadata, axes);
    super(array, factorsZyx, axes, geometryOf(mirrored, axes));
    this.mirrored = mirrored;
  }

  /** Memory for a whole chunk, decoded and encoded. */
  get wholeChunkBytes(): number {
    return 2 * arrayBytes(this.array.metadata.type, this.array.metadata.chunkShape);
  }

  override readChunk(chunk: Czyx, room?: ChunkRoom): Promise<PixelArray | undefined> {
    return readAsBoxes(this, this.chunkShapeCzyx, chunk, room);
  }

  override expectChunk(): void {}
}

function splitMetadata({ shardShape: _, indexLocation: __, ...metadata }: ArrayMetadata, axes: Axes): ArrayMetadata {
  const [z, y, x] = zyxOf(axes, metadata.chunkShape, 1);
  const extents: Readonly<Record<string, number>> = { t: 1, c: 1, z, y, x };
  return { ...metadata, chunkShape: Array.from(axes, (axis) => extents[axis]!) };
}
