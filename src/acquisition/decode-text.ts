/** Texts that microscopes and people write, in the encodings that their computers have. */

/** By the bytes at the beginning of a file. */
const byMark: readonly (readonly [encoding: string, mark: readonly number[]])[] = [
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];

/**
 * The text of a file: in the encoding that its first bytes state, else UTF-8 or, where it is none, the western European one of
 * older Windows. Marks are left out.
 */
export function decodeText(bytes: Uint8Array): string {
  const [stated] = byMark.find(([, mark]) => mark.every((byte, n) => bytes[n] === byte)) ?? [];
  if (stated !== undefined) return new TextDecoder(stated).decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}
