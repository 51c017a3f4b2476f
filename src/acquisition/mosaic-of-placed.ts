/** Mosaics of tiles whose positions count in the directions of their images, as most programs write them. */
import type { Acquisition, SourceObjects } from "./acquisition.ts";
import type { HintName, TileHints } from "./listed/stage-axes.ts";
import { downAndRight, type StageAxes } from "./listed/stage-axes.ts";
import { mosaicOfViews } from "./mosaic-of-views.ts";
import type { Note, TileView } from "./tile-view.ts";

/** What a user says of tiles whose positions count in the directions of the image. */
export interface PlacingOptions {
  readonly note?: Note;
  readonly rotation?: number;
  readonly hints?: TileHints;
}

/**
 * The acquisition that views make, as {@link mosaicOfViews} does, placed by positions in the directions of the image unless
 * the user says that their axes run otherwise.
 * @param hintsTaken what the user says and has an effect, in the reader of the views or here
 */
export function mosaicOfPlaced(
  views: readonly TileView[],
  location: string,
  sourceObjects: () => Promise<SourceObjects>,
  { hints, rotation, note = () => undefined }: PlacingOptions,
  hintsTaken: readonly HintName[],
): Acquisition {
  const { stageAxes = "y,x" } = hints ?? {};
  const placed = withStageAxes(views, stageAxes);
  return { ...mosaicOfViews(placed, location, sourceObjects, { rotation, note }), stageAxes, hintsTaken };
}

/** On the stage, of which views tell, directions are the other way round. */
function withStageAxes(views: readonly TileView[], axes: StageAxes): TileView[] {
  return views.map((view) => {
    if (view.stageUmZyx === undefined) return view;
    const [z, y, x] = view.stageUmZyx;
    const [down, right] = downAndRight([0 - y, 0 - x], axes);
    return { ...view, stageUmZyx: [z, 0 - down, 0 - right] };
  });
}
