/** A PNG image as an address that holds it, for a page that needs no other file. */
export function pngUrl(png: Uint8Array): string {
  const pieces: string[] = [];
  // A call takes only so many arguments.
  for (let at = 0; at < png.length; at += 8192) pieces.push(String.fromCharCode(...png.subarray(at, at + 8192)));
  return `data:image/png;base64,${btoa(pieces.join(""))}`;
}
