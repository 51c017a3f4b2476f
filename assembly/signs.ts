/** Turns the order of unsigned into that of signed numbers. */
export const signs: v128 = i16x8.splat(-32768);
