/**
 * The folder of a run, hidden beside its output: the image in the making, what has been decided (so that an interrupted
 * run can go on), the journal of finished chunks and a lock. It is removed when the output is in place. Of an output in
 * a bucket it lies on this computer, and holds of the image only what makes its pixels one.
 */
import { IsoluxError } from "../errors.ts";
import { encodeJson, isJsonObject, type JsonObject, readJson } from "../ngff/json.ts";
import { joinKey } from "../zarr/store.ts";
import { type JournalEntry, readJournal } from "./journal.ts";
import type { FolderOutput, Location, ObjectLocation, OutputPlace } from "./location.ts";
import { OutputClaim } from "./output-claim.ts";
import type { Platform } from "./platform.ts";

/** A completed image's summary, and whether all of it was read back and compared with the source. */
export interface Completion {
  readonly summary: JsonObject;
  readonly verified: boolean;
}

/** What makes two runs the same: if all of it is equal, one may go on where the other stopped. */
export interface RunIdentity {
  /** Version of Isolux. */
  readonly version: string;
  /** Digest of the source, see `fingerprintSource`. */
  readonly source: string;
  /** Every parameter that has a bearing on the output. */
  readonly parameters: JsonObject;
}

/** The workspace of one output: taken by one process at a time, gone on with where an equal run stopped. */
export class Workspace {
  /** The hold on the place of the output, where the image grows there. */
  readonly claim: OutputClaim | undefined;
  private readonly output: OutputPlace;
  private readonly at: Location;
  private readonly platform: Platform;

  constructor(output: OutputPlace, platform: Platform) {
    this.output = output;
    this.at = output.kind === "bucket" ? output.workspace : besideOutput(output);
    this.platform = platform;
    if (output.kind === "bucket") this.claim = new OutputClaim(output, platform.processName);
  }

  private get key(): string {
    return this.at.key;
  }

  /** The folder as messages name it. */
  get where(): string {
    return joinKey(this.at.store.location, this.key);
  }

  /** The image in the making, or what is to be put last of an image that grows in its place. */
  get image(): Location {
    return this.folder("image");
  }

  /** Where finished chunks and shards go. */
  get pixels(): ObjectLocation {
    return this.output.kind === "bucket" ? this.output : this.image;
  }

  /** The files that are to lie beside the output. */
  get beside(): Location {
    return this.folder("beside");
  }

  path(...parts: string[]): string {
    return joinKey(this.key, ...parts);
  }

  /** A folder in the workspace. */
  folder(name: string): Location {
    return { ...this.at, key: this.path(name) };
  }

  /** Whether an earlier run left something to go on with. */
  async exists(): Promise<boolean> {
    return (await this.at.store.get(this.path("run.json"))) !== undefined;
  }

  /**
   * Takes the folder for this process: begins anew, or goes on with what an interrupted run of the same identity left.
   * @returns whether the run goes on with an earlier one's work
   * @throws IsoluxError `output` where another process works there, or an earlier run was a different one
   */
  async open(identity: RunIdentity, startAfresh: boolean): Promise<boolean> {
    const { store } = this.at;
    await this.lock();
    try {
      const earlier = await readJson(store, this.path("run.json")).catch((error: unknown) => {
        if (startAfresh) return {};
        throw error;
      });
      if (earlier !== undefined) {
        const difference = describeDifference(earlier, identity);
        if (difference === undefined) {
          await store.sweep(this.key);
          return true;
        }
        if (!startAfresh) throw this.differentRun(difference);
        await this.clear();
      }
      await store.set(this.path("run.json"), encodeJson({ ...identity }));
      return false;
    } catch (error) {
      await this.unlock();
      throw error;
    }
  }

  /** Marks the image as complete: from now on it only needs its place. */
  async recordCompletion(completion: Completion): Promise<void> {
    await this.at.store.set(this.path("complete.json"), encodeJson({ ...completion }));
  }

  /** What a run that completed its image left to say, or `undefined`. */
  async readCompletion(): Promise<Completion | undefined> {
    const { summary, verified } = (await readJson(this.at.store, this.path("complete.json"))) ?? {};
    return isJsonObject(summary) ? { summary, verified: verified === true } : undefined;
  }

  /** Takes back that the image is complete. */
  async revokeCompletion(): Promise<void> {
    await this.at.store.remove(this.path("complete.json"));
  }

  /**
   * In what the run that completed the image differs from one with these parameters, or `undefined`.
   * @param source digest of the source, `undefined` where it is gone
   */
  async describeCompleted(parameters: JsonObject, source: string | undefined): Promise<string | undefined> {
    const earlier = (await readJson(this.at.store, this.path("run.json"))) ?? {};
    const before = isJsonObject(earlier.parameters) ? { ...earlier.parameters, givenProfiles: undefined } : {};
    return describeParameters(before, parameters) ?? describeSource(earlier, source ?? earlier.source);
  }

  /** Takes back that anything is done. */
  async forgetJournal(): Promise<void> {
    await this.at.store.remove(this.path("journal"));
  }

  readJournal(): Promise<JournalEntry[]> {
    return readJournal(this.at.store, this.path("journal"));
  }

  /** Removes the folder, once all is done. */
  async remove(): Promise<void> {
    await this.at.store.remove(this.key);
  }

  async unlock(): Promise<void> {
    const { store } = this.at;
    await store.remove(this.path("lock.json"));
    // A folder that holds nothing is not worth leaving behind.
    if ((await store.list(this.key)).length === 0) await store.remove(this.key);
  }

  /** Takes the folder for this process. @throws IsoluxError `output` where another process works there */
  async lock(): Promise<void> {
    const { store } = this.at;
    const mine = encodeJson({ process: this.platform.processName });
    for (let attempt = 0; attempt < 3; attempt++) {
      if (await store.create(this.path("lock.json"), mine)) return;
      const holder = await this.lockHolder();
      if (holder !== undefined && this.platform.isRunning(holder)) throw this.inUse(holder);
      // Moving the dead holder's lock aside is atomic: of two processes that try, one succeeds.
      const aside = this.path(`stale-lock.${attempt}.${this.platform.processName.replaceAll(/\W/g, "_")}`);
      await store.move(this.path("lock.json"), aside).catch(() => undefined);
      await store.remove(aside);
    }
    throw this.inUse("another process");
  }

  /** Who holds the lock; `undefined` where it is gone or was never written to its end. */
  private async lockHolder(): Promise<string | undefined> {
    const { store } = this.at;
    for (let look = 0; look < 5; look++) {
      const holder = (await readJson(store, this.path("lock.json")).catch(() => undefined))?.process;
      if (typeof holder === "string") return holder;
      // Its holder may be just about to write its name.
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return undefined;
  }

  private async clear(): Promise<void> {
    const { store } = this.at;
    for (const { name } of await store.list(this.key)) {
      if (!keptOnClearing.has(name)) await store.remove(this.path(name));
    }
  }

  private inUse(holder: string): IsoluxError {
    return new IsoluxError({
      kind: "output",
      what: "Another run is at work on this output",
      where: this.where,
      found: holder,
      advice: `Wait for it to end; if it was killed on another machine, remove ${joinKey(this.where, "lock.json")}`,
    });
  }

  /** The error for an earlier run's work that this run cannot go on with. */
  differentRun(difference: string): IsoluxError {
    return new IsoluxError({
      kind: "output",
      what: `An unfinished run lies there that differs from this one: ${difference}`,
      where: this.where,
      advice: "Repeat the command that was interrupted to finish it, or give --overwrite to begin anew",
    });
  }
}

/** The lock, the old output, and by what a bucket knows that it may be cleared. */
const keptOnClearing = new Set(["lock.json", "replaced", "claim.json"]);

function besideOutput({ kind: _, ...output }: FolderOutput): Location {
  const parts = output.key.split("/");
  return { ...output, key: joinKey(...parts.slice(0, -1), `.${parts.at(-1)}.isolux`) };
}

function describeDifference(earlier: JsonObject, identity: RunIdentity): string | undefined {
  if (earlier.version !== identity.version) return `it was begun by Isolux ${String(earlier.version)}`;
  const difference = describeParameters(earlier.parameters, identity.parameters);
  if (difference !== undefined) return difference;
  return describeSource(earlier, identity.source);
}

function describeSource(earlier: JsonObject, source: unknown): string | undefined {
  return earlier.source === source ? undefined : "the source image has changed since";
}

function describeParameters(earlier: unknown, wanted: JsonObject): string | undefined {
  const before = isJsonObject(earlier) ? earlier : {};
  const now = JSON.parse(JSON.stringify(wanted)) as JsonObject;
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  const changed = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(now[name]));
  if (changed.length === 0) return undefined;
  const describe = (name: string) =>
    `${name} was ${JSON.stringify(before[name]) ?? "not given"}, now ${JSON.stringify(now[name]) ?? "not given"}`;
  return changed.map(describe).join("; ");
}
