/**
 * How a process shows others, on this machine and on others, that it is at work: a file that it touches in regular
 * time. Ages are measured by the clock of the file server, so that the clocks of the machines may differ.
 */
import { wait } from "../../wait.ts";
import { encodeJson, isJsonObject, type JsonObject } from "../../zarr/json.ts";
import { joinKey, type WritableStore } from "../../zarr/store.ts";
import type { Location } from "../places/location.ts";

/** What a lease says about its holder. */
export interface LeaseNote extends JsonObject {
  readonly process: string;
}

/** How often a process gives a sign of life, and after how long without one it counts as dead. */
interface LeaseTiming {
  readonly beatMs: number;
  readonly staleMs: number;
}

/** File systems on a network may show a file as it was a minute ago; a busy process may be late with a sign or two. */
export const usualTiming: LeaseTiming = { beatMs: 15_000, staleMs: 120_000 };

/** This process among all that may see the same folders. */
export interface Processes {
  readonly processName: string;
  /** Whether the process of that name still runs; `undefined` where that cannot be known, as on another machine. */
  isRunning(processName: string): boolean | undefined;
  /**
   * For how long this machine has been up, where the process may have run on it before it was started; `undefined` for
   * all others. A sign of life from before that is a dead process's.
   */
  upSince?(processName: string): number | undefined;
  /** How signs of life are given and checked, where not in the usual way. */
  readonly leaseTiming?: LeaseTiming;
}

/** A lease that this process holds. */
export class Lease {
  readonly key: string;
  private readonly store: WritableStore;
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly controller = new AbortController();
  private readonly isSuperseded: () => Promise<boolean>;

  /** @param isSuperseded whether another process has taken what the lease stands for */
  constructor(
    store: WritableStore,
    key: string,
    timing: LeaseTiming,
    isSuperseded: () => Promise<boolean> = async () => false,
  ) {
    this.store = store;
    this.key = key;
    this.isSuperseded = isSuperseded;
    // A sign that fails may come through next time: too many of them and others will say so.
    this.timer = setInterval(() => void this.beat().catch(() => undefined), timing.beatMs);
    // Nothing waits for a sign of life.
    if (typeof this.timer === "object" && "unref" in this.timer) this.timer.unref();
  }

  /** Aborted when the lease is found to be no longer this process's. */
  get lost(): AbortSignal {
    return this.controller.signal;
  }

  /** Gives a sign of life, and finds out whether the lease is still this process's. */
  async beat(): Promise<boolean> {
    const isHeld = (await this.store.touch(this.key)) && !(await this.isSuperseded());
    if (!isHeld) {
      this.end();
      this.controller.abort();
    }
    return isHeld;
  }

  /** Gives no more signs of life. */
  end(): void {
    clearInterval(this.timer);
  }
}

/** A lease is lost after this many failed signs of life. */
const signsMissed = 3;

/** Reads the leases of others. */
export class LeaseReader {
  private readonly store: WritableStore;
  private readonly folder: string;
  private readonly processes: Processes;
  private readonly timing: LeaseTiming;

  /** @param at a folder in which it may write for a moment, to learn the time */
  constructor({ store, key }: Location, processes: Processes) {
    this.store = store;
    this.folder = key;
    this.processes = processes;
    this.timing = processes.leaseTiming ?? usualTiming;
  }

  /** What the lease says, and whether its holder lives. */
  async read(key: string): Promise<{ readonly note: LeaseNote | undefined; readonly isAlive: boolean }> {
    const note = await this.note(key);
    // Who was killed while writing its name did nothing else yet.
    if (note === undefined || note.ended !== undefined) return { note, isAlive: false };
    const isRunning = this.processes.isRunning(note.process);
    if (isRunning === false) return { note, isAlive: false };
    const age = await this.age(key);
    if (age === undefined) return { note, isAlive: false };
    if (age >= 0 && age <= this.longestSilence(note.process)) return { note, isAlive: true };
    // What is known to run, or has a time that lies ahead, may live though the clock was set meanwhile
    return { note, isAlive: (isRunning === true || age < 0) && (await this.givesSigns(key)) };
  }

  /** How long a living process may be silent: a machine that was started since ended all that ran on it before. */
  private longestSilence(process: string): number {
    const { beatMs, staleMs } = this.timing;
    const up = this.processes.upSince?.(process) ?? staleMs;
    return Math.min(staleMs, Math.max(signsMissed * beatMs, up));
  }

  /** Time since the last sign of life, below 0 where it lies further ahead than clocks differ; `undefined` without one. */
  private async age(key: string): Promise<number | undefined> {
    const facts = await this.store.facts(key);
    if (facts === undefined) return undefined;
    const age = (await this.now()) - facts.modifiedMs;
    return age < -this.timing.staleMs ? -1 : Math.max(0, age);
  }

  /** Whether a lease is touched within the time of some signs: where the clock was set, its time means nothing. */
  private async givesSigns(key: string): Promise<boolean> {
    const before = await this.store.facts(key);
    for (let look = 0; look < 2 * signsMissed; look++) {
      await wait(this.timing.beatMs / 2);
      const facts = await this.store.facts(key);
      if (facts === undefined || facts.modifiedMs !== before?.modifiedMs) return facts !== undefined;
    }
    return false;
  }

  private async note(key: string): Promise<LeaseNote | undefined> {
    for (let look = 0; look < 5; look++) {
      const note = parseLines(await this.store.get(key).catch(() => undefined));
      if (typeof note.process === "string") return note as LeaseNote;
      if ((await this.store.facts(key)) === undefined) return undefined;
      // Its holder may be just about to write its name.
      await wait(100);
    }
    return undefined;
  }

  /** The time by the clock that the leases' times are taken from. */
  private async now(): Promise<number> {
    const probe = joinKey(this.folder, `.clock-${crypto.randomUUID()}`);
    try {
      await this.store.set(probe, encodeJson({}));
      return (await this.store.facts(probe))?.modifiedMs ?? Date.now();
    } catch {
      // Who may only read, or finds the disk full, has only its own clock.
      return Date.now();
    } finally {
      await this.store.remove(probe).catch(() => undefined);
    }
  }
}

/** All lines together; one that is not whole yet is left out. */
function parseLines(bytes: Uint8Array | undefined): JsonObject {
  const lines = new TextDecoder().decode(bytes).split("\n");
  return Object.assign({}, ...lines.map(parseLine));
}

function parseLine(line: string): JsonObject {
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}
