import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openMosaic } from "../../src/acquisition/open-mosaic.ts";
import { convertImage, DirectoryStore, inspectImage } from "../../src/node.ts";
import { elementCount } from "../../src/shapes.ts";
import {
  type ImageArray,
  imageAttributes,
  patternedPixels,
  writeArray,
  writeGroup,
} from "../acquisition/write-image.ts";
import { levelOf, pixelsOfArray } from "../support/pixels.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isolux-misfit-"));
});
afterAll(() => rm(folder, { recursive: true }));

const shape = [2, 12, 24];
const pixels = patternedPixels("uint16", shape);

/** A level that the attributes list, which may not be there, or have no chunks. */
interface ListedLevel extends ImageArray {
  readonly isGone?: true;
  readonly isEmpty?: true;
  /** Whether its metadata name a codec that nothing reads. */
  readonly isUnreadable?: true;
  /** What the attributes say of it, where that is wrong. */
  readonly scale?: readonly number[];
}

async function writeLevels(name: string, coarser: readonly ListedLevel[]): Promise<string> {
  const store = new DirectoryStore(folder);
  const levels: ListedLevel[] = [{ shape, chunkShape: [1, 5, 7], pixels }, ...coarser];
  const scales = levels.map((level) => level.scale ?? [1, 12 / level.shape.at(-2)!, 24 / level.shape.at(-1)!]);
  await writeGroup(store, name, imageAttributes(scales));
  for (const [index, { isGone, isEmpty, isUnreadable, ...level }] of levels.entries()) {
    if (isGone === undefined) await writeArray(store, `${name}/${index}`, level);
    if (isUnreadable) {
      const document = join(folder, name, `${index}`, ".zarray");
      const known = JSON.parse(await readFile(document, "utf8"));
      await writeFile(document, JSON.stringify({ ...known, compressor: { id: "nothing-known" } }));
    }
    if (isEmpty === undefined) continue;
    const place = join(folder, name, `${index}`);
    for (const entry of await readdir(place))
      if (entry !== ".zarray") await rm(join(place, entry), { recursive: true });
  }
  return join(folder, name);
}

function half(fine: ArrayLike<number>, [planes, rows, columns]: readonly number[]): Uint16Array {
  const [height, width] = [Math.ceil(rows! / 2), Math.ceil(columns! / 2)];
  return Uint16Array.from({ length: planes! * height * width }, (_, i) => {
    const [z, y, x] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
    const values = [2 * y, 2 * y + 1].flatMap((row) =>
      [2 * x, 2 * x + 1].flatMap((column) =>
        row < rows! && column < columns! ? [fine[(z * rows! + row) * columns! + column]!] : [],
      ),
    );
    return Math.floor(values.reduce((sum, value) => sum + value, 0) / values.length + 0.5);
  });
}

describe("levels that do not fit the others", () => {
  const thirds: ImageArray = { shape: [2, 4, 8], chunkShape: [1, 4, 4], pixels: patternedPixels("uint16", [2, 4, 8]) };
  const halves: ImageArray = {
    shape: [2, 6, 12],
    chunkShape: [1, 4, 4],
    pixels: patternedPixels("uint16", [2, 6, 12]),
  };
  const quarters: ImageArray = { ...thirds, shape: [2, 3, 6], pixels: patternedPixels("uint16", [2, 3, 6]) };
  // 12 rows become 2 by 5, too
  const sixths: ImageArray = { ...thirds, shape: [2, 2, 4], pixels: patternedPixels("uint16", [2, 2, 4]) };
  const bytes: ImageArray = { ...halves, type: "uint8", pixels: patternedPixels("uint8", [2, 6, 12]) };

  it.each<[name: string, coarser: readonly ListedLevel[], note: RegExp, kept: number]>([
    ["factors", [halves, thirds, quarters], /Level 2 is skipped.*2 x 4 x 8 \(z, y, x\) is no whole reduction/, 2],
    ["steps", [sixths], /Level 1 is skipped.*several reductions lead, and its scale says 1 x 6 x 6, not the least/, 1],
    ["types", [bytes, quarters], /Level 1 is skipped.*its pixels are uint8, those of the first are uint16/, 1],
    ["places", [halves, { ...quarters, isGone: true }, quarters], /Level 2 is skipped.*no array is stored there/, 2],
    [
      "axes",
      [{ ...halves, shape: [1, 2, 6, 12], chunkShape: [1, 1, 4, 4] }, quarters],
      /Level 1 is skipped.*its array is 1 x 2 x 6 x 12, the axes are zyx/,
      1,
    ],
    [
      "planes",
      [{ ...halves, shape: [6, 12], chunkShape: [4, 4], pixels: patternedPixels("uint16", [6, 12]) }],
      /Level 1 is skipped.*its array is 6 x 12, the axes/,
      1,
    ],
    [
      "scales",
      [{ ...halves, scale: [1, 2] }, quarters],
      /Level 1 is skipped.*its scale is \[1,2\], not 3 positive numbers/,
      1,
    ],
    ["codecs", [{ ...halves, isUnreadable: true }, quarters], /Level 1 is skipped.*compress/, 1],
    ["chunks", [{ ...halves, isEmpty: true }, quarters], /Level 1 is skipped.*none of its chunks is stored/, 1],
  ])(
    "of other %s, or of none, are left out with a warning, and made anew by halves",
    async (name, coarser, note, kept) => {
      const image = await writeLevels(name, coarser);
      const output = join(folder, `${name}-out`);
      const notes: string[] = [];
      const report = (event: { readonly kind: string; readonly text?: string }) =>
        event.kind === "warning" ? notes.push(event.text!) : undefined;
      expect((await inspectImage({ image }, { report })).levels).toHaveLength(kept);
      expect(notes).toEqual([expect.stringMatching(note)]);
      for (const omeVersion of ["0.4", "0.5"] as const) {
        await convertImage({ image, output, omeVersion, workers: 1, overwrite: true });
        let wanted: { shape: readonly number[]; pixels: Uint16Array } = { shape, pixels: Uint16Array.from(pixels) };
        for (let level = 0; level <= coarser.length; level++) {
          const array = await levelOf(output, level);
          expect({ shape: array.metadata.shape, pixels: await pixelsOfArray(array) }).toEqual(wanted);
          const { shape: fine } = wanted;
          const coarse = [fine[0]!, Math.ceil(fine[1]! / 2), Math.ceil(fine[2]! / 2)];
          wanted = { shape: coarse, pixels: half(wanted.pixels, fine) };
          expect(wanted.pixels).toHaveLength(elementCount(coarse));
        }
        const document = omeVersion === "0.4" ? ".zattrs" : "zarr.json";
        const { attributes, ...own } = JSON.parse(await readFile(join(output, document), "utf8"));
        const { datasets } = (attributes?.ome ?? own).multiscales[0];
        const scales = datasets.map((dataset: { coordinateTransformations: { scale: number[] }[] }) => {
          return dataset.coordinateTransformations[0]!.scale;
        });
        expect(scales).toEqual(
          [
            [1, 1, 1],
            [1, 2, 2],
            [1, 4, 4],
            [1, 8, 8],
          ].slice(0, coarser.length + 1),
        );
      }
    },
  );
});

it("damaged chunks of coarser levels are made from the level before, whatever is estimated from them", async () => {
  const coarse = { shape: [2, 6, 12], chunkShape: [1, 6, 6], pixels: half(pixels, shape) };
  const coarsest = { shape: [2, 3, 6], chunkShape: [1, 3, 6], pixels: half(coarse.pixels, coarse.shape) };
  const image = await writeLevels("damaged", [coarse, coarsest]);
  for (const chunk of ["1/0/0/1", "2/1/0/0"]) await writeFile(join(image, chunk), new Uint8Array(3));
  const told: string[] = [];
  const note = (text: string, kind?: string) => void told.push(`${kind}: ${text}`);
  const { levels } = await openMosaic(new DirectoryStore(folder), "damaged", note);
  for (const [index, level] of [coarse, coarsest].entries()) {
    const stop = level.shape as unknown as readonly [number, number, number];
    expect(await levels[index + 1]!.readBox(0, { start: [0, 0, 0], stop })).toEqual(level.pixels);
    expect(await levels[index + 1]!.readChunk([0, index, 0, 1 - index])).toEqual(
      await levels[index + 1]!.readBox(0, {
        start: [index, 0, index === 0 ? 6 : 0],
        stop: [index + 1, stop[1], stop[2]],
      }),
    );
  }
  expect(told).toEqual(
    Array(2).fill(expect.stringMatching(/^warning: A coarser level has damaged chunks, .*damaged\//)),
  );
});

it("of several pyramids the first is read, and an output names no arrays that it has not", async () => {
  const image = await writeLevels("pyramids", []);
  const document = JSON.parse(await readFile(join(image, ".zattrs"), "utf8"));
  const [first] = document.multiscales;
  const sameArrays = { ...first, name: "in another way" };
  const others = { ...first, datasets: [{ ...first.datasets[0], path: "elsewhere" }] };
  await writeFile(join(image, ".zattrs"), JSON.stringify({ ...document, multiscales: [first, others, sameArrays] }));
  const told: unknown[] = [];
  const output = join(folder, "pyramids-out");
  await convertImage(
    { image, output, workers: 1 },
    { report: (event) => event.kind === "warning" && told.push(event.text) },
  );
  expect(told).toEqual(["Of 3 pyramids that the image describes the first is read; an output has no arrays of others"]);
  const written = JSON.parse(await readFile(join(output, ".zattrs"), "utf8"));
  const paths = written.multiscales.map(({ datasets }: typeof first) =>
    datasets.map(({ path }: { path: string }) => path),
  );
  expect(paths).toEqual([["0"], ["0"]]);
});
