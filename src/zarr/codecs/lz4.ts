import { memoryOf } from "../../kernels/kernel-memory.ts";
import { decodeLz4Block } from "./lz4-decode.ts";
import { createLz4Table, encodeLz4Block } from "./lz4-encode.ts";

let table: Uint16Array | undefined;

/** {@link decodeLz4Block}, by WebAssembly where both arrays lie in its memory. */
export function decodeLz4(
  source: Uint8Array,
  sourceStart: number,
  sourceStop: number,
  destination: Uint8Array,
  destinationStart: number,
  destinationStop: number,
): number {
  const memory = memoryOf(source, destination);
  if (memory === undefined || sourceStop > source.length || destinationStop > destination.length) {
    return decodeLz4Block(source, sourceStart, sourceStop, destination, destinationStart, destinationStop);
  }
  const [from, to] = [source.byteOffset, destination.byteOffset];
  const { decodeLz4: decode } = memory.functions;
  return decode(from + sourceStart, from + sourceStop, to + destinationStart, to + destinationStop);
}

/** {@link encodeLz4Block}, by WebAssembly where both arrays lie in its memory; the same bytes. */
export function encodeLz4(
  source: Uint8Array,
  sourceStart: number,
  sourceStop: number,
  destination: Uint8Array,
  destinationStart: number,
  destinationStop: number,
  acceleration: number,
): number {
  const memory = memoryOf(source, destination);
  if (memory === undefined || sourceStop > source.length || destinationStop > destination.length) {
    table ??= createLz4Table();
    const [from, to] = [sourceStart, destinationStart];
    return encodeLz4Block(source, from, sourceStop, destination, to, destinationStop, acceleration, table);
  }
  const [from, to] = [source.byteOffset, destination.byteOffset];
  const { encodeLz4: encode } = memory.functions;
  return encode(from + sourceStart, from + sourceStop, to + destinationStart, to + destinationStop, acceleration);
}
