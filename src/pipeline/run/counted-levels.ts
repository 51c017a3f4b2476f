/** The values of the coarsest levels of a run's images, counted by its workers while they make them. */
import { extentAlong } from "../../acquisition/array-axes.ts";
import { isCounted } from "../../sample/value-distribution.ts";
import { elementCount, largestPixel } from "../../shapes.ts";
import type { BlockCounts } from "../blocks/block-maker.ts";
import { type OutputLevel, type OutputTemplate, outputType } from "../output/template.ts";
import type { ImageRecord } from "../record/journal.ts";
import type { CountedValues } from "./display-windows.ts";
import { hasDisplay } from "./write-metadata.ts";

/** Of more, the coarsest levels, which are small then, are read again. */
const mostCounts = 2 ** 22;
/** The least pixels of an object for each value: to add up the counts of smaller objects takes longer than counting. */
const leastPerValue = 16;

/** Takes up what is counted in blocks. */
export class CountedLevels {
  /** Of each image whether its values are counted. */
  readonly wanted: readonly boolean[];
  private readonly records: readonly ImageRecord[];
  private readonly sums: (Uint32Array | undefined)[][];

  /** @param records what is made already, and so not counted */
  constructor(template: OutputTemplate, records: readonly ImageRecord[]) {
    const { images } = template;
    const type = outputType(template);
    const channelsOf = ({ metadata, axes }: OutputLevel) => extentAlong("c", metadata.shape, axes);
    const channels = images.reduce((sum, { levels }) => sum + channelsOf(levels[0]!), 0);
    const values = largestPixel(type) + 1;
    const areFew = isCounted(type) && channels * values <= mostCounts;
    this.wanted = images.map((image) => {
      const { chunkShape, shardShape = chunkShape } = image.levels.at(-1)!.metadata;
      return areFew && hasDisplay(image) && elementCount(shardShape) >= leastPerValue * values;
    });
    this.records = records;
    this.sums = images.map(() => []);
  }

  /** Adds what was counted in a block. */
  add(block: BlockCounts | undefined): void {
    if (block === undefined) return;
    const sums = this.sums[block.image]!;
    for (const [channel, counts] of block.counts.entries()) {
      const sum = sums[channel];
      if (sum === undefined) sums[channel] = counts;
      else for (const [value, count] of counts?.entries() ?? []) sum[value]! += count;
    }
  }

  /** What was counted of an image; `undefined` where its values are not. */
  of(image: number): CountedValues | undefined {
    if (this.wanted[image] !== true) return undefined;
    const { finished } = this.records[image]!;
    return { counts: this.sums[image]!, has: (chunk) => !finished.hasChunk(finished.bits.length - 1, chunk) };
  }
}
