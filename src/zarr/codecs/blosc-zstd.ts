/** How blocks of a Blosc chunk are compressed by zstd: what c-blosc takes one level for is found out here, block by block. */
import type { BloscCodec } from "../metadata/metadata.ts";
import type { BloscHeader } from "./blosc-format.ts";
import { loadZstd, type ZstdEngine } from "./zstd-engine.ts";
import { suitKernel } from "./zstd-pixels.ts";
import { PlaneEncoder, smallestPlane } from "./zstd-planes.ts";

/** Encodes a stream into part of an array. Returns its length, or 0 where it does not fit before `limit`. */
export type StreamEncoder = (content: Uint8Array, destination: Uint8Array, to: number, limit: number) => number;

/** From this level on, blocks are compressed as a whole by zstd's level for it: who asks for that has the time. */
const thoroughLevel = 6;

/** Of some contents lower levels make less, in a third of the time: in one of this many blocks it is tried whether they do. */
const lowerLevels = [4, 6];
const blocksPerTrial = 32;

/** Encodes the blocks of one chunk by zstd: as planes of bits, by a kernel, or by libzstd. */
export async function zstdEncoder({ level }: BloscCodec, { filter, itemBytes }: BloscHeader): Promise<StreamEncoder> {
  const zstd = await loadZstd();
  const zstdLevel = level < 9 ? 2 * level - 1 : 22;
  // The bytes of items that were shuffled do not lie side by side
  const besideBytes = filter === "none" ? itemBytes : 1;
  const compress = level < thoroughLevel ? quickBlocks(zstd, zstdLevel, besideBytes) : wholeBlocks(zstd, zstdLevel);
  const planes = filter === "bit" && level < thoroughLevel ? new PlaneEncoder(zstd, zstdLevel) : undefined;
  return (content, destination, to, limit) => {
    const rest = destination.subarray(to, limit);
    const planeBytes = content.length / (8 * itemBytes);
    const isOfPlanes = Number.isInteger(planeBytes) && planeBytes >= smallestPlane;
    return planes !== undefined && isOfPlanes ? planes.encode(content, planeBytes, rest) : compress(content, rest);
  };
}

/** Compresses a block into one frame. Returns its length, or 0 where it does not fit. */
type BlockCompressor = (content: Uint8Array, destination: Uint8Array) => number;

function wholeBlocks(zstd: ZstdEngine, level: number): BlockCompressor {
  return (content, destination) => zstd.compress(content, level, destination);
}

/** Compresses blocks by a kernel or by the first of some lower levels, as long as that makes them hardly longer, or no longer. */
function quickBlocks(zstd: ZstdEngine, level: number, itemBytes: number): BlockCompressor {
  let blocks = 0;
  let compress = wholeBlocks(zstd, level);
  return (content, destination) => {
    if (blocks++ % blocksPerTrial === 0) compress = choose(content);
    return compress(content, destination);
  };

  function choose(content: Uint8Array): BlockCompressor {
    if (level > 1 && suitKernel(zstd, content, itemBytes, level)) {
      return (block, destination) => zstd.compressPixels(block, itemBytes, destination);
    }
    return wholeBlocks(zstd, shortest(content));
  }

  function shortest(content: Uint8Array): number {
    const lower = lowerLevels.filter((one) => one < level);
    if (lower.length === 0) return level;
    const trial = new Uint8Array(content.length);
    const least = zstd.compress(content, level, trial) || content.length;
    const isShort = (one: number) => {
      const bytes = zstd.compress(content, one, trial);
      return bytes > 0 && bytes <= least;
    };
    return lower.find(isShort) ?? level;
  }
}
