/**
 * The demonstration: makes an acquisition with known shading, corrects it in every possible way, and compares the
 * results.
 */

import { basename, dirname, join, relative, resolve } from "node:path";
import { IsoluxError } from "../../errors.ts";
import { orderOf } from "../../parameters/profile-source.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import { correctSchema } from "../../parameters/schema.ts";
import { validate } from "../../parameters/validate.ts";
import { withWorkers } from "../../pipeline/threads/platform-node.ts";
import { shellWord } from "../../plain-text.ts";
import { formatBytes, formatPercent } from "../../quantities.ts";
import type { SeamFigures } from "../../report/seams.ts";
import type { SyntheticOptions } from "../../synthetic/options.ts";
import type { SyntheticAcquisition } from "../../synthetic/write-acquisition.ts";
import { DirectoryStore } from "../../zarr/disk/directory-store-node.ts";
import { encodeJson } from "../../zarr/json.ts";
import type { CliContext } from "../context.ts";
import { loadEngine } from "../perform.ts";
import { showProgress } from "../progress.ts";
import { fitWidth, screenOf } from "../text/fit-width.ts";
import { type Column, formatTable } from "../text/table.ts";
import {
  demoBytes,
  demoKeys,
  demoOptions,
  imageSeams,
  savedProfileError,
  uncorrectedError,
  writeDemoAcquisition,
} from "./acquisition.ts";

/** What a demonstration takes. */
interface DemoOptions {
  /** `isolux-demo` in the current folder where none is given. */
  readonly folder?: string;
  /** The acquisition to make; tests use another one than {@link demoOptions}. */
  readonly acquisition?: Partial<SyntheticOptions>;
  readonly workers?: number;
}

/** Runs it: progress goes to stderr, the rest to stdout. @throws IsoluxError `output` for a folder of something else */
export async function runDemo(options: DemoOptions, door: CliContext): Promise<void> {
  const path = resolve(options.folder ?? "isolux-demo");
  const store = await claimFolder(path);
  const progress = showProgress(door.stderr);
  try {
    const hooks: RunHooks = { report: progress.report, signal: door.signal };
    const acquisition = await writeDemoAcquisition(store, options.acquisition ?? demoOptions, hooks);
    const size = formatBytes(demoBytes(acquisition));
    hooks.report({ kind: "note", text: `An acquisition of ${size} with known shading is in ${shown(path)}` });
    const { workers } = withWorkers(options);
    const rows = await correctAllWays({ path, store, acquisition, workers, hooks });
    progress.finish();
    const { columns: width } = screenOf(door.stdout);
    door.stdout.write(fitWidth(demoText(rows, { folder: shown(path), acquisition }, width), width));
  } finally {
    progress.finish();
  }
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

async function correctAllWays(demo: Demo): Promise<DemoRow[]> {
  const { truth, imageKey } = demo.acquisition;
  const seams = await imageSeams(demo.store, imageKey);
  const rows = [...truth.profiles].map(([label, profile]) => ({
    channel: label,
    source: "none (raw images)",
    profileError: uncorrectedError(profile),
    seams: seams.get(label)!,
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

async function correctOneWay({ path, store, acquisition, workers, hooks }: Demo, way: DemoWay): Promise<DemoRow[]> {
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
  const rows: DemoRow[] = [];
  for (const [channel, profile] of acquisition.truth.profiles) {
    const profileError = await savedProfileError(store, way.profiles, channel, profile);
    rows.push({ channel, source: way.title, profileError, seams: seams.get(channel)! });
  }
  return rows;
}

/** A path relative to the current folder. */
function shown(path: string): string {
  const here = relative(process.cwd(), path);
  return here === "" || here.startsWith("..") ? path : here;
}

/** One line of the table. */
interface DemoRow {
  readonly channel: string;
  readonly source: string;
  /** Mean distance of the flat-field from the true one, of mean 1. */
  readonly profileError: number;
  readonly seams: SeamFigures;
}

interface DemoPlace {
  readonly folder: string;
  readonly acquisition: SyntheticAcquisition;
}

const columns: readonly Column[] = [
  { heading: "channel", align: "left" },
  { heading: "profile", align: "left" },
  { heading: "profile error", align: "right" },
  { heading: "seam difference", align: "right" },
  { heading: "brightness step", align: "right" },
];

/** The text of the result. */
function demoText(rows: readonly DemoRow[], place: DemoPlace, width: number): string {
  const channels = [...new Set(rows.map((row) => row.channel))];
  const sorted = channels.flatMap((channel) => rows.filter((row) => row.channel === channel));
  const cells = sorted.map(({ channel, source, profileError, seams }) => [
    channel,
    source,
    formatPercent(profileError),
    formatPercent(seams.difference),
    formatPercent(seams.logRatio),
  ]);
  return `\n${formatTable(columns, cells, width)}${meaning}${nextSteps(place)}`;
}

const meaning = `
  profile error    mean distance of the estimated flat-field from the true one
  seam difference  mean difference of neighbouring tiles, pixel by pixel, where
                   they overlap; includes noise, so it never reaches 0
  brightness step  the same for mean brightness: what you see as a grid
`;

function nextSteps({ folder, acquisition: { imageKey, truth } }: DemoPlace): string {
  const isolux = commandName();
  const container = `${folder}/${demoKeys.container}`;
  const image = shellWord(`${folder}/${imageKey}`);
  const corrected = shellWord(`${container}/corrected_empty`);
  const profiles = shellWord(`${folder}/my-profiles`);
  return `
What to do next:

1. Open the report of the second row of each channel in a browser:
     ${folder}/${demoKeys.report}

2. Look at the images before and after, and check the result:
     ${isolux} open ${image}
     ${isolux} check ${image} ${corrected}

3. Correct the image yourself, as you would your own:
     ${isolux} inspect ${image}
     ${isolux} estimate ${image} --fov-list ${truth.emptyTiles.join(",")} --output ${profiles}
     ${isolux} correct ${image} --models-folder ${profiles} --output ${shellWord(`${folder}/my-image`)}

Everything is in ${folder}; delete that folder when you are done.
`;
}

/** The command that started this program, so that the suggestions can be run as they are. */
function commandName(): string {
  const script = process.argv[1] ?? "";
  if (basename(script) === "main.js") return `node ${shellWord(relative(process.cwd(), script))}`;
  return basename(dirname(script)) === ".bin" ? "npx isolux" : "isolux";
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
