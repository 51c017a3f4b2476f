/**
 * The folder of a run, hidden beside its output: the image in the making, what has been decided (so that an interrupted
 * run can go on), the journal of finished chunks and signs of life of who is at work. It is removed when the output is
 * in place. Of an output in a bucket it lies on this computer, and holds of the image only what makes its pixels one.
 */
import { IsoluxError, throwIfInterrupted } from "../../errors.ts";
import type { RunHooks } from "../../parameters/run-events.ts";
import { wait } from "../../wait.ts";
import { hiddenBeside, joinKey } from "../../zarr/store.ts";
import type { FolderOutput, Location, ObjectLocation, OutputPlace } from "../places/location.ts";
import { Claims, UnitLeases } from "./claims.ts";
import type { Lease } from "./lease.ts";
import { type Processes, usualTiming } from "./lease.ts";
import { OutputClaim } from "./output-claim.ts";
import { areRemains, checkOwnFolder, clearFolder, isWrittenAfterRemoval, removeFolder } from "./own-folder.ts";
import { describeDifference, differentRun, RunDocuments, type RunIdentity } from "./run-documents.ts";

/** Told who is at work on an output, before it is tried again to take it. @throws to give up */
export type WhenBusy = (found: string) => Promise<void>;

/**
 * The workspace of one output: taken by one process at a time, gone on with where an equal run stopped. Processes that
 * make blocks of it do not take it: they work as long as it is free.
 */
export class Workspace {
  /** The hold on the place of the output, where the image grows there. */
  readonly claim: OutputClaim | undefined;
  private readonly output: OutputPlace;
  private readonly at: Location;
  private readonly claims: Claims;
  /** What has been decided and done. */
  readonly documents: RunDocuments;
  /** The processes that work on parts of the output. */
  readonly units: UnitLeases;
  private readonly whenBusy: WhenBusy;
  private lease: Lease | undefined;

  /** @param whenBusy what to do while another process is at work on the output; by default that is an error */
  constructor(output: OutputPlace, processes: Processes, whenBusy?: WhenBusy) {
    this.output = output;
    this.at = output.kind === "bucket" ? output.workspace : besideOutput(output);
    this.claims = new Claims(this.folder("claims"), processes);
    this.documents = new RunDocuments(this.at);
    this.units = new UnitLeases(this.folder("units"), processes);
    this.whenBusy = whenBusy ?? (async (found) => Promise.reject(this.inUse(found)));
    if (output.kind === "bucket") this.claim = new OutputClaim(output, processes.processName);
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

  /**
   * Takes the folder for this process: begins anew, or goes on with what an interrupted run of the same identity left.
   * @returns whether the run goes on with an earlier one's work
   * @throws IsoluxError `output` where another process works there, or an earlier run was a different one
   */
  async open(identity: RunIdentity, startAfresh: boolean): Promise<boolean> {
    const { store } = this.at;
    await this.lock();
    try {
      const earlier = await this.documents.readRun().catch((error: unknown) => {
        if (startAfresh) return {};
        throw error;
      });
      const difference = earlier === undefined ? undefined : describeDifference(earlier, identity);
      if (earlier !== undefined && difference === undefined) {
        await store.sweep(this.key);
        return true;
      }
      if (difference !== undefined && !startAfresh) throw this.differentRun(difference);
      // What lies there without a word about its run may be anybody's.
      await clearFolder(this.at);
      await this.documents.writeRun(identity);
      return false;
    } catch (error) {
      await this.unlock();
      throw error;
    }
  }

  /** Removes the folder, once all is done: last the file that says so, for the next run to go on with. */
  async remove(): Promise<void> {
    this.lease?.end();
    this.lease = undefined;
    await removeFolder(this.at);
  }

  /** Removes what the removal of a folder has left where it was cut short: nothing that a run could go on with. */
  async removeRemains(): Promise<void> {
    if (this.lease !== undefined || !(await areRemains(this.at)) || (await this.holder()) !== undefined) return;
    await this.lock();
    if (await areRemains(this.at)) await this.remove();
    else await this.unlock();
  }

  /** Gives the folder back. One that holds nothing is not left behind. */
  async unlock(): Promise<void> {
    const { store } = this.at;
    if (this.lease !== undefined) await this.claims.release(this.lease);
    if ((await store.list(this.key)).every(({ name }) => name === "claims")) await removeFolder(this.at);
    await this.leaveLost();
  }

  /** Leaves a folder that this process had taken: what it wrote there after its removal goes. */
  async leaveLost(): Promise<void> {
    const { lease } = this;
    this.lease = undefined;
    if (lease !== undefined && (await isWrittenAfterRemoval(this.at))) await this.at.store.remove(this.key);
  }

  /**
   * Takes the folder for this process alone, if it has not done so.
   * @returns whether that was still to be done
   * @throws IsoluxError `output` where another process works there, unless it is to be waited for
   */
  async lock(): Promise<boolean> {
    if (this.lease !== undefined) return false;
    await this.checkOurs();
    for (;;) {
      const taken = await this.claims.take();
      if ("process" in taken) {
        await this.whenBusy(taken.process);
        continue;
      }
      this.lease = taken;
      try {
        await this.waitForUnits();
        return true;
      } catch (error) {
        await this.unlock();
        throw error;
      }
    }
  }

  /** No process begins a unit while the folder is taken; those that have begun end in their time. */
  private async waitForUnits(): Promise<void> {
    for (;;) {
      const working = await this.units.living();
      if (working.length === 0) return;
      await this.whenBusy(working.map(({ process, unit }) => `${process} on unit ${unit}`).join(", "));
    }
  }

  /** Who has taken the folder alone, if anybody who lives. */
  async holder(): Promise<string | undefined> {
    return (await this.claims.holder())?.process;
  }

  /** @throws IsoluxError `output` where a process is at work there, or the folder is not Isolux's */
  async checkFree(): Promise<void> {
    await this.checkOurs();
    const units = (await this.units.living()).map(({ process }) => process);
    const [found] = [await this.holder(), ...units].filter((name) => name !== undefined);
    if (found !== undefined) throw this.inUse(found);
  }

  /** Whether this process has taken the folder. */
  get isTaken(): boolean {
    return this.lease !== undefined;
  }

  /** Whether a process had the folder that gave no sign of life any more: it may wake and write on. */
  get isTakenOver(): boolean {
    return this.lease !== undefined && !this.lease.key.endsWith("/1.json");
  }

  /** Aborted where another process takes the folder from this one, which then gave no sign of life for too long. */
  get lost(): AbortSignal | undefined {
    return this.lease?.lost;
  }

  /** @throws IsoluxError `output` where another process has taken the folder from this one */
  async checkHeld(): Promise<void> {
    if (this.lease !== undefined && !(await this.lease.beat())) throw this.taken();
  }

  /** The error of a process whose folder another has taken, or that was removed. */
  taken(): IsoluxError {
    return new IsoluxError({
      kind: "output",
      what: "Another process took over the output, because this one gave no sign of life for too long, or the output was removed",
      where: this.where,
      advice: "If no other run is active, run the same command again: it resumes",
    });
  }

  /** @throws IsoluxError `output` where a folder of this name is not Isolux's */
  async checkOurs(): Promise<void> {
    await checkOwnFolder(this.at);
  }

  private inUse(holder: string): IsoluxError {
    return new IsoluxError({
      kind: "output",
      what: "Another run is writing this output",
      where: this.where,
      found: holder,
      advice: "Wait for it to end; if it was killed on another machine, it counts as dead two minutes later",
    });
  }

  /** The error for an earlier run's work that this run cannot go on with. */
  differentRun(difference: string): IsoluxError {
    return differentRun(difference, this.where);
  }
}

function besideOutput({ kind: _, ...output }: FolderOutput): Location {
  return { ...output, key: hiddenBeside(output.key, "isolux") };
}

/** Waits for a while whenever another process is at work on an output, and says once for whom. */
export function waitForLock({ leaseTiming = usualTiming }: Processes, { report, signal }: RunHooks): WhenBusy {
  let reported: string | undefined;
  return async (found) => {
    if (reported !== found)
      report({ kind: "note", text: `Waiting for another process that writes this output: ${found}` });
    reported = found;
    await wait(leaseTiming.beatMs / 3, signal);
    throwIfInterrupted(signal);
  };
}
