import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryStack, type Rectangle } from "../../src/sample/plane-stack.ts";
import { ScratchStack } from "../../src/sample/scratch-stack.ts";
import { allocatePixels, type PixelArray, type PixelType, type Yx } from "../../src/shapes.ts";
import { MemoryStore } from "../../src/zarr/memory-store.ts";

interface Cut {
  readonly n: number;
  readonly y: number;
  readonly x: number;
  readonly rows: number;
  readonly columns: number;
}

/** Every plane cut into a grid of pieces. */
function cutsOf(planes: number, [rows, columns]: Yx, pieceRows: number, pieceColumns: number): Cut[] {
  const cuts: Cut[] = [];
  for (let n = 0; n < planes; n++)
    for (let y = 0; y < rows; y += pieceRows)
      for (let x = 0; x < columns; x += pieceColumns)
        cuts.push({
          n,
          y,
          x,
          rows: Math.min(pieceRows, rows - y),
          columns: Math.min(pieceColumns, columns - x),
        });
  return cuts;
}

/** A piece of a stack as a rectangle amid other pixels, as chunks hold it. */
function pieceOf(pixels: PixelArray, type: PixelType, [rows, columns]: Yx, cut: Cut): Rectangle {
  const [margin, stride] = [2, cut.columns + 3];
  const chunk = allocatePixels(type, margin + (cut.rows + 1) * stride).fill(199);
  for (let row = 0; row < cut.rows; row++)
    for (let column = 0; column < cut.columns; column++)
      chunk[margin + row * stride + column] = pixels[(cut.n * rows + cut.y + row) * columns + cut.x + column]!;
  return { pixels: chunk, offset: margin, stride, rows: cut.rows, columns: cut.columns };
}

const size = fc.integer({ min: 1, max: 9 });
const inputs = fc.record({
  type: fc.constantFrom<PixelType>("uint8", "uint16", "float32"),
  planes: fc.integer({ min: 1, max: 4 }),
  shapeYx: fc.tuple(size, size),
  piece: fc.tuple(size, size),
  seed: fc.nat(),
});

describe.each(["memory", "scratch"])("a stack in %s", (kind) => {
  const build = (type: PixelType, planes: number, shapeYx: Yx) =>
    kind === "memory"
      ? new MemoryStack(type, planes, shapeYx)
      : new ScratchStack(new MemoryStore(), "scratch/0", type, planes, shapeYx);

  it("gives back in any band what was put in pieces, in any order", async () => {
    const bands = fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat());
    await fc.assert(
      fc.asyncProperty(inputs, bands, async ({ type, planes, shapeYx, piece, seed }, [a, b, c, d]) => {
        const [rows, columns] = shapeYx;
        const pixels = allocatePixels(type, planes * rows * columns).map((_, i) => ((i + seed) * 40503) % 251);
        const builder = build(type, planes, shapeYx);
        const cuts = cutsOf(planes, shapeYx, ...piece).sort(
          (p, q) => ((p.y + p.n + seed) % 3) - ((q.y + q.n + seed) % 3),
        );
        for (const cut of cuts) {
          const rectangle = pieceOf(pixels, type, shapeYx, cut);
          await builder.put(cut.n, cut.y, cut.x, rectangle);
          rectangle.pixels.fill(77);
        }
        const stack = await builder.finish();
        const [n0, y0] = [a % planes, b % rows];
        const [n1, y1] = [n0 + 1 + (c % (planes - n0)), y0 + 1 + (d % (rows - y0))];
        const band = await stack.read(n0, n1, y0, y1);
        const wanted: number[] = [];
        for (let n = n0; n < n1; n++) {
          wanted.push(...pixels.subarray((n * rows + y0) * columns, (n * rows + y1) * columns));
        }
        expect([...band]).toEqual(wanted);
        band.fill(1);
        expect([...(await stack.read(n0, n1, y0, y1))]).toEqual(wanted);
      }),
    );
  });
});

describe("ScratchStack", () => {
  it("writes in batches and reads just the rows asked for", async () => {
    const store = new MemoryStore();
    let [appends, bytesRead] = [0, 0];
    const append = store.append.bind(store);
    store.append = (key, bytes) => {
      appends++;
      return append(key, bytes);
    };
    const getRange = store.getRange.bind(store);
    store.getRange = async (key, range) => {
      const bytes = await getRange(key, range);
      bytesRead += bytes?.length ?? 0;
      return bytes;
    };
    const [rows, columns] = [512, 1024];
    const stack = new ScratchStack(store, "scratch", "uint16", 40, [rows, columns]);
    for (let n = 0; n < 40; n++) {
      const pixels = new Uint16Array(rows * columns).fill(n);
      await stack.put(n, 0, 0, { pixels, offset: 0, stride: columns, rows, columns });
    }
    await stack.finish();
    expect(appends).toBe(5);
    expect(new Set(await stack.read(17, 18, 100, 110))).toEqual(new Set([17]));
    expect(bytesRead).toBe(10 * columns * 2);
    await stack.discard();
    expect(await store.list("")).toEqual([]);
  });

  it("says where the scratch file was cut short", async () => {
    const store = new MemoryStore("here");
    const stack = new ScratchStack(store, "scratch/1", "uint8", 1, [2, 2]);
    await stack.put(0, 0, 0, { pixels: Uint8Array.of(1, 2, 3, 4), offset: 0, stride: 2, rows: 2, columns: 2 });
    await stack.finish();
    await store.set("scratch/1", Uint8Array.of(1, 2, 3));
    await expect(stack.read(0, 1, 1, 2)).rejects.toThrow(
      "The scratch file vanished or was cut short (here/scratch/1).",
    );
    await store.remove("scratch/1");
    await expect(stack.read(0, 1, 0, 1)).rejects.toMatchObject({ kind: "storage" });
  });
});
