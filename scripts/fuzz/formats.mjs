// Mutations that know a format: what is changed lies behind the checksums that would catch it, which are made anew.
import { deflateSync, inflateSync } from "node:zlib";
import { joined, mutateBytes } from "./mutate.mjs";

const { crc32, crc32c } = await import("../../dist/zarr/codecs/checksums.js");
const { encodeZip } = await import("../../dist/profile/npz.js");
const { listZip, unpackZipMember } = await import("../../dist/profile/npz.js");

const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const latin = (bytes) => Buffer.from(bytes).toString("latin1");

/** A PNG file whose header or packed rows are changed, with checksums that match. */
export function mutatePng(file, random) {
  const chunks = [];
  for (let at = 8; at + 12 <= file.length; ) {
    const length = viewOf(file).getUint32(at);
    chunks.push({ type: latin(file.subarray(at + 4, at + 8)), data: file.slice(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  const isPacked = ({ type }) => type === "IDAT";
  if (random.next() < 0.5) {
    const packed = joined(...chunks.filter(isPacked).map(({ data }) => data));
    const data = new Uint8Array(deflateSync(mutateBytes(new Uint8Array(inflateSync(packed)), random)));
    const first = chunks.findIndex(isPacked);
    chunks.splice(first, chunks.filter(isPacked).length, { type: "IDAT", data });
  } else {
    const chunk = random.of(chunks);
    chunk.data = mutateBytes(chunk.data, random);
  }
  return joined(file.subarray(0, 8), ...chunks.map(({ type, data }) => pngChunk(type, data)));
}

/** A part of a PNG file. */
export function pngChunk(type, data) {
  const named = joined(new TextEncoder().encode(type), data);
  const bytes = new Uint8Array(data.length + 12);
  bytes.set(named, 4);
  viewOf(bytes).setUint32(0, data.length);
  viewOf(bytes).setUint32(8 + data.length, crc32(named));
  return bytes;
}

/** An archive whose arrays are changed, in members that are whole. */
export function mutateNpz(file, random) {
  const members = [...listZip(file, "seed").values()];
  const content = members.map((member) => [member.name, [unpackZipMember(file, member, "seed")]]);
  const changed = random.of(content);
  changed[1] = [mutateBytes(changed[1][0].slice(), random)];
  return encodeZip(Object.fromEntries(content));
}

/** A MATLAB file whose packed elements are changed within. */
export function mutateMat(file, random) {
  const view = viewOf(file);
  if (view.getUint32(128, true) !== 15) return mutateBytes(file, random);
  const content = inflateSync(file.subarray(136, 136 + view.getUint32(132, true)));
  const packed = deflateSync(mutateBytes(new Uint8Array(content), random));
  const head = file.slice(0, 136);
  viewOf(head).setUint32(132, packed.length, true);
  return joined(head, packed);
}

/** A TIFF file of which one tag, or the place of the next page, is another. */
export function mutateTiff(file, random) {
  const bytes = file.slice();
  const view = viewOf(bytes);
  const little = bytes[0] === 0x49;
  const isBig = view.getUint16(2, little) === 43;
  const pages = isBig ? bigPages(view, little) : smallPages(view, little);
  if (pages.length === 0 || random.next() < 0.2) return mutateBytes(bytes, random);
  const { entries, next } = random.of(pages);
  const at = random.next() < 0.15 ? next : random.of(entries);
  const value = random.of([
    0,
    1,
    2,
    8,
    16,
    255,
    65535,
    2 ** 24,
    2 ** 31,
    2 ** 32 - 1,
    view.getUint32(at, little) ^ (1 << random.below(32)),
  ]);
  if (at + 4 <= bytes.length) view.setUint32(at, value >>> 0, little);
  return bytes;
}

function smallPages(view, little) {
  const pages = [];
  for (let at = view.getUint32(4, little); at > 0 && at + 2 < view.byteLength && pages.length < 9; ) {
    const count = view.getUint16(at, little);
    const next = at + 2 + 12 * count;
    if (next + 4 > view.byteLength) break;
    const entries = Array.from({ length: count }, (_, n) => at + 2 + 12 * n).flatMap((entry) => [
      entry,
      entry + 4,
      entry + 8,
    ]);
    pages.push({ entries, next });
    at = view.getUint32(next, little);
  }
  return pages;
}

function bigPages(view, little) {
  const pages = [];
  for (let at = Number(view.getBigUint64(8, little)); at > 0 && at + 8 < view.byteLength && pages.length < 9; ) {
    const count = Number(view.getBigUint64(at, little));
    const next = at + 8 + 20 * count;
    if (next + 8 > view.byteLength) break;
    const entries = Array.from({ length: count }, (_, n) => at + 8 + 20 * n).flatMap((entry) => [
      entry,
      entry + 4,
      entry + 12,
    ]);
    pages.push({ entries, next });
    at = Number(view.getBigUint64(next, little));
  }
  return pages;
}

/** A shard whose index, at its end, is changed and has the checksum of what it is now. */
export function mutateShard(file, chunkCount, random) {
  const bytes = file.slice();
  const start = bytes.length - 16 * chunkCount - 4;
  const index = bytes.subarray(start, bytes.length - 4);
  index.set(mutateBytes(index.slice(), random).subarray(0, index.length));
  viewOf(bytes).setUint32(bytes.length - 4, crc32c(index), true);
  return bytes;
}
