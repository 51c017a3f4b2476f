/** Notices that a source changed while it is served: pixels of two states must not be mixed. */

import type { OpenedAcquisition } from "../acquisition/open-acquisition.ts";
import { IsoluxError } from "../errors.ts";
import { sha256 } from "../zarr/codecs/sha256.ts";
import { joinKey, type ObjectFacts, type ReadableStore } from "../zarr/store.ts";

/** Objects in a store. */
interface WatchedObjects {
  /** The source's name in messages. */
  readonly location: string;
  readonly store: ReadableStore;
  /** Metadata, and the files of pixels where these are few. */
  readonly keys: readonly string[];
}

/**
 * The objects that an acquisition is known by: its metadata, and the files of its pixels unless these are chunks, which are
 * looked at when they are read.
 */
export async function objectsToWatch(opened: OpenedAcquisition): Promise<WatchedObjects> {
  const { location, tileImages } = opened.acquisition;
  if (opened.kind === "mosaic") {
    const { store, key, metadata } = opened.acquisition;
    const names = metadata.zarrFormat === 2 ? [".zattrs", ".zarray"] : ["zarr.json", "zarr.json"];
    const arrays = metadata.levels.map(({ path }) => joinKey(key, path, names[1]!));
    return { location, store, keys: [joinKey(key, names[0]!), ...arrays] };
  }
  const stored = (tileImages ?? []).filter((image) => image.kind === "stored");
  const folder = stored[0]?.folder;
  if (folder !== undefined) {
    const { store, key } = folder;
    const groups = stored.map(({ name }) => joinKey(key, name));
    return { location, store, keys: groups.flatMap((group) => [`${group}/.zattrs`, `${group}/zarr.json`]) };
  }
  const { store, documents, pixels } = await opened.acquisition.sourceObjects();
  return { location, store, keys: [...documents, ...pixels.slice(0, mostFiles)] };
}

/** Number of pixel files that are watched. */
const mostFiles = 10_000;

/** How often objects are checked at most, and how many at a time. */
const everyMs = 1000;
const looksAtOnce = 64;

/** Watches the objects that a source is known by. */
export class SourceWatch {
  /** What is modified later was changed, in milliseconds of the Unix epoch by the clock of the store. */
  readonly sinceMs: number;
  private readonly objects: WatchedObjects;
  private readonly facts: ReadonlyMap<string, string>;
  private next = 0;
  private lookedAt = performance.now();
  private looking: Promise<void> | undefined;

  private constructor(objects: WatchedObjects, facts: ReadonlyMap<string, string>, sinceMs: number) {
    this.objects = objects;
    this.facts = facts;
    this.sinceMs = sinceMs;
  }

  /** Notes what the objects are like now. */
  static async begin(objects: WatchedObjects): Promise<SourceWatch> {
    const { store, keys } = objects;
    const facts = new Map<string, string>();
    // A store may have another clock
    let sinceMs = Date.now();
    for (let i = 0; i < keys.length; i += looksAtOnce) {
      const some = keys.slice(i, i + looksAtOnce);
      for (const [j, found] of (await Promise.all(some.map((key) => store.facts(key)))).entries()) {
        facts.set(some[j]!, describe(found));
        sinceMs = Math.max(sinceMs, found?.modifiedMs ?? 0);
      }
    }
    return new SourceWatch(objects, facts, sinceMs);
  }

  /** An object that was there. */
  get witness(): string | undefined {
    return [...this.facts].find(([, facts]) => facts !== nothing)?.[0];
  }

  /** What the objects were like, for names of what is made of them. */
  get digest(): string {
    const lines = [...this.facts].map(([key, facts]) => `${key} ${facts}`);
    return sha256(new TextEncoder().encode(lines.join("\n")));
  }

  /**
   * Looks at some of the objects, where that was not done just now.
   * @throws IsoluxError `invalid` where one is not as it was, `storage` where it cannot be read
   */
  async check(): Promise<void> {
    if (performance.now() - this.lookedAt < everyMs) return await this.looking;
    await this.checkNow();
  }

  /** Checks now, after something was found missing. @throws IsoluxError as {@link check} does */
  async checkNow(): Promise<void> {
    this.lookedAt = performance.now();
    this.looking = this.look();
    // Waiting readers get the error
    this.looking.catch(() => undefined);
    await this.looking;
  }

  private async look(): Promise<void> {
    const { store, keys } = this.objects;
    const some = keys.length <= looksAtOnce ? keys : keys.slice(this.next, this.next + looksAtOnce);
    this.next = this.next + looksAtOnce >= keys.length ? 0 : this.next + looksAtOnce;
    const found = await Promise.all(some.map((key) => store.facts(key)));
    for (const [index, key] of some.entries()) {
      if (describe(found[index]) !== this.facts.get(key)) throw sourceChanged(this.objects.location, key);
    }
  }

  /**
   * What tells the present state of an object from others.
   * @throws IsoluxError `invalid` where it was changed
   */
  async stateOf(store: ReadableStore, key: string): Promise<string> {
    const facts = await store.facts(key);
    if ((facts?.modifiedMs ?? 0) > this.sinceMs) throw sourceChanged(this.objects.location, key);
    return describe(facts);
  }
}

const nothing = "none";

function describe(facts: ObjectFacts | undefined): string {
  return facts === undefined ? nothing : `${facts.bytes} ${facts.modifiedMs || facts.tag}`;
}

/** The error where a source is no longer as it was. */
function sourceChanged(location: string, key: string): IsoluxError {
  return new IsoluxError({
    kind: "invalid",
    what: "The source image changed while it is served",
    where: location,
    found: `another ${key}`,
    advice: "Start again when nothing writes to it any more",
  });
}
