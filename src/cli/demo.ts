/** `isolux demo`: makes an acquisition whose shading is known, corrects it in every way there is, and says how well. */
import { join, relative, resolve } from "node:path";
import { IsoluxError } from "../errors.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import { correctSchema } from "../parameters/schema.ts";
import type { SyntheticAcquisition } from "../synthetic/write-acquisition.ts";
import { DirectoryStore } from "../zarr/directory-store.ts";
import { availableCores } from "./cores.ts";
import { demoBytes, demoKeys, obtainDemoAcquisition, removeDemo } from "./demo-acquisition.ts";
import { imageSeams, savedProfileError, uncorrectedError } from "./demo-figures.ts";
import { type DemoRow, demoText } from "./demo-text.ts";
import type { Door } from "./door.ts";
import { loadEngine } from "./engine.ts";
import { showProgress } from "./progress.ts";
import { formatBytes } from "./quantities.ts";

/** Where a demonstration takes place. */
export interface DemoOptions {
  /** `isolux-demo` in the current folder where none is given. */
  readonly folder?: string;
  /** Go on with what an earlier demonstration left in the folder. */
  readonly keep?: boolean;
}

/** One way to a profile: its parameters, and the folder in which the profiles are afterwards. */
interface DemoWay {
  readonly name: string;
  readonly title: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly profiles: string;
}

/**
 * Runs the demonstration: progress goes to the door's stderr, the table and what to try next to its stdout.
 * @throws IsoluxError `output` for a folder that holds anything but an earlier demonstration, and as a correction does
 */
export async function runDemo({ folder = "isolux-demo", keep = false }: DemoOptions, door: Door): Promise<void> {
  const path = resolve(folder);
  const store = await claimFolder(path, keep);
  const progress = showProgress(door.stderr);
  try {
    const hooks: RunHooks = { report: progress.report, signal: door.signal };
    const acquisition = await obtainDemoAcquisition(store, hooks);
    const size = formatBytes(demoBytes(acquisition));
    hooks.report({ kind: "note", text: `an acquisition of ${size} with known shading is in ${shown(path)}` });
    const rows = await correctAllWays(path, store, acquisition, hooks);
    progress.finish();
    door.stdout.write(demoText(rows, { folder: shown(path), acquisition }));
  } finally {
    progress.finish();
  }
}

/** Makes the folder this demonstration's own: it must be new, empty, or left by an earlier one. */
async function claimFolder(path: string, keep: boolean): Promise<DirectoryStore> {
  const store = new DirectoryStore(path);
  const inside = (await store.list("")).map((entry) => entry.name);
  if (inside.length > 0 && !inside.includes(demoKeys.marker)) {
    throw new IsoluxError({
      kind: "output",
      what: "The folder holds something that is no demonstration",
      where: path,
      found: inside.slice(0, 3).join(", "),
      expected: "a new or empty folder",
      advice: "Name another folder",
    });
  }
  if (!keep) await removeDemo(store);
  return store;
}

async function correctAllWays(
  path: string,
  store: DirectoryStore,
  acquisition: SyntheticAcquisition,
  hooks: RunHooks,
): Promise<DemoRow[]> {
  const { truth, imageKey } = acquisition;
  const seams = await imageSeams(store, imageKey);
  const rows = [...truth.profiles].map(([label, profile]) => ({
    channel: label,
    source: "none: as it was taken",
    profileError: uncorrectedError(profile),
    seams: seams.get(label)!,
  }));
  for (const way of waysOf(path, acquisition))
    rows.push(...(await correctOneWay(path, store, acquisition, way, hooks)));
  return rows;
}

/** Backgrounds are kept in all of them, so that their seams compare with those before. */
function waysOf(path: string, { truth }: SyntheticAcquisition): DemoWay[] {
  const saved = (name: string) => `${demoKeys.profiles}/${name}`;
  const saveModels = (name: string) => join(path, demoKeys.profiles, name);
  return [
    {
      name: "measured",
      title: "measured with a slide",
      parameters: { modelsFolder: join(path, demoKeys.measured) },
      profiles: demoKeys.measured,
    },
    {
      name: "empty",
      title: "empty tiles and planes",
      parameters: { fovList: truth.emptyTiles, zLevels: truth.zLevels, saveModels: saveModels("empty") },
      profiles: saved("empty"),
    },
    {
      name: "basic",
      title: "BaSiC on all tiles",
      parameters: { saveModels: saveModels("basic") },
      profiles: saved("basic"),
    },
  ];
}

async function correctOneWay(
  path: string,
  store: DirectoryStore,
  { truth, imageKey }: SyntheticAcquisition,
  { name, title, parameters, profiles }: DemoWay,
  hooks: RunHooks,
): Promise<DemoRow[]> {
  hooks.report({ kind: "note", text: `correcting with the profile ${title}` });
  const outputKey = `${demoKeys.container}/corrected_${name}`;
  const complete = correctSchema.parse({
    image: join(path, imageKey),
    output: join(path, outputKey),
    background: "keep",
    overwrite: true,
    workers: availableCores(),
    ...parameters,
  });
  await (await loadEngine()).correctImage(complete, hooks);
  const seams = await imageSeams(store, outputKey);
  const rows: DemoRow[] = [];
  for (const [channel, profile] of truth.profiles) {
    const profileError = await savedProfileError(store, profiles, channel, profile);
    rows.push({ channel, source: title, profileError, seams: seams.get(channel)! });
  }
  return rows;
}

/** A path as one would type it here. */
function shown(path: string): string {
  const here = relative(process.cwd(), path);
  return here === "" || here.startsWith("..") ? path : here;
}
