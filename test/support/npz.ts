import { readFileSync } from "node:fs";
import { unzipSync } from "fflate";

/** One array of an npz file: C order, whatever its type as doubles would lose nothing. */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array | Uint16Array | Int32Array | Float32Array | Float64Array;
}

/** The arrays of an npz file by name, for tests. */
export function readNpz(path: string): Record<string, NpyArray> {
  const entries = Object.entries(unzipSync(readFileSync(path)));
  return Object.fromEntries(entries.map(([name, bytes]) => [name.replace(/\.npy$/, ""), parseNpy(bytes)]));
}

/** An array of an npy file. */
export function parseNpy(bytes: Uint8Array): NpyArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const versionOne = bytes[6] === 1;
  const start = versionOne ? 10 : 12;
  const end = start + (versionOne ? view.getUint16(8, true) : view.getUint32(8, true));
  const header = new TextDecoder("latin1").decode(bytes.subarray(start, end));
  if (!header.includes("'fortran_order': False")) throw new Error(`not in C order: ${header}`);
  const type = /'descr': '[<|](\w\d)'/.exec(header)?.[1];
  const shape = (/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? "").split(",").filter((part) => part.trim() !== "");
  const content = bytes.slice(end).buffer;
  return { shape: shape.map(Number), data: typed(type, content) };
}

function typed(type: string | undefined, content: ArrayBuffer): NpyArray["data"] {
  switch (type) {
    case "u1":
      return new Uint8Array(content);
    case "u2":
      return new Uint16Array(content);
    case "i4":
      return new Int32Array(content);
    case "f4":
      return new Float32Array(content);
    case "f8":
      return new Float64Array(content);
    default:
      throw new Error(`this test reader does not know npy type ${type}`);
  }
}
