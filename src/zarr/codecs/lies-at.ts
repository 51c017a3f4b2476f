/** Whether a part is what `whole` holds from `start` on, so that copying it there would change nothing. */
export function liesAt(part: Uint8Array, whole: Uint8Array, start: number): boolean {
  return part.buffer === whole.buffer && part.byteOffset === whole.byteOffset + start;
}
