/** How much different sample planes show. */
import type { Acquisition } from "../acquisition/acquisition.ts";
import type { ProfileTarget } from "../pipeline/profile-target.ts";

/**
 * How many different parts of the sample planes show. Sample is as thick as it is wide: structures of a quarter of the
 * field, which look like shading, are others at a depth that far away.
 */
export function independentViewsOf({ levels, pixelSizeUmZyx }: Acquisition, targets: readonly ProfileTarget[]): number {
  const [sizeZ, sizeY, sizeX] = pixelSizeUmZyx;
  const views = targets.map(({ tiles }) => {
    const { start, stop } = tiles[0]!.box;
    const fieldUm = Math.min((stop[1] - start[1]) * sizeY, (stop[2] - start[2]) * sizeX);
    const depthUm = (stop[0] - start[0]) * sizeZ;
    return tiles.length * Math.max(1, Math.floor((4 * depthUm) / fieldUm));
  });
  return Math.min(...views, Math.max(1, levels[0]!.shapeZyx[0] * targets[0]!.tiles.length));
}
