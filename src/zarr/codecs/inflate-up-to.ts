/** Unpacks deflate streams no further than what they should hold, whatever they could be unpacked to. */

import { Inflate } from "fflate";

/** Packed bytes that are unpacked at once: they become at most a thousandfold. */
const pieceBytes = 2 ** 14;

/**
 * The content of a stream, `raw` or in a `zlib` frame, to its end; where it holds more than is wanted, a little of that
 * says so, and the rest is not unpacked.
 * @param wanted how many bytes there should be, computed from those unpacked so far
 * @param inflateWhole unpacks all at once, and no more than a little beyond what is wanted
 * @throws Error where the stream is broken or cut short, and what `wanted` throws
 */
export function inflateUpTo(
  packed: Uint8Array,
  frame: "raw" | "zlib",
  wanted: (start: Uint8Array) => number,
  inflateWhole?: (body: Uint8Array) => Uint8Array,
): Uint8Array {
  let content = new Uint8Array(0);
  let filled = 0;
  let isEnded = false;
  const take = (bytes: Uint8Array, isLast: boolean): void => {
    const most = wanted(content.subarray(0, filled)) + 1;
    const needed = filled + bytes.length;
    if (needed > content.length) {
      const larger = new Uint8Array(Math.max(needed, Math.min(most, 2 * needed)));
      larger.set(content.subarray(0, filled));
      content = larger;
    }
    content.set(bytes, filled);
    filled = needed;
    isEnded = isLast;
  };
  const body = frame === "raw" ? packed : bodyOf(packed);
  if (body.length === 0) throw new Error("the stream is empty");
  if (inflateWhole !== undefined) return inflateWhole(body);
  const stream = new Inflate(take);
  for (let at = 0; at === 0 || at < body.length; at += pieceBytes) {
    stream.push(body.subarray(at, at + pieceBytes), at + pieceBytes >= body.length);
    if (filled > wanted(content.subarray(0, filled))) return content.subarray(0, filled);
  }
  if (!isEnded) throw new Error("the stream is cut short");
  return content.subarray(0, filled);
}

/** What lies between the header of a zlib stream and its checksum. @see RFC 1950 */
function bodyOf(packed: Uint8Array): Uint8Array {
  const header = packed.length < 6 ? 0 : (packed[0]! << 8) | packed[1]!;
  const isZlib = (header & 0x0f00) === 0x0800 && header % 31 === 0 && (header & 32) === 0;
  if (!isZlib) throw new Error("this is no zlib stream");
  return packed.subarray(2, -4);
}
