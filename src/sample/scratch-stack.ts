/** A stack of planes in a temporary file, for samples that do not fit into memory. */

import { IsoluxError } from "../errors.ts";
import { allocatePixels, bytesPerPixel, type PixelArray, type PixelType, type Yx } from "../shapes.ts";
import { viewBytes, viewPixels } from "../zarr/pixel-bytes.ts";
import { joinKey, type WritableStore } from "../zarr/store.ts";
import { copyRectangle, type PlaneStack, type Rectangle } from "./plane-stack.ts";

/** Pieces are written in batches of about this many bytes. */
const batchBytes = 8 << 20;

/** The position of a piece of a plane in the scratch file. */
interface Piece {
  readonly n: number;
  readonly y: number;
  readonly x: number;
  readonly rows: number;
  readonly columns: number;
  readonly byteOffset: number;
}

/**
 * A stack of planes in a scratch file, for samples larger than the memory budget: pieces are appended as they arrive,
 * an index in memory has the position of each, and a band reads only the rows it needs.
 */
export class ScratchStack implements PlaneStack {
  readonly type: PixelType;
  readonly planeCount: number;
  readonly shapeYx: Yx;
  private readonly store: WritableStore;
  private readonly key: string;
  private readonly piecesOfPlane: Piece[][];
  private waiting: Uint8Array[] = [];
  private waitingBytes = 0;
  private writtenBytes = 0;

  constructor(store: WritableStore, key: string, type: PixelType, planeCount: number, shapeYx: Yx) {
    this.store = store;
    this.key = key;
    this.type = type;
    this.planeCount = planeCount;
    this.shapeYx = shapeYx;
    this.piecesOfPlane = Array.from({ length: planeCount }, () => []);
  }

  async put(n: number, y: number, x: number, piece: Rectangle): Promise<void> {
    const { rows, columns } = piece;
    const compact = allocatePixels(this.type, rows * columns);
    copyRectangle(piece, compact, 0, columns);
    this.piecesOfPlane[n]!.push({ n, y, x, rows, columns, byteOffset: this.writtenBytes + this.waitingBytes });
    this.waiting.push(viewBytes(compact));
    this.waitingBytes += compact.byteLength;
    if (this.waitingBytes >= batchBytes) await this.flush();
  }

  async finish(): Promise<PlaneStack> {
    await this.flush();
    return this;
  }

  async read(n0: number, n1: number, y0: number, y1: number): Promise<PixelArray> {
    const columns = this.shapeYx[1];
    const band = allocatePixels(this.type, (n1 - n0) * (y1 - y0) * columns);
    for (let n = n0; n < n1; n++) {
      for (const piece of this.piecesOfPlane[n]!) {
        const from = Math.max(piece.y, y0);
        const to = Math.min(piece.y + piece.rows, y1);
        if (from >= to) continue;
        const start = ((n - n0) * (y1 - y0) + from - y0) * columns + piece.x;
        copyRectangle(await this.readRows(piece, from - piece.y, to - piece.y), band, start, columns);
      }
    }
    return band;
  }

  /** Removes the scratch file. */
  async discard(): Promise<void> {
    await this.store.remove(this.key);
  }

  private async readRows(piece: Piece, fromRow: number, toRow: number): Promise<Rectangle> {
    const rowBytes = piece.columns * bytesPerPixel(this.type);
    const offset = piece.byteOffset + fromRow * rowBytes;
    const length = (toRow - fromRow) * rowBytes;
    const bytes = await this.store.getRange(this.key, { kind: "slice", offset, length });
    if (bytes?.byteLength !== length) {
      const where = joinKey(this.store.location, this.key);
      throw new IsoluxError({ kind: "storage", what: "The scratch file vanished or was cut short", where });
    }
    const isAligned = bytes.byteOffset % bytesPerPixel(this.type) === 0;
    const pixels = viewPixels(isAligned ? bytes : bytes.slice(), this.type);
    return { pixels, offset: 0, stride: piece.columns, rows: toRow - fromRow, columns: piece.columns };
  }

  private async flush(): Promise<void> {
    if (this.waitingBytes === 0) return;
    const batch = new Uint8Array(this.waitingBytes);
    let offset = 0;
    for (const bytes of this.waiting) {
      batch.set(bytes, offset);
      offset += bytes.byteLength;
    }
    this.waiting = [];
    this.waitingBytes = 0;
    await this.store.append(this.key, batch);
    this.writtenBytes += batch.byteLength;
  }
}
