/** `isolux demo`: makes an acquisition whose shading is known, corrects it in every way there is, and says how well. */
import { join, relative, resolve } from "node:path";
import { IsoluxError } from "../errors.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import { availableCores } from "../pipeline/cores-node.ts";
import { formatBytes } from "../quantities.ts";
import type { SyntheticOptions } from "../synthetic/options.ts";
import type { SyntheticAcquisition } from "../synthetic/write-acquisition.ts";
import { DirectoryStore } from "../zarr/directory-store.ts";
import { encodeJson } from "../zarr/json.ts";
import { demoBytes, demoKeys, demoOptions, writeDemoAcquisition } from "./demo-acquisition.ts";
import { imageSeams, savedProfileError, uncorrectedError } from "./demo-figures.ts";
import { type DemoRow, demoText } from "./demo-text.ts";
import { type DemoWay, demoWays } from "./demo-ways.ts";
import type { Door } from "./door.ts";
import { loadEngine } from "./engine.ts";
import { showProgress } from "./progress.ts";

/** Where a demonstration takes place. */
export interface DemoOptions {
  /** `isolux-demo` in the current folder where none is given. */
  readonly folder?: string;
  /** What to make and correct; another acquisition than {@link demoOptions} for tests. */
  readonly acquisition?: Partial<SyntheticOptions>;
  readonly workers?: number;
}

/**
 * Runs the demonstration: progress goes to the door's stderr, the table and what to try next to its stdout.
 * @throws IsoluxError `output` for a folder that holds anything but an earlier demonstration, and as a correction does
 */
export async function runDemo(options: DemoOptions, door: Door): Promise<void> {
  const path = resolve(options.folder ?? "isolux-demo");
  const store = await claimFolder(path);
  const progress = showProgress(door.stderr);
  try {
    const hooks: RunHooks = { report: progress.report, signal: door.signal };
    const acquisition = await writeDemoAcquisition(store, options.acquisition ?? demoOptions, hooks);
    const size = formatBytes(demoBytes(acquisition));
    hooks.report({ kind: "note", text: `An acquisition of ${size} with known shading is in ${shown(path)}` });
    const rows = await correctAllWays({
      path,
      store,
      acquisition,
      workers: options.workers ?? availableCores(),
      hooks,
    });
    progress.finish();
    door.stdout.write(demoText(rows, { folder: shown(path), acquisition }));
  } finally {
    progress.finish();
  }
}

/** Makes the folder this demonstration's own: it must be new, empty, or left by an earlier one, which is removed. */
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

/** A demonstration under way. */
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
    source: "none: as it was taken",
    profileError: uncorrectedError(profile),
    seams: seams.get(label)!,
  }));
  const ways = demoWays(demo.path, demo.acquisition);
  for (const [index, way] of ways.entries()) {
    demo.hooks.report({ kind: "note", text: `\n${index + 1} of ${ways.length}: profile ${way.title}` });
    rows.push(...(await correctOneWay(demo, way)));
  }
  return rows;
}

async function correctOneWay({ path, store, acquisition, workers, hooks }: Demo, way: DemoWay): Promise<DemoRow[]> {
  const outputKey = `${demoKeys.container}/${way.output}`;
  // What a way does not name is left open.
  const parameters = {
    image: join(path, acquisition.imageKey),
    output: join(path, outputKey),
    // Kept in all of them, so that their seams compare with those before.
    background: "keep",
    overwrite: true,
    workers,
    ...way.parameters,
    ...("modelsFolder" in way.parameters ? {} : { saveModels: join(path, way.profiles) }),
  };
  await (await loadEngine()).correctImage(parameters, hooks);
  const seams = await imageSeams(store, outputKey);
  const rows: DemoRow[] = [];
  for (const [channel, profile] of acquisition.truth.profiles) {
    const profileError = await savedProfileError(store, way.profiles, channel, profile);
    rows.push({ channel, source: way.title, profileError, seams: seams.get(channel)! });
  }
  return rows;
}

/** A path as one would type it here. */
function shown(path: string): string {
  const here = relative(process.cwd(), path);
  return here === "" || here.startsWith("..") ? path : here;
}
