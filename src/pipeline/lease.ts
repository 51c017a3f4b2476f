/**
 * How a process shows others, on this machine and on others, that it is at work: a file that it touches in regular
 * time. Ages are told by the clock of who keeps the files, so that the clocks of the machines may differ.
 */
import { encodeJson, isJsonObject, type JsonObject } from "../zarr/json.ts";
import { joinKey, type WritableStore } from "../zarr/store.ts";
import { type LeaseTiming, usualTiming } from "./lease-timing.ts";
import type { Location } from "./location.ts";
import type { Platform } from "./platform.ts";

/** What a lease tells of its holder. */
export interface LeaseNote extends JsonObject {
  readonly process: string;
}

/**
 * What is told by one line of a lease's file. Later lines add to earlier ones: a line is added within the block of the
 * disk that the file has already, and so even where the disk is full, which is what there may be to tell.
 */
export function leaseLine(facts: JsonObject): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(facts)}\n`);
}

/** A lease that this process holds. */
export class Lease {
  readonly key: string;
  private readonly store: WritableStore;
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly controller = new AbortController();
  private readonly isSuperseded: () => Promise<boolean>;

  /** @param isSuperseded whether somebody else has taken what the lease stands for */
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

/** Reads the leases of others. */
export class LeaseReader {
  private readonly store: WritableStore;
  private readonly folder: string;
  private readonly platform: Platform;
  private readonly timing: LeaseTiming;

  /** @param at a folder in which it may write for a moment, to learn the time */
  constructor({ store, key }: Location, platform: Platform) {
    this.store = store;
    this.folder = key;
    this.platform = platform;
    this.timing = platform.leaseTiming ?? usualTiming;
  }

  /** What the lease says, and whether its holder lives. */
  async read(key: string): Promise<{ readonly note: LeaseNote | undefined; readonly isAlive: boolean }> {
    const note = await this.note(key);
    // Who was killed while writing its name did nothing else yet.
    if (note === undefined || note.ended !== undefined) return { note, isAlive: false };
    if (!this.platform.isRunning(note.process)) return { note, isAlive: false };
    const facts = await this.store.facts(key);
    if (facts === undefined) return { note, isAlive: false };
    return { note, isAlive: (await this.now()) - facts.modifiedMs <= this.timing.staleMs };
  }

  private async note(key: string): Promise<LeaseNote | undefined> {
    for (let look = 0; look < 5; look++) {
      const note = parseLines(await this.store.get(key).catch(() => undefined));
      if (typeof note.process === "string") return note as LeaseNote;
      if ((await this.store.facts(key)) === undefined) return undefined;
      // Its holder may be just about to write its name.
      await new Promise((resolve) => setTimeout(resolve, 100));
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

/** What all lines tell together; one that is not whole yet tells nothing. */
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
