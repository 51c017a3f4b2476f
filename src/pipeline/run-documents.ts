/** What a run writes down in its workspace, for itself if it is interrupted and for those that share it. */
import { IsoluxError } from "../errors.ts";
import { encodeJson, isJsonObject, type JsonObject, readJson } from "../zarr/json.ts";
import { joinKey } from "../zarr/store.ts";
import { slotsPerChannel } from "./correct-chunk.ts";
import { type ImageRecord, type JournalEntry, readJournal, readRecords } from "./journal.ts";
import type { LevelGeometry } from "./level-geometry.ts";
import type { Location } from "./location.ts";
import { asRunIdentity, describeCompleted, type RunIdentity } from "./run-identity.ts";

/** A completed image's summary, and whether all of it was read back and compared with the source. */
export interface Completion {
  readonly summary: JsonObject;
  readonly verified: boolean;
  /** Where its report goes, and whether that was written or given up; not there where none was begun. */
  readonly report?: { readonly path: string; readonly isDone: boolean };
}

function factsOf({ kind, what, where = "", found = "" }: IsoluxError) {
  return { kind, what, where, ...(found !== "" && { found }) };
}

/** The documents of one workspace. */
export class RunDocuments {
  private readonly at: Location;

  /** @param at the workspace's folder */
  constructor(at: Location) {
    this.at = at;
  }

  private key(name: string): string {
    return joinKey(this.at.key, name);
  }

  /** What was written down of the run whose work lies there, whatever it is, or `undefined`. */
  async readRun(): Promise<JsonObject | undefined> {
    return await this.#read("run.json");
  }

  /** Writes down which run this is. */
  async writeRun(identity: RunIdentity): Promise<void> {
    await this.at.store.set(this.key("run.json"), encodeJson({ ...identity }));
  }

  /** Whether an earlier run left something to go on with. */
  async exist(): Promise<boolean> {
    return (await this.at.store.get(this.key("run.json"))) !== undefined;
  }

  /** Which run it is whose work lies there, or `undefined`. */
  async readIdentity(): Promise<RunIdentity | undefined> {
    return asRunIdentity(await this.readRun());
  }

  /** Marks the image as complete: from now on it only needs its place. */
  async recordCompletion(completion: Completion): Promise<void> {
    await this.at.store.set(this.key("complete.json"), encodeJson({ ...completion }));
  }

  /** What a run that completed its image left to say, or `undefined`. */
  async readCompletion(): Promise<Completion | undefined> {
    const { summary, verified, report } = (await this.#read("complete.json")) ?? {};
    if (!isJsonObject(summary)) return undefined;
    const { path, isDone } = isJsonObject(report) ? report : {};
    const begun = typeof path === "string" ? { report: { path, isDone: isDone === true } } : {};
    return { summary, verified: verified === true, ...begun };
  }

  /** Takes back that the image is complete. */
  async revokeCompletion(): Promise<void> {
    await this.at.store.remove(this.key("complete.json"));
  }

  /**
   * In what the run that completed the image differs from one with these parameters, or `undefined`.
   * @param source digest of the source, `undefined` where it is gone
   */
  async describeCompleted(parameters: JsonObject, source: string | undefined): Promise<string | undefined> {
    return describeCompleted((await this.readRun()) ?? {}, parameters, source);
  }

  /** Takes back that anything is done. */
  async forgetJournal(): Promise<void> {
    await this.at.store.remove(this.key("journal"));
  }

  /**
   * What is done of each image of the output.
   * @param images the levels of every image
   * @param counts what of the journal counts; all of it where nothing is said
   */
  readRecords(
    images: readonly (readonly LevelGeometry[])[],
    counts?: (entry: JournalEntry) => boolean,
  ): Promise<ImageRecord[]> {
    return readRecords(this.at.store, this.key("journal"), images, slotsPerChannel, counts);
  }

  /** Goes through all that was noted as done, in no particular order. */
  readJournal(take: (entry: JournalEntry) => Promise<void>): Promise<void> {
    return readJournal(this.at.store, this.key("journal"), take);
  }

  /** Writes down what other processes must know to work on the output. */
  async writeShared(shared: JsonObject): Promise<void> {
    await this.at.store.set(this.key("shared.json"), encodeJson(shared));
  }

  /** What was written down for other processes, or `undefined`. */
  async readShared(): Promise<JsonObject | undefined> {
    return await this.#read("shared.json");
  }

  /** A document of Isolux's own: where it is broken, the disk failed or somebody changed it. */
  async #read(name: string): Promise<JsonObject | undefined> {
    try {
      return await readJson(this.at.store, this.key(name));
    } catch (cause) {
      if (!(cause instanceof IsoluxError) || cause.kind !== "corrupt") throw cause;
      const folder = joinKey(this.at.store.location, this.at.key);
      const advice = `Move ${folder} away to begin anew, and look into it before you delete it`;
      throw new IsoluxError({ ...factsOf(cause), advice, cause });
    }
  }
}
