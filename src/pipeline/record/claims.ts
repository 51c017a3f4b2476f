/**
 * Exclusive lock on an output: numbered files, of which the highest number wins. A claim is taken by creating the
 * next number, which only one process can do. The file of a dead holder stays, so that no process can take the lock away from
 * the one that already replaced it.
 */
import type { JsonObject } from "../../zarr/json.ts";
import { joinKey } from "../../zarr/store.ts";
import type { Location } from "../places/location.ts";
import { Lease, type LeaseNote, LeaseReader, type Processes, usualTiming } from "./lease.ts";

/** Leases of processes in a folder. */
abstract class Leases {
  protected readonly at: Location;
  protected readonly processes: Processes;
  protected readonly reader: LeaseReader;

  /** @param at their folder */
  constructor(at: Location, processes: Processes) {
    this.at = at;
    this.processes = processes;
    this.reader = new LeaseReader(at, processes);
  }
}

/** The claims on one output. */
export class Claims extends Leases {
  /** Claims the output: a lease, or what the holder says who lives and has it. */
  async take(): Promise<Lease | LeaseNote> {
    const { store } = this.at;
    const note = leaseLine({ process: this.processes.processName });
    for (;;) {
      const number = await this.last();
      const before = await this.look(number);
      if (before === "vanished") continue;
      if (before !== "dead") return before;
      if (!(await store.create(this.keyOf(number + 1), note))) continue;
      // Where the dead holder's file is gone, all is gone that this claim was about.
      if ((await this.look(number)) !== "dead") {
        await store.remove(this.keyOf(number + 1));
        continue;
      }
      const isSuperseded = async () => (await store.facts(this.keyOf(number + 2))) !== undefined;
      return new Lease(store, this.keyOf(number + 1), this.processes.leaseTiming ?? usualTiming, isSuperseded);
    }
  }

  /** What the holder says, where one lives. */
  async holder(): Promise<LeaseNote | undefined> {
    const found = await this.look(await this.last());
    return typeof found === "string" ? undefined : found;
  }

  /** Gives a claim back. */
  async release(lease: Lease): Promise<void> {
    lease.end();
    await this.at.store.remove(lease.key);
  }

  private async look(number: number): Promise<LeaseNote | "dead" | "vanished"> {
    if (number === 0) return "dead";
    const { note, isAlive } = await this.reader.read(this.keyOf(number));
    if (isAlive && note !== undefined) return note;
    return (await this.at.store.facts(this.keyOf(number))) === undefined ? "vanished" : "dead";
  }

  /** The last number that was taken; directory listings may be stale. */
  private async last(): Promise<number> {
    const numbers = (await this.at.store.list(this.at.key)).map(({ name }) => Number(/^(\d+)\.json$/.exec(name)?.[1]));
    let last = Math.max(0, ...numbers.filter((number) => number > 0));
    while ((await this.at.store.facts(this.keyOf(last + 1))) !== undefined) last++;
    return last;
  }

  private keyOf(number: number): string {
    return joinKey(this.at.key, `${number}.json`);
  }
}

/**
 * One line of a lease's file. Later lines add to earlier ones: a line is added within the block of the
 * disk that the file has already, and so even where the disk is full, which may be what it has to say.
 */
function leaseLine(facts: JsonObject): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(facts)}\n`);
}

// The processes that work on parts of an output, and what became of those that did.

/** One of `count` equal parts: the blocks whose number, divided by `count`, leaves `index`. */
export interface Unit {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

/** All there is to do, as one part. */
export const wholeWork: Unit = { index: 0, count: 1 };

/** What a process that works on a unit says of itself. */
interface UnitNote extends LeaseNote {
  /** Such as `3/20`; the first is 0. */
  readonly unit: string;
  readonly startedMs: number;
  /** Bytes of pixels of the whole output that were done when it began, once that is known. */
  readonly bytesBefore?: number;
  /** How it ended: `done`, or why it did not do all of its work. */
  readonly ended?: string;
}

/** What a process did, or does. */
export interface UnitReport extends UnitNote {
  readonly state: "working" | "ended" | "died";
}

/** The leases of the processes that work on units of an output. */
export class UnitLeases extends Leases {
  /** Says that this process works on a unit. */
  async begin(unit: Unit): Promise<Lease> {
    const { processName, leaseTiming = usualTiming } = this.processes;
    const note: UnitNote = { process: processName, unit: unitName(unit), startedMs: Date.now() };
    const key = joinKey(this.at.key, `${unit.index}-${crypto.randomUUID()}.jsonl`);
    await this.at.store.set(key, leaseLine(note));
    return new Lease(this.at.store, key, leaseTiming);
  }

  /** Adds to the note on a unit, such as how it ended; nothing where the lease is gone. */
  async amend(lease: Lease, more: Partial<UnitNote>): Promise<void> {
    if (more.ended !== undefined) lease.end();
    if (await lease.beat()) await this.at.store.append(lease.key, leaseLine(more));
  }

  /** Takes back that this process works on a unit. */
  async withdraw(lease: Lease): Promise<void> {
    lease.end();
    await this.at.store.remove(lease.key);
  }

  /** What all processes did or do that have worked on units. */
  async reports(): Promise<UnitReport[]> {
    const reports: UnitReport[] = [];
    for (const { name } of await this.at.store.list(this.at.key)) {
      const { note, isAlive } = await this.reader.read(joinKey(this.at.key, name));
      if (note === undefined || typeof note.unit !== "string") continue;
      const state = isAlive ? "working" : note.ended === undefined ? "died" : "ended";
      reports.push({ ...(note as UnitNote), state });
    }
    return reports;
  }

  /** The processes that are at work. */
  async living(): Promise<UnitReport[]> {
    return (await this.reports()).filter(({ state }) => state === "working");
  }
}

/** A unit as people write it. */
function unitName({ index, count }: Unit): string {
  return `${index}/${count}`;
}
