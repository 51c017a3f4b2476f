/**
 * Who alone is at work on an output: numbered files, of which the last one counts. A claim is taken by creating the
 * next number, which only one process can do. The file of a dead holder stays, so that nobody can take its claim away
 * from the one who has already done so.
 */
import { joinKey } from "../zarr/store.ts";
import { Lease, type LeaseNote, LeaseReader, leaseLine } from "./lease.ts";
import { usualTiming } from "./lease-timing.ts";
import type { Location } from "./location.ts";
import type { Platform } from "./platform.ts";

/** The claims on one output. */
export class Claims {
  private readonly at: Location;
  private readonly platform: Platform;
  private readonly reader: LeaseReader;

  /** @param at their folder */
  constructor(at: Location, platform: Platform) {
    this.at = at;
    this.platform = platform;
    this.reader = new LeaseReader(at, platform);
  }

  /** Claims the output: a lease, or what the holder says who lives and has it. */
  async take(): Promise<Lease | LeaseNote> {
    const { store } = this.at;
    const note = leaseLine({ process: this.platform.processName });
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
      return new Lease(store, this.keyOf(number + 1), this.platform.leaseTiming ?? usualTiming, isSuperseded);
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

  /** The last number that was taken; a list may be old news. */
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
