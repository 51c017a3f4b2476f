/** The side from which the light sheet came. */
export type IlluminationSide = "Left" | "Right";
