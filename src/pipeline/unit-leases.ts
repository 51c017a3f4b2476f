/** The processes that work on parts of an output, and what became of those that did. */
import { joinKey } from "../zarr/store.ts";
import { Lease, type LeaseNote, LeaseReader, leaseLine } from "./lease.ts";
import { usualTiming } from "./lease-timing.ts";
import type { Location } from "./location.ts";
import type { Platform } from "./platform.ts";
import type { Unit } from "./units.ts";

/** What a process that works on a unit says of itself. */
export interface UnitNote extends LeaseNote {
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
export class UnitLeases {
  private readonly at: Location;
  private readonly platform: Platform;
  private readonly reader: LeaseReader;

  /** @param at their folder */
  constructor(at: Location, platform: Platform) {
    this.at = at;
    this.platform = platform;
    this.reader = new LeaseReader(at, platform);
  }

  /** Says that this process works on a unit. */
  async begin(unit: Unit): Promise<Lease> {
    const { processName, leaseTiming = usualTiming } = this.platform;
    const note: UnitNote = { process: processName, unit: unitName(unit), startedMs: Date.now() };
    const key = joinKey(this.at.key, `${unit.index}-${crypto.randomUUID()}.jsonl`);
    await this.at.store.set(key, leaseLine(note));
    return new Lease(this.at.store, key, leaseTiming);
  }

  /** Says more of the work on a unit, such as how it ended; nothing where the lease is gone. */
  async tell(lease: Lease, more: Partial<UnitNote>): Promise<void> {
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
