/**
 * The flat-field of a light sheet and a detection objective together: the light at the waist and away from it, the
 * height of the sheet, and the light that the objective loses towards the corners.
 *
 * Lengths are in half fields: the field spans -1 to 1 along both axes. The light travels along the columns, from the
 * left or from the right.
 */

/** A light sheet and its detection objective. */
export interface LightSheet {
  /** Rayleigh length: at this distance from its waist the sheet is √2 times as thick, and as many times as faint. */
  readonly rayleigh: number;
  /** How far the waist is swept along with the camera's rows: 0 where it stands still, 1 where it is everywhere. */
  readonly sweep: number;
  /** Distance above and below its middle at which the sheet has 1/e² of its light. */
  readonly height: number;
  /** Part of the light that the objective loses in the corners, by the fourth power of the cosine. */
  readonly cornerLoss: number;
  /** How much farther along the light the waist is in the last plane than in the first. */
  readonly drift: number;
}
