/**
 * Plans which planes are read in the search for empty regions: the same ones in every tile, so that tiles are
 * comparable.
 */
import type { SamplePlan } from "../sample/plan-sample.ts";
import type { Yx } from "../shapes.ts";

/** Parameters of which planes are read. */
export interface StatisticsRequest {
  /** Resolution level; the coarsest whose tiles have at least 128 px where not given. */
  readonly level?: number;
  /** Planes of every tile; fewer where the planes of all tiles would exceed the memory. 24 by default. */
  readonly planesPerTile?: number;
  readonly seed: number;
}

/** Which planes are read, decided before any is. */
export interface StatisticsPlan extends SamplePlan {
  /** Number of pixels along either axis that are averaged into one. */
  readonly binPx: number;
  /** Rows and columns of an averaged plane. */
  readonly lookYx: Yx;
  readonly factorZ: number;
  /** Planes of the full resolution. */
  readonly depth: number;
}
