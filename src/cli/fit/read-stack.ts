/** Reads a stack of planes from a NumPy or TIFF file. */

import { type FileHandle, open } from "node:fs/promises";
import { IsoluxError } from "../../errors.ts";
import type { NpyArray } from "../../profile/npy.ts";
import { formatShape } from "../../shapes.ts";
import { readOnly, sizeOfFile } from "../../zarr/disk/files-node.ts";
import { reasonOf } from "../errors.ts";
import { fittablePixels } from "./fittable-stack.ts";
import type { SampledStack } from "./read-tiff.ts";

/** Selects the stack within a file. */
interface StackChoice {
  /** Which array of a .npz file. */
  readonly key?: string | undefined;
  /** Which channel of a TIFF file: its name, or its number from 1. */
  readonly channel?: string | undefined;
}

/**
 * Reads a stack of planes `[n, y, x]`, or one plane `[y, x]`, from a .npy, .npz or TIFF file; the format is recognised
 * by the file's content, not its name.
 * @throws IsoluxError `not-found`, `unsupported`, `corrupt` or, for another number of axes, `invalid`
 */
export async function readStack(path: string, { key, channel }: StackChoice = {}): Promise<SampledStack> {
  const kind = await kindOfFile(path);
  if (kind !== "npz" && key !== undefined) {
    throw new IsoluxError({ kind: "usage", what: "--key is for .npz files", where: path, found: `a ${kind} file` });
  }
  if (kind === "tiff") return (await import("./read-tiff.ts")).readTiffStack(path, channel);
  if (channel !== undefined) {
    throw new IsoluxError({ kind: "usage", what: "--channel is for TIFF files", where: path, found: `a ${kind} file` });
  }
  const bytes = await readBytes(path);
  if (kind === "npz") return stackOf(await readNpz(bytes, path, key), path);
  const { decodeNpy } = await import("../../profile/npy.ts");
  return stackOf(decodeNpy(bytes, path, true), path);
}

/** The numbers of the channels of a file, from 1; none where it has only one. */
export async function stackChannels(path: string): Promise<string[]> {
  return (await kindOfFile(path)) === "tiff" ? (await import("./read-tiff.ts")).tiffChannels(path) : [];
}

async function kindOfFile(path: string): Promise<"npy" | "npz" | "tiff"> {
  const start = String.fromCharCode(...(await readBytes(path, 0, 8)));
  if (start.startsWith("\x93NUMPY")) return "npy";
  if (start.startsWith("PK")) return "npz";
  if (/^(II[*+]\0|MM\0[*+])/.test(start)) return "tiff";
  throw new IsoluxError({
    kind: "unsupported",
    what: "The stack is in a format that is not read",
    where: path,
    expected: "a .npy, .npz or TIFF file",
    advice: "Planes of an OME-Zarr image are sampled by isolux estimate",
  });
}

async function readNpz(bytes: Uint8Array, path: string, key: string | undefined): Promise<NpyArray> {
  const { openNpz } = await import("../../profile/npz.ts");
  const archive = openNpz(bytes, path);
  if (key !== undefined) return archive.read(key);
  const stacks = archive.keys.map((name) => ({ name, array: archive.read(name) }));
  const candidates = stacks.filter(({ array }) => array.shape.length === 3);
  if (candidates.length === 1) return candidates[0]!.array;
  const keys = stacks.map(({ name, array }) => `${name} (${formatShape(array.shape) || "one value"})`).join(", ");
  throw new IsoluxError({
    kind: "usage",
    what: "It is not clear which array is the stack",
    where: path,
    found: keys === "" ? "no arrays" : keys,
    expected: "one array with three axes",
    advice: "Name the array with --key",
  });
}

function stackOf(array: NpyArray, path: string): SampledStack {
  const [x = 0, y = 0, n = 1] = [...array.shape].reverse();
  if (array.kind !== "numbers" || array.shape.length < 2 || array.shape.length > 3) {
    throw new IsoluxError({
      kind: "invalid",
      what: "The array is not a stack of planes",
      where: path,
      found: array.kind === "numbers" ? `the shape ${formatShape(array.shape)}` : "text",
      expected: "numbers in the axes n, y, x",
      ...(array.shape.length > 3 && { advice: adviceForAxes(array.shape) }),
    });
  }
  if (array.data.length === 0) {
    const found = `the shape ${formatShape(array.shape)}`;
    throw new IsoluxError({ kind: "invalid", what: "The stack of planes has no pixels", where: path, found });
  }
  return { pixels: fittablePixels(array.data), planeCount: n, shapeYx: [y, x], planesInFile: n };
}

function adviceForAxes(shape: readonly number[]): string {
  const [y, x] = shape.slice(-2);
  return `Of several channels take one (in NumPy, stack[:, 0]); planes of the same light can be put in one axis (stack.reshape(-1, ${y}, ${x}))`;
}

const mostBytesAtOnce = 2 ** 30;

/**
 * Bytes of a file from `offset`: `length` of them or, by default, all to the end; fewer where the file ends before.
 * Unlike `readFile` it reads files beyond 2 GiB.
 * @throws IsoluxError `not-found` where the file cannot be opened, `memory` where the bytes are too many to hold,
 * `corrupt` where it is a pipe or a device
 */
async function readBytes(path: string, offset = 0, length?: number): Promise<Uint8Array<ArrayBuffer>> {
  const file = await opened(path);
  try {
    const facts = await file.stat();
    if (facts.isDirectory()) throw aFolder(path);
    const size = sizeOfFile(facts, path);
    const bytes = allocate(length ?? size - offset, path);
    let read = 0;
    for (;;) {
      const wanted = Math.min(mostBytesAtOnce, bytes.length - read);
      const { bytesRead } = await file.read(bytes, read, wanted, offset + read);
      read += bytesRead;
      if (bytesRead === 0 || read === bytes.length) return bytes.subarray(0, read);
    }
  } finally {
    await file.close();
  }
}

async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path, readOnly);
  } catch (cause) {
    const found = reasonOf(cause);
    throw new IsoluxError({ kind: "not-found", what: "The file cannot be opened", where: path, found, cause });
  }
}

function aFolder(path: string): IsoluxError {
  return new IsoluxError({
    kind: "unsupported",
    what: "This is a folder, not a file",
    where: path,
    advice: "Planes of an OME-Zarr image are sampled by isolux estimate",
  });
}

function allocate(length: number, path: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(Math.max(0, length));
  } catch (cause) {
    throw new IsoluxError({
      kind: "memory",
      what: "The file is too large to be held in memory",
      where: path,
      found: `${length} bytes`,
      advice: "Fit fewer planes, or save them at a lower resolution",
      cause,
    });
  }
}
