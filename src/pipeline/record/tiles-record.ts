/** What a run says of the tiles that it corrects: in its plan, its summary, and the attributes of its output. */
import type { Acquisition } from "../../acquisition/acquisition.ts";
import type { CorrectParameters } from "../../parameters/schema.ts";
import type { TilesSummary } from "../../parameters/summaries.ts";
import { measureCoverage } from "../../sample/light-in-gaps.ts";
import type { MissingChunks, Rest } from "../../tiles/coverage.ts";

/**
 * What becomes of pixels that lie in no tile: a mosaic that is assembled from tiles as it is read holds nothing else, and
 * tiles by themselves have nothing between them.
 */
export function restOf({ tileSource }: Acquisition, layout?: CorrectParameters["layout"]): Rest {
  return tileSource !== undefined ? "copied" : layout === "tiles" ? "none" : "zero";
}

/**
 * The tiles of an acquisition: how many, what said where they are, which part of the image they are, and what of the
 * image is missing.
 */
export async function recordTiles(
  acquisition: Acquisition,
  { layout }: Pick<CorrectParameters, "layout">,
  missing?: MissingChunks,
): Promise<TilesSummary> {
  const { tiles, tileSource } = acquisition;
  const coverage = await measureCoverage(acquisition);
  return {
    count: tiles.length,
    ...(tileSource?.table !== undefined && { table: tileSource.table }),
    remarks: tileSource?.remarks ?? [],
    coverage,
    rest: coverage.share === 1 ? "none" : restOf(acquisition, layout),
    ...(missing !== undefined && { missing }),
  };
}
