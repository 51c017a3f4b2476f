/** What a run writes down in its workspace, for itself if it is interrupted and for those that share it. */
import { slotsPerChannel } from "../../correct/field.ts";
import { IsoluxError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { encodeJson, isJsonObject, type JsonObject, readJson } from "../../zarr/json.ts";
import { joinKey, type WritableStore } from "../../zarr/store.ts";
import type { LevelGeometry } from "../output/level-geometry.ts";
import type { Location } from "../places/location.ts";
import { ImageRecord, type JournalEntry, readJournal } from "./journal.ts";

/** A completed image's summary, and whether all of it was read back and compared with the source. */
export interface Completion {
  readonly summary: JsonObject;
  readonly verified: boolean;
  /** Where its report goes, and whether that was written or given up; not there where none was begun. */
  readonly report?: { readonly path: string; readonly isDone: boolean };
  /** Whether all is done but the removal of the workspace. */
  readonly isSettled?: boolean;
}

function factsOf({ kind, what, where = "", found = "" }: IsoluxError) {
  return { kind, what, where, ...(found !== "" && { found }) };
}

/** What an output may replace, by the identities of what lay there when its run began. */
interface ReplacedThings {
  readonly output?: string;
  /** By their names. */
  readonly beside: Readonly<Record<string, string>>;
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
    await this.at.store.keep(this.key("run.json"), encodeJson({ ...identity }));
  }

  /** Whether an earlier run left something to go on with. */
  async exist(): Promise<boolean> {
    return !isBlank(await this.at.store.get(this.key("run.json")));
  }

  /** Which run it is whose work lies there, or `undefined`. */
  async readIdentity(): Promise<RunIdentity | undefined> {
    return asRunIdentity(await this.readRun());
  }

  /** Marks the image as complete: from now on it only needs its place. */
  async recordCompletion(completion: Completion): Promise<void> {
    await this.at.store.keep(this.key("complete.json"), encodeJson({ ...completion }));
  }

  /** What a run that completed its image left to say, or `undefined`. */
  async readCompletion(): Promise<Completion | undefined> {
    const { summary, verified, report, isSettled } = (await this.#read("complete.json")) ?? {};
    if (!isJsonObject(summary)) return undefined;
    const { path, isDone } = isJsonObject(report) ? report : {};
    const begun = typeof path === "string" ? { report: { path, isDone: isDone === true } } : {};
    return { summary, verified: verified === true, ...begun, isSettled: isSettled === true };
  }

  /** Writes down what the output may replace: what lay at its place, and the files beside it, when the run began. */
  async recordReplaced(replaced: ReplacedThings): Promise<void> {
    await this.at.store.keep(this.key("place.json"), encodeJson({ ...replaced }));
  }

  /** What the output may replace. */
  async readReplaced(): Promise<ReplacedThings> {
    const { output, beside } = (await this.#read("place.json")) ?? {};
    const identities = Object.entries(isJsonObject(beside) ? beside : {}).filter(
      ([, value]) => typeof value === "string",
    );
    const files = Object.fromEntries(identities) as Record<string, string>;
    return { ...(typeof output === "string" && { output }), beside: files };
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
    await this.at.store.keep(this.key("shared.json"), encodeJson(shared));
  }

  /** What was written down for other processes, or `undefined`. */
  async readShared(): Promise<JsonObject | undefined> {
    return await this.#read("shared.json");
  }

  /**
   * A document of Isolux's own: where it is broken, the disk failed or it was changed. One without any text is what
   * a power cut leaves of a name: it says nothing, but for what was said to other processes.
   */
  async #read(name: string): Promise<JsonObject | undefined> {
    if (name !== "shared.json" && isBlank(await this.at.store.get(this.key(name)))) return undefined;
    try {
      return await readJson(this.at.store, this.key(name), limits.record);
    } catch (cause) {
      if (!(cause instanceof IsoluxError) || cause.kind !== "corrupt") throw cause;
      const folder = joinKey(this.at.store.location, this.at.key);
      const advice = `To start again, move ${folder} away; look into it before you delete it`;
      throw new IsoluxError({ ...factsOf(cause), advice, cause });
    }
  }
}

/**
 * Reads what a journal says of each image of an output.
 * @param images the levels of every image
 * @param slots how many pairs of counts an entry has for each channel
 * @param counts which entries count; all of them where nothing is said
 */
export async function readRecords(
  store: WritableStore,
  folder: string,
  images: readonly (readonly LevelGeometry[])[],
  slots: number,
  counts: (entry: JournalEntry) => boolean = () => true,
): Promise<ImageRecord[]> {
  const records = images.map((levels) => new ImageRecord(levels, slots));
  await readJournal(store, folder, (entry) => {
    if (counts(entry)) records[entry.image]?.add(entry);
  });
  return records;
}

/** Whether bytes say nothing, or are not there. */
function isBlank(bytes: Uint8Array | undefined): boolean {
  return bytes?.every((byte) => byte === 0) !== false;
}

// By what a run knows whether it may go on with the work of an earlier one.

/** What makes two runs the same: if all of it is equal, one may go on where the other stopped. */
export interface RunIdentity {
  /** Version of Isolux. */
  readonly version: string;
  /** Digest of the source, see `fingerprintSource`. */
  readonly source: string;
  /** Every parameter that has a bearing on the output. */
  readonly parameters: JsonObject;
}

const sourceChanged = "the source image has changed since";

/** What was written down of a run, or `undefined` where that describes none. */
function asRunIdentity(document: JsonObject | undefined): RunIdentity | undefined {
  const { version, source, parameters } = document ?? {};
  if (typeof version !== "string" || typeof source !== "string" || !isJsonObject(parameters)) return undefined;
  return { version, source, parameters };
}

/** In what an earlier run differs from this one, in words; `undefined` where they are the same. */
export function describeDifference(earlier: JsonObject, identity: RunIdentity): string | undefined {
  if (typeof earlier.version !== "string") return "its record cannot be read";
  if (earlier.version !== identity.version) return `it was begun by Isolux ${earlier.version}`;
  const difference = describeParameters(earlier.parameters, identity.parameters);
  if (difference !== undefined) return difference;
  return describeSource(earlier, identity.source);
}

/**
 * In what a run that completed its image differs from one with these parameters, in words, or `undefined`.
 * @param source digest of the source, `undefined` where it is gone
 */
function describeCompleted(
  earlier: JsonObject,
  parameters: JsonObject,
  source: string | undefined,
): string | undefined {
  const before = isJsonObject(earlier.parameters) ? { ...earlier.parameters, givenProfiles: undefined } : {};
  return describeParameters(before, parameters) ?? describeSource(earlier, source ?? earlier.source);
}

/** The error for an earlier run's work that this run cannot go on with. @param where the folder of that work */
export function differentRun(difference: string, where: string): IsoluxError {
  return new IsoluxError({
    kind: "output",
    what: `An unfinished run there differs from this one: ${difference}`,
    where,
    advice:
      difference === sourceChanged
        ? "Restore the source to finish it, or give --overwrite to start again"
        : "Repeat the command that was interrupted to finish it, or give --overwrite to start again",
  });
}

function describeSource(earlier: JsonObject, source: unknown): string | undefined {
  return earlier.source === source ? undefined : sourceChanged;
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
