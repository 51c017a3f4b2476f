import { type Acquisition, fullResolution } from "../acquisition/acquisition.ts";
import type { Level } from "../acquisition/level.ts";
import { IsoluxError } from "../errors.ts";
import { allocatePixels, type Czyx, elementCount, type PixelArray } from "../shapes.ts";
import type { ChunkRoom } from "../zarr/chunk-pixels.ts";
import { BlockRunner } from "./block-runner.ts";
import { ChunkMemory, shelfBytes } from "./chunk-memory.ts";
import type { ChannelFields } from "./correct-chunk.ts";
import { partsOfImage } from "./image-source.ts";
import { FinishedObjects } from "./journal.ts";
import type { SourceLocation } from "./location.ts";
import { fullGeometry, type ImagePart, outputLevels } from "./output-template.ts";
import { blockObject, type Pass } from "./passes.ts";

/** An output that is finished, and what it was made from. */
export interface VerifyParts {
  readonly acquisition: Acquisition;
  readonly images: readonly ImagePart[];
  readonly output: SourceLocation;
  readonly fields: readonly ChannelFields[];
  readonly rounds: readonly (readonly Pass[])[];
  readonly signal: AbortSignal;
  readonly onChunk: (bytes: number) => void;
}

/**
 * Reads the whole output back and compares it with the correction made once more from the source: nothing else proves
 * that the source is no longer needed.
 * @throws IsoluxError `corrupt` naming the first chunk that differs
 */
export async function verifyOutput({ images, rounds, ...parts }: VerifyParts): Promise<void> {
  const arrays = images.map(({ levels }) => levels.map(({ metadata }) => metadata));
  const kept = shelfBytes(fullResolution(parts.acquisition), fullGeometry(images[0]!).chunkShapeCzyx);
  const memory = {
    wanted: ChunkMemory.forImages(arrays, parts.fields, kept),
    found: ChunkMemory.forImages(arrays, []),
  };
  const runners = await Promise.all(images.map((image) => comparingRunner(image, parts, memory)));
  for (const pass of rounds.flat()) {
    const runner = runners[pass.image]!;
    for (let index = 0; index < pass.blockCount; index++) await runner.run(pass, blockObject(pass, index));
  }
}

async function comparingRunner(
  image: ImagePart,
  { acquisition, output: { store, key }, fields, signal, onChunk }: Omit<VerifyParts, "images" | "rounds">,
  memory: { readonly wanted: ChunkMemory; readonly found: ChunkMemory },
): Promise<BlockRunner> {
  const output = outputLevels(image, store, key);
  return new BlockRunner({
    ...(await partsOfImage(acquisition, image.source, fields)),
    output,
    finished: new FinishedObjects(output),
    sink: {
      put: (level, chunk, pixels) => {
        const [array, { found }] = [output[level]!, memory];
        return compare(array, chunk, pixels, { pixels: found.chunk(level, array), encoded: found.encoded(array) });
      },
    },
    memory: memory.wanted,
    signal,
    onChunk,
  });
}

async function compare(level: Level, chunk: Czyx, wanted: PixelArray, room: ChunkRoom): Promise<void> {
  const stored = await level.readChunk(chunk, room);
  const found = stored ?? allocatePixels(level.type, elementCount(level.chunkShapeCzyx)).fill(level.fillValue);
  if (sameBytes(found, wanted)) return;
  throw new IsoluxError({
    kind: "corrupt",
    what: "The output does not hold what was written: the source image is kept",
    where: `${level.array.store.location}/${level.chunkKey(chunk)}`,
    advice: "The disk may be faulty: check it, remove the hidden folder that ends in .isolux, and run again",
  });
}

function sameBytes(a: PixelArray, b: PixelArray): boolean {
  const left = new Uint8Array(a.buffer, a.byteOffset, a.byteLength);
  const right = new Uint8Array(b.buffer, b.byteOffset, b.byteLength);
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}
