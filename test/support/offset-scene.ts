/** An acquisition of known shading, above a camera offset of 100 counts, on which refinements of estimates are tried. */
import type { SyntheticOptions } from "../../src/synthetic/options.ts";

export const offsetScene: Partial<SyntheticOptions> = {
  tileShapeYx: [80, 72],
  planes: 16,
  emptyPlanesPerEnd: 2,
  cameraOffset: 100,
  chunkShapeZyx: [16, 80, 72],
  levelCount: 1,
  codec: { kind: "none" },
  seed: 1,
};
