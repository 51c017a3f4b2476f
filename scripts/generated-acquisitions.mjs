// Generated acquisitions whose profiles are known, as files: mosaics, and tiles of two sides as the microscope writes them.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { stackName, writeMeta, writeRaw } from "./microscope-files.mjs";

const { DirectoryStore, MemoryStore, openMosaic } = await import("../dist/node.js");
const { readBox } = await import("../dist/zarr/box.js");
const { writeSyntheticAcquisition } = await import("../dist/synthetic/write-acquisition.js");

const usual = { wavelengthId: "488", color: "4FC3F7", autofluorescence: 300, labelled: 1500 };
const channelOf = (background) => ({ ...usual, label: "488", background });
/** Two channels stand for the two sides. */
const sidesOf = (background) => ["Left", "Right"].map((label) => ({ ...usual, label, background }));
const everywhere = { gridYx: [3, 4], emptyTiles: [] };

/** With an unknown camera offset: sample in some tiles and in all, in bright and dim background, of two sides. */
export const cases = {
  "empty corners": { channels: [channelOf(240)] },
  "empty corners, dim": { channels: [channelOf(60)] },
  "sample everywhere": { channels: [channelOf(240)], ...everywhere },
  "sample everywhere, dim": { channels: [channelOf(60)], ...everywhere },
  "two sides": { sides: true, channels: sidesOf(240), ...everywhere },
  "two sides, dim": { sides: true, channels: sidesOf(60), ...everywhere },
};

/**
 * Writes the acquisition of a case.
 * @returns the path to open, and the true profiles with the side of each, where there are two
 */
export async function writeCase(folder, name, { sides = false, ...scene }, size) {
  const options = {
    planes: 24,
    emptyPlanesPerEnd: 2,
    cameraOffset: 100,
    levelCount: 1,
    codec: { kind: "none" },
    ...size,
    ...scene,
  };
  const planes = { chunkShapeZyx: [options.planes, ...options.tileShapeYx] };
  const store = sides ? new MemoryStore() : new DirectoryStore(folder);
  const made = await writeSyntheticAcquisition(store, `${name}.zarr`, { ...options, ...planes });
  const truths = [...made.truth.profiles.values()];
  if (!sides) return { image: join(folder, made.imageKey), truths: [{ truth: truths[0] }] };
  const image = join(folder, name);
  await writeSides(image, (await openMosaic(store, made.imageKey)).levels[0].array, made);
  return { image, truths: ["Left", "Right"].map((side, index) => ({ side, truth: truths[index] })) };
}

/** The left half of the grid as the first channel shows it, the right half as the second does: light of two sides. */
async function writeSides(folder, mosaic, { options, layout }) {
  const { planes, tileShapeYx: shapeYx, gridYx } = options;
  const pixelSizeUm = 1;
  mkdirSync(folder, { recursive: true });
  for (const { number, gridYx: place, mosaicYx, stageYx } of layout.tiles) {
    const channel = place[1] < gridYx[1] / 2 ? 0 : 1;
    const side = channel === 0 ? "Left" : "Right";
    const [y, x] = mosaicYx;
    const pixels = await readBox(mosaic, [channel, 0, y, x], [channel + 1, planes, y + shapeYx[0], x + shapeYx[1]]);
    const path = join(folder, stackName(number - 1, "488", "raw", side));
    const length = shapeYx[0] * shapeYx[1];
    writeRaw(path, planes, (z) => pixels.slice(z * length, (z + 1) * length));
    // The stage moves the sample: the tile of the largest position lies at the top left.
    writeMeta(path, { side, stageYx: stageYx.map((at) => -pixelSizeUm * at), planes, shapeYx, pixelSizeUm });
  }
}
