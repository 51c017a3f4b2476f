/** Concatenates arrays. */

/** A new array with the numbers of all parts, in their order. */
export function concatenate<Numbers extends Uint8Array | Float64Array>(
  Kind: new (length: number) => Numbers,
  parts: readonly Numbers[],
): Numbers {
  const all = new Kind(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
