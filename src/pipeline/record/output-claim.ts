/**
 * Whose the objects are that lie at an output in a bucket, where an image grows in its very place: a mark below it names
 * the run, from before its first object until its last.
 */
import { IsoluxError } from "../../errors.ts";
import { encodeJson, readJson } from "../../zarr/json.ts";
import { joinKey } from "../../zarr/store.ts";
import { type BucketOutput, isOccupied, type Location, namesAt } from "../places/location.ts";

/** The name of the mark; zarr knows no such name, so no reader minds it. */
const markName = ".isolux-run.json";

/** By these an image is known; they go first where it goes. */
const documents = [".zattrs", ".zgroup", "zarr.json"];

/** What a mark says. */
interface Mark {
  /** Tells the run from all others: its workspace holds the same. */
  readonly run: string;
  /** Where the run can be gone on with. */
  readonly workspace: string;
  readonly process: string;
  /** `claimed` as long as what lies beside the mark is not the run's own, `building` from then on. */
  readonly state: "claimed" | "building";
}

/** A run's hold on an output in a bucket. */
export class OutputClaim {
  private readonly output: BucketOutput;
  private readonly workspace: Location;
  private readonly processName: string;

  constructor(output: BucketOutput, processName: string) {
    this.output = output;
    this.workspace = output.workspace;
    this.processName = processName;
  }

  private get where(): string {
    return joinKey(this.output.store.location, this.output.key);
  }

  private get markKey(): string {
    return joinKey(this.output.key, markName);
  }

  private get claimKey(): string {
    return joinKey(this.workspace.key, "claim.json");
  }

  /**
   * Whether the objects there are this workspace's, or an unfinished run's that may be replaced.
   * @throws IsoluxError `output` where they are another unfinished run's that may not
   */
  async mayBuild(overwrite: boolean): Promise<boolean> {
    const mark = await this.readMark();
    if (mark === undefined) return false;
    if (overwrite || (await this.isOurs(mark))) return true;
    throw new IsoluxError({
      kind: "output",
      what: "The unfinished output of another run is there",
      where: this.where,
      found: `its workspace is ${mark.workspace} (${mark.process})`,
      advice: "Finish it from there, or give --overwrite to replace it",
    });
  }

  /**
   * Marks the output as this run's, which also shows that it can be written to.
   * @param goesOn whether objects that an earlier try finished are wanted
   * @returns whether they are there
   */
  async take(goesOn: boolean): Promise<boolean> {
    const mark = await this.readMark();
    if (mark !== undefined && (await this.isOurs(mark))) {
      await this.sweep();
      if (goesOn) return true;
    }
    const run = crypto.randomUUID();
    await this.workspace.store.set(this.claimKey, encodeJson({ run }));
    await this.writeMark(run, (await isOccupied(this.output)) ? "claimed" : "building");
    return false;
  }

  /** Whether what lies at the output is still to be removed before the run puts anything there. */
  async mustClear(): Promise<boolean> {
    return (await this.ownMark()).state === "claimed";
  }

  /** Removes what lies at the output: first what makes it an image, so that the rest is not taken for one. */
  async clear(): Promise<void> {
    const { store, key } = this.output;
    const { run } = await this.ownMark();
    const names = (await namesAt(this.output)).filter((name) => name !== markName);
    const first = names.filter((name) => documents.includes(name));
    for (const name of [...first, ...names.filter((other) => !first.includes(other))]) {
      await store.remove(joinKey(key, name));
    }
    await this.sweep();
    await this.writeMark(run, "building");
  }

  /** @throws IsoluxError `output` where another run has taken the output since */
  async check(): Promise<void> {
    await this.ownMark();
  }

  /** Takes the mark away: the image is complete. */
  async release(): Promise<void> {
    const mark = await this.readMark();
    if (mark !== undefined && (await this.isOurs(mark))) await this.output.store.remove(this.markKey);
  }

  /** Gives up uploads that killed writers began. Where they may not be listed, the bucket's own rules end them. */
  async sweep(): Promise<void> {
    await this.output.store.sweep(this.output.key).catch(() => undefined);
  }

  /** Takes everything away that the run has put there. */
  async abandon(): Promise<void> {
    const { store, key } = this.output;
    const mark = await this.readMark();
    if (mark === undefined || !(await this.isOurs(mark))) return;
    await this.sweep();
    await store.remove(mark.state === "building" ? key : this.markKey);
  }

  private async ownMark(): Promise<Mark> {
    const mark = await this.readMark();
    if (mark !== undefined && (await this.isOurs(mark))) return mark;
    throw new IsoluxError({
      kind: "output",
      what: "Another run removed or took over the output",
      where: this.where,
      ...(mark === undefined ? {} : { found: `a run whose workspace is ${mark.workspace} (${mark.process})` }),
      advice: "Give another --output, or run again when the other run has ended",
    });
  }

  private async isOurs({ run }: Mark): Promise<boolean> {
    return (await readJson(this.workspace.store, this.claimKey))?.run === run;
  }

  private async readMark(): Promise<Mark | undefined> {
    const mark = await readJson(this.output.store, this.markKey);
    if (mark === undefined) return undefined;
    const { run, workspace, process, state } = mark;
    const text = (value: unknown) => (typeof value === "string" ? value : "unknown");
    const isBuilding = state === "building";
    return {
      run: text(run),
      workspace: text(workspace),
      process: text(process),
      state: isBuilding ? "building" : "claimed",
    };
  }

  private async writeMark(run: string, state: Mark["state"]): Promise<void> {
    const mark: Mark = {
      run,
      workspace: joinKey(this.workspace.store.location, this.workspace.key),
      process: this.processName,
      state,
    };
    await this.output.store.set(this.markKey, encodeJson({ ...mark }));
  }
}
