/** The place of a file that a command writes once its work is done: what came there meanwhile is not replaced. */
import { IsoluxError } from "../../errors.ts";
import { joinKey, keyBeside, keyName, type PlaceFacts, shortened } from "../../zarr/store.ts";
import type { Location } from "./location.ts";

/** A place that was found free, or with something that may be replaced. */
export class FilePlace {
  private readonly at: Location;
  private readonly before: PlaceFacts | undefined;

  /** @param before what may be replaced */
  private constructor(at: Location, before: PlaceFacts | undefined) {
    this.at = at;
    this.before = before;
  }

  /** A place that was found free before. */
  static free(at: Location): FilePlace {
    return new FilePlace(at, undefined);
  }

  /** @param refusal the error where something is there that may not be replaced */
  static async find(at: Location, overwrite: boolean, refusal: () => IsoluxError): Promise<FilePlace> {
    const before = await at.store.look(at.key);
    if (before !== undefined && !overwrite) throw refusal();
    return new FilePlace(at, before);
  }

  /**
   * Puts the file there, so that it outlasts a power cut; the same bytes that an earlier try has put there stay.
   * @throws IsoluxError `output` where something else has come there
   */
  async put(bytes: Uint8Array): Promise<void> {
    const { store, key } = this.at;
    const now = await store.look(key);
    if (now?.identity !== this.before?.identity) {
      if (await this.holds(bytes)) return;
      throw this.taken();
    }
    if (now !== undefined) return await store.keep(key, bytes);
    const aside = keyBeside(key, `.${shortened(keyName(key))}.isolux-new-${crypto.randomUUID()}`);
    try {
      await store.set(aside, bytes);
      await store.move(aside, key);
    } catch (error) {
      await store.remove(aside).catch(() => undefined);
      if ((await store.look(key)) === undefined || (await this.holds(bytes))) throw error;
      throw this.taken();
    }
    await store.sync();
  }

  private async holds(bytes: Uint8Array): Promise<boolean> {
    const { store, key } = this.at;
    if ((await store.look(key))?.kind !== "object") return false;
    const found = await store.get(key, { mostBytes: bytes.length }).catch(() => undefined);
    return found?.length === bytes.length && found.every((byte, at) => byte === bytes[at]);
  }

  private taken(): IsoluxError {
    return new IsoluxError({
      kind: "output",
      what: "Another program wrote to the path of the output, which is not replaced",
      where: joinKey(this.at.store.location, this.at.key),
      advice: "Move it away, or give another place, and run again",
    });
  }
}
