/**
 * The demonstration: makes an acquisition with known shading, corrects it in every possible way, and compares the
 * results.
 */
import { join, resolve } from "node:path";
import { openMosaic } from "../../acquisition/open-mosaic.ts";
import { IsoluxError } from "../../errors.ts";
import { orderOf } from "../../parameters/profile-source.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import { correctSchema } from "../../parameters/schema.ts";
import { validate } from "../../parameters/validate.ts";
import { withWorkers } from "../../pipeline/threads/platform-node.ts";
import { readModel } from "../../profile/formats/find-profile.ts";
import type { Profile } from "../../profile/profile.ts";
import { resampleProfile } from "../../profile/resample.ts";
import { formatBytes } from "../../quantities.ts";
import { flatfieldError } from "../../report/plane-measures.ts";
import { reportSeams, type SeamFigures } from "../../report/seams.ts";
import { planOverlaps } from "../../sample/plan-overlaps.ts";
import { readOverlaps } from "../../sample/read-overlaps.ts";
import { bytesPerPixel, elementCount } from "../../shapes.ts";
import type { SyntheticOptions } from "../../synthetic/options.ts";
import type { SyntheticAcquisition } from "../../synthetic/write-acquisition.ts";
import { DirectoryStore } from "../../zarr/disk/directory-store-node.ts";
import { encodeJson } from "../../zarr/json.ts";
import type { ReadableStore } from "../../zarr/store.ts";
import { loadEngine } from "../perform.ts";
import { demoKeys, writeDemoAcquisition } from "./acquisition.ts";
import { type DemoResult, type DemoSummary, shown } from "./demo-text.ts";

/** What a demonstration takes. */
interface DemoOptions {
  /** `isolux-demo` in the current folder where none is given. */
  readonly folder?: string;
  /** The acquisition to make; tests use another one than {@link demoOptions}. */
  readonly acquisition?: Partial<SyntheticOptions>;
  readonly workers?: number;
}

/** Tiles, planes and light as of a mesoSPIM, but tiles of 256 x 256 pixels instead of millions. */
export const demoOptions: Partial<SyntheticOptions> = {
  gridYx: [3, 3],
  tileShapeYx: [256, 256],
  planes: 48,
  emptyPlanesPerEnd: 6,
  channels: [
    { label: "MBP", wavelengthId: "488", color: "4FC3F7", background: 600, autofluorescence: 900, labelled: 4000 },
    { label: "Lectin", wavelengthId: "561", color: "F06292", background: 450, autofluorescence: 700, labelled: 6000 },
  ],
  darkfield: 12,
  sample: "grown",
  chunkShapeZyx: [16, 320, 320],
  levelCount: 3,
};

/** Bytes of the full resolution, uncompressed. */
function demoBytes({ layout, options }: SyntheticAcquisition): number {
  return elementCount(layout.mosaicShapeZyx) * options.channels.length * bytesPerPixel(options.pixelType);
}

// The figures of the demonstration: errors of profiles, and how visible the seams of an image are.

/** Planes of every pair of neighbours in which the seams are measured. */
const planesPerPair = 6;

/** The seams of every channel of an image, by label, in the same planes of every tile; none where no tiles overlap. */
async function imageSeams(store: ReadableStore, key: string): Promise<ReadonlyMap<string, SeamFigures>> {
  const acquisition = await openMosaic(store, key);
  const plan = planOverlaps(acquisition, { level: 0, planesPerPair, seed: 0 });
  const figures = new Map<string, SeamFigures>();
  for (const { index, label } of acquisition.channels) {
    const report = reportSeams(plan, await readOverlaps(acquisition, index, plan));
    if (report.kind === "measured") figures.set(label, report.placed.before);
  }
  return figures;
}

/** The same for no profile at all. */
function uncorrectedError({ flatfield }: Profile): number {
  return flatfieldError(new Float32Array(flatfield.length).fill(1), flatfield);
}

/** Runs it. @throws IsoluxError `output` for a folder of something else */
export async function runDemo(options: DemoOptions, hooks: RunHooks): Promise<DemoSummary> {
  const path = resolve(options.folder ?? "isolux-demo");
  const store = await claimFolder(path);
  const acquisition = await writeDemoAcquisition(store, options.acquisition ?? demoOptions, hooks);
  const size = formatBytes(demoBytes(acquisition));
  hooks.report({ kind: "note", text: `An acquisition of ${size} with known shading is in ${shown(path)}` });
  const { workers } = withWorkers(options);
  const rows = await correctAllWays({ path, store, acquisition, workers, hooks });
  const { imageKey, truth } = acquisition;
  const channels = [...new Set(rows.map((row) => row.channel))];
  return {
    folder: path,
    image: join(path, imageKey),
    report: join(path, demoKeys.report),
    emptyTiles: truth.emptyTiles,
    emptyOptions: `--fov-list ${truth.emptyTiles.join(",")}`,
    results: channels.flatMap((channel) => rows.filter((row) => row.channel === channel)),
  };
}

/** Prepares the folder: it must be new, empty, or of an earlier demonstration, which is removed. */
async function claimFolder(path: string): Promise<DirectoryStore> {
  const store = new DirectoryStore(path);
  const inside = (await store.list("")).map((entry) => entry.name);
  if (inside.length > 0 && !inside.includes(demoKeys.marker)) {
    throw new IsoluxError({
      kind: "output",
      what: "The folder holds something other than a demonstration",
      where: path,
      found: inside.slice(0, 3).join(", "),
      expected: "a new or empty folder",
      advice: "Name another folder",
    });
  }
  const { marker, ...written } = demoKeys;
  for (const key of Object.values(written)) await store.remove(key);
  await store.set(marker, encodeJson({ note: "Written by isolux demo; this folder can be deleted." }));
  return store;
}

/** A running demonstration. */
interface Demo {
  readonly path: string;
  readonly store: DirectoryStore;
  readonly acquisition: SyntheticAcquisition;
  readonly workers: number;
  readonly hooks: RunHooks;
}

function figuresOf({ difference, logRatio }: SeamFigures): Pick<DemoResult, "seamDifference" | "brightnessStep"> {
  return { seamDifference: difference, brightnessStep: logRatio };
}

async function correctAllWays(demo: Demo): Promise<DemoResult[]> {
  const { truth, imageKey } = demo.acquisition;
  const seams = await imageSeams(demo.store, imageKey);
  const rows = [...truth.profiles].map(([label, profile]) => ({
    channel: label,
    source: "none (raw images)",
    profileError: uncorrectedError(profile),
    ...figuresOf(seams.get(label)!),
  }));
  const ways = demoWays(demo.path, demo.acquisition);
  for (const [index, way] of ways.entries()) {
    for (const text of ["", `${index + 1} of ${ways.length}: profile ${way.title}`]) {
      demo.hooks.report({ kind: "note", text });
    }
    rows.push(...(await correctOneWay(demo, way)));
  }
  return rows;
}

async function correctOneWay({ path, store, acquisition, workers, hooks }: Demo, way: DemoWay): Promise<DemoResult[]> {
  const outputKey = `${demoKeys.container}/${way.output}`;
  // Parameters that a way does not set are left to the defaults.
  const raw = {
    image: join(path, acquisition.imageKey),
    output: join(path, outputKey),
    // The background is kept in all of them, so that their seams are comparable with those before.
    background: "keep",
    overwrite: true,
    workers,
    ...way.parameters,
    ...("modelsFolder" in way.parameters ? {} : { saveModels: join(path, way.profiles) }),
  };
  const order = orderOf(validate(correctSchema, raw, { spelling: "key" }), raw, "key");
  await (await loadEngine()).correctImage(order, hooks);
  const seams = await imageSeams(store, outputKey);
  const rows: DemoResult[] = [];
  for (const [channel, profile] of acquisition.truth.profiles) {
    const profileError = await savedProfileError(store, way.profiles, channel, profile);
    rows.push({ channel, source: way.title, profileError, ...figuresOf(seams.get(channel)!) });
  }
  return rows;
}

/** One way to a profile: its parameters, the folder of its profiles, and the image's name. */
interface DemoWay {
  readonly title: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly profiles: string;
  readonly output: string;
}

/** Planes for BaSiC: enough here, in a quarter of the time of the default of 200. */
const basicPlanes = 60;

/** All ways; `path` is the demonstration's folder. */
function demoWays(path: string, { truth, options }: SyntheticAcquisition): DemoWay[] {
  const { emptyTiles, zLevels } = truth;
  const emptyPlanes = emptyTiles.length * 2 * options.emptyPlanesPerEnd;
  return [
    {
      title: "fluorescent slide",
      parameters: { modelsFolder: join(path, demoKeys.measured) },
      profiles: demoKeys.measured,
      output: "corrected_measured",
    },
    {
      title: "from empty regions",
      parameters: { fovList: emptyTiles, zLevels, nZplanes: emptyPlanes, report: join(path, demoKeys.report) },
      profiles: `${demoKeys.profiles}/empty`,
      output: "corrected_empty",
    },
    {
      title: `BaSiC, ${basicPlanes} planes`,
      parameters: { nZplanes: basicPlanes, basic: { getDarkfield: true } },
      profiles: `${demoKeys.profiles}/basic`,
      output: "corrected_basic",
    },
    {
      title: "chosen by Isolux",
      parameters: { nZplanes: basicPlanes },
      profiles: `${demoKeys.profiles}/chosen`,
      output: "corrected",
    },
  ];
}

/** Mean distance of a saved flat-field from the true one, of mean 1. */
async function savedProfileError(store: ReadableStore, folder: string, label: string, truth: Profile): Promise<number> {
  const { profile, alignment } = await readModel(store, folder, label);
  return flatfieldError(resampleProfile(profile, truth.shapeYx, alignment).flatfield, truth.flatfield);
}
