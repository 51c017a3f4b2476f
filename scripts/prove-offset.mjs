// Holds the camera's offset that Isolux finds to the truth: generated mosaics whose offset is known, half of them looked at
// in a coarser level, beside noise at full resolution, as profiles are made. Where it says that it knows the offset, it is wrong by more than twice its standard error in at most 5 % of them, and it never exceeds what the dimmest
// planes show. `npm run prove:offset` is a short form, a minute; `-- full` 120 mosaics; `-- full SEED` others.
// What Node brings: the kernels, deflate and checksums
import "../dist/index-node.js";
import { pixelsInOne } from "../dist/acquisition/level.js";
import { openMosaic } from "../dist/acquisition/open-mosaic.js";
import { offsetEvidence } from "../dist/estimate/offset/offset-evidence.js";
import { findOffset } from "../dist/estimate/refine/find-offset.js";
import { prepareOverlaps } from "../dist/estimate/refine/overlap-data.js";
import { randomStream } from "../dist/sample/choose-planes.js";
import { planOverlaps } from "../dist/sample/plan-overlaps.js";
import { planSample } from "../dist/sample/plan-sample.js";
import { MemoryStack } from "../dist/sample/plane-stack.js";
import { readNoise } from "../dist/sample/read-noise.js";
import { readOverlaps } from "../dist/sample/read-overlaps.js";
import { readPlanes } from "../dist/sample/read-planes.js";
import { writeSyntheticAcquisition } from "../dist/synthetic/write-acquisition.js";
import { MemoryStore } from "../dist/zarr/memory-store.js";

/** Known offsets that may be wrong by more than twice their standard error: chance allows for two more. */
const mostWrong = 0.05;
const slack = 2;

/** The sides of tiles and the levels that planes are taken of, in turn. */
const extents = [
  { side: 160, level: 0 },
  { side: 256, level: 1 },
  { side: 160, level: 0 },
  { side: 384, level: 2 },
];

const isFull = process.argv[2] === "full";
const first = Number(process.argv[3] ?? 1) * 1000;
const results = [];
for (let n = 0; n < (isFull ? 120 : 20); n++) results.push(await assess(first + n));
process.exitCode = printRates() ? 0 : 1;

/** A mosaic of any kind: its brightness, shading, noise, offset and sample are drawn. */
function sceneOf(seed, { side, level }) {
  const random = randomStream(seed, 0x0ff5e7);
  const between = (low, high) => low + (high - low) * random();
  const oneOf = (values) => values[Math.floor(random() * values.length)];
  const background = oneOf([20, 60, 150, 400]);
  return {
    seed,
    gridYx: [3, 3],
    tileShapeYx: [side, side],
    planes: 12,
    levelCount: level + 1,
    cameraOffset: oneOf([0, 50, 100, 200]),
    darkfield: 4,
    vignetting: between(0.1, 0.5),
    readNoise: between(1, 4),
    bleaching: between(0, 0.4),
    emptyPlanesPerEnd: oneOf([0, 2]),
    channels: [
      {
        label: "A",
        wavelengthId: "488",
        color: "4FC3F7",
        background,
        autofluorescence: background * between(0.3, 3),
        labelled: background * between(1, 8),
      },
    ],
  };
}

async function assess(seed) {
  const extent = extents[seed % extents.length];
  const { level } = extent;
  const scene = sceneOf(seed, extent);
  const store = new MemoryStore();
  const { imageKey } = await writeSyntheticAcquisition(store, "a.zarr", scene);
  const image = await openMosaic(store, imageKey);
  const sample = planSample(image, { level, planeCount: 108, seed: 0 });
  const planes = new MemoryStack(image.type, sample.planes.length, sample.fieldYx);
  await readPlanes(image, 0, sample, planes, {});
  const overlaps = planOverlaps(image, { level, planesPerPair: 12, seed: 0 });
  const data = prepareOverlaps(sample.fieldYx, await readOverlaps(image, 0, overlaps, {}));
  const evidence = offsetEvidence(planes, pixelsInOne(image, level), await readNoise(image, 0, sample, {}));
  const finding = findOffset(data, evidence);
  if (finding.kind !== "found") return { level, isKnown: false };
  // The dark-field of these cameras lies up to this many counts above the offset: any of them is right.
  const [low, high] = [scene.cameraOffset, scene.cameraOffset + scene.darkfield];
  const off = Math.max(low - finding.offset, finding.offset - high, 0) / finding.standardError;
  const isBeyond = finding.offset > evidence.bound + 1e-6;
  const line = `seed ${seed}, level ${level}: ${finding.offset.toFixed(0)} ± ${finding.standardError.toFixed(0)}, truth ${scene.cameraOffset}`;
  if (off > 2 || isBeyond) console.log(`wrong: ${line}`);
  return { level, isKnown: true, isWrong: off > 2, isBeyond };
}

function printRates() {
  const known = results.filter(({ isKnown }) => isKnown);
  const wrong = known.filter(({ isWrong }) => isWrong).length;
  const beyond = known.filter(({ isBeyond }) => isBeyond).length;
  const share = (100 * wrong) / Math.max(1, known.length);
  const ofLevel = [0, 1, 2].map(
    (level) => `${known.filter((result) => result.level === level).length} at level ${level}`,
  );
  console.log(`known: ${known.length} of ${results.length} (${ofLevel.join(", ")})`);
  console.log(`wrong by more than twice the standard error: ${wrong} (${share.toFixed(1)} %), at most 5 %`);
  console.log(`beyond what the dimmest planes show: ${beyond}, none allowed`);
  return wrong <= mostWrong * known.length + (isFull ? 0 : slack) && beyond === 0;
}
