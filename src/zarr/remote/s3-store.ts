import { IsoluxError } from "../../errors.ts";
import { limits, tooLarge } from "../../limits.ts";
import {
  type ByteRange,
  growingPartBytes,
  type ObjectFacts,
  type ObjectStore,
  type ObjectWriter,
  type ReadOptions,
  type StoreEntry,
} from "../store.ts";
import type { RemoteSettings } from "./remote-client.ts";
import { RemoteReader } from "./remote-reader.ts";
import { abortUpload, type S3Access, S3Server } from "./s3-server.ts";
import { GrowingUpload, uploadInParts } from "./s3-upload.ts";
import { type ListingPage, parseListing, parseUploads } from "./s3-xml.ts";

export type { CredentialSource, S3Access, S3Credentials } from "./s3-server.ts";

/** Pages of a listing that may hold nothing, one after the other: servers send some where much was removed. */
const mostEmptyPages = 100;

/** How an {@link S3Store} asks; all but the access has defaults. */
interface S3Settings extends S3Access, Partial<RemoteSettings> {
  /** Larger objects are uploaded in parts of half that size; 64 MiB. */
  readonly largestSingleUpload?: number;
  /** Size of the parts of objects that grow, at least 5 MiB at Amazon; {@link growingPartBytes}. */
  readonly growingPart?: number;
}

/**
 * Objects below a prefix of a bucket, at Amazon or any server that speaks S3. Objects cannot grow there, and nothing can
 * be renamed at a stroke, so this is no `WritableStore`: what relies on either belongs elsewhere.
 */
export class S3Store implements ObjectStore {
  readonly location: string;
  readonly isRemote = true;
  readonly #server: S3Server;
  readonly #reader: RemoteReader;
  readonly #largestSingleUpload: number;
  readonly #growingPart: number;
  readonly #isAnonymous: boolean;
  #knowsConditions = false;

  /**
   * @param prefix of the keys in the bucket, without slashes at its ends; empty for the whole bucket
   * @throws IsoluxError `usage` where the bucket's name or the endpoint cannot be
   */
  constructor(bucket: string, prefix: string, settings: S3Settings) {
    const { region, endpoint, credentials, ...others } = settings;
    const { largestSingleUpload = 1 << 26, growingPart = growingPartBytes, ...remote } = others;
    const access = { region, ...(endpoint && { endpoint }), credentials };
    this.#server = new S3Server(bucket, prefix, access, remote);
    this.location = this.#server.location;
    this.#reader = new RemoteReader(this.#server);
    this.#isAnonymous = credentials === undefined;
    this.#largestSingleUpload = largestSingleUpload;
    this.#growingPart = growingPart;
  }

  get absenceNote(): string | undefined {
    const note = this.#reader.absenceNote;
    return note && this.#isAnonymous ? `${note}; no credentials were found` : note;
  }

  async get(key: string, { mostBytes }: ReadOptions = {}): Promise<Uint8Array | undefined> {
    return await this.#reader.get(key, mostBytes);
  }

  async getRange(key: string, range: ByteRange): Promise<Uint8Array | undefined> {
    return await this.#reader.getRange(key, range);
  }

  async facts(key: string): Promise<ObjectFacts | undefined> {
    return await this.#reader.facts(key);
  }

  /** As of any store; `undefined` where the bucket may be read but not listed. */
  async list(folder: string): Promise<StoreEntry[] | undefined> {
    const prefix = this.#folderPrefix(folder);
    const kinds = new Map<string, StoreEntry["kind"]>();
    let listed = 0;
    for await (const page of this.#pages(prefix, "/")) {
      if (page === undefined) return undefined;
      listed += page.keys.length + page.prefixes.length;
      if (listed > limits.listedNames) {
        throw tooLarge("A folder of the bucket holds too much", this.#server.where(folder), limits.listedNames);
      }
      for (const inner of page.prefixes) kinds.set(inner.slice(prefix.length, -1), "folder");
      for (const key of page.keys.map((whole) => whole.slice(prefix.length))) {
        if (!kinds.has(key)) kinds.set(key, "object");
      }
    }
    // Some programs make an empty object for a folder, named like it with a slash at the end.
    kinds.delete("");
    return [...kinds].map(([name, kind]) => ({ name, kind })).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async set(key: string, bytes: Uint8Array): Promise<void> {
    this.#checkKey(key);
    if (bytes.length > this.#largestSingleUpload) {
      await uploadInParts(this.#server, key, bytes, Math.ceil(this.#largestSingleUpload / 2));
      return;
    }
    const answer = await this.#server.send({ method: "PUT", key, body: bytes });
    if (answer.status !== 200) throw this.#server.fault(answer, key);
  }

  begin(key: string, mostBytes: number): ObjectWriter {
    this.#checkKey(key);
    const size = { partBytes: this.#growingPart, mostBytes };
    return new GrowingUpload(this.#server, key, size, (bytes) => this.set(key, bytes));
  }

  /**
   * Creates an object if there is none.
   * @throws IsoluxError `unsupported` where the server cannot make sure that there is none
   */
  async create(key: string, bytes: Uint8Array): Promise<boolean> {
    this.#checkKey(key);
    const request = { method: "PUT", key, body: bytes, headers: { "if-none-match": "*" } } as const;
    const answer = await this.#server.send(request);
    if (answer.status === 412) return answer.tries > 1 && (await this.#holds(key, bytes));
    if (answer.status !== 200) throw answer.status === 501 ? this.#noConditions() : this.#server.fault(answer, key);
    // A server that does not know of conditions ignores them: it would also create the object a second time.
    this.#knowsConditions ||= (await this.#server.send(request)).status === 412;
    if (this.#knowsConditions) return true;
    throw this.#noConditions();
  }

  /** Removes an object and all below it, one request for each. */
  async remove(key: string): Promise<void> {
    this.#checkKey(key);
    await this.#delete([this.#server.bucketKey(key)]);
    for await (const page of this.#pages(this.#folderPrefix(key))) {
      if (page === undefined) throw this.#cannotList(key);
      await this.#delete(page.keys);
    }
  }

  /** Gives up the uploads in parts that killed writers left. */
  async sweep(folder: string): Promise<void> {
    const prefix = this.#folderPrefix(folder);
    const answer = await this.#server.send({ method: "GET", key: "", query: { uploads: "", prefix } });
    const uploads = answer.status === 200 ? parseUploads(answer.body) : undefined;
    if (uploads === undefined) throw this.#server.fault(answer, folder);
    const own = uploads.filter(({ key }) => key.startsWith(prefix));
    for (const { key, uploadId } of own) await abortUpload(this.#server, this.#storeKey(key), uploadId);
  }

  /**
   * The parts of a listing; `undefined` where it is not allowed.
   * @throws IsoluxError `storage`, also where it lists what was not asked for, or does not go on
   */
  async *#pages(prefix: string, delimiter?: string): AsyncGenerator<ListingPage | undefined> {
    const query = { "list-type": "2", "encoding-type": "url", prefix, ...(delimiter && { delimiter }) };
    let page: ListingPage | undefined;
    let emptyPages = 0;
    do {
      const from: Record<string, string> = page?.next === undefined ? {} : { "continuation-token": page.next };
      const answer = await this.#server.send({ method: "GET", key: "", query: { ...query, ...from } });
      if (this.#server.classify(answer) === "hidden") return yield undefined;
      page = answer.status === 200 ? parseListing(answer.body) : undefined;
      if (page === undefined) throw this.#server.fault(answer, "");
      const names = [...page.keys, ...page.prefixes];
      const other = names.find((name) => !name.startsWith(prefix));
      // What is listed may be removed: nothing else may be
      if (other !== undefined) throw this.#wrongListing(prefix, JSON.stringify(other));
      emptyPages = names.length === 0 ? emptyPages + 1 : 0;
      if (emptyPages > mostEmptyPages || (page.next !== undefined && page.next === from["continuation-token"])) {
        throw this.#wrongListing(prefix, "a listing that does not go on");
      }
      yield page;
    } while (page.next !== undefined);
  }

  async #delete(bucketKeys: readonly string[]): Promise<void> {
    await Promise.all(
      bucketKeys.map(async (bucketKey) => {
        const key = this.#storeKey(bucketKey);
        const answer = await this.#server.send({ method: "DELETE", key });
        if (answer.status >= 300 && answer.status !== 404) throw this.#server.fault(answer, key);
      }),
    );
  }

  async #holds(key: string, bytes: Uint8Array): Promise<boolean> {
    const found = await this.get(key);
    return found?.length === bytes.length && found.every((byte, i) => byte === bytes[i]);
  }

  #folderPrefix(folder: string): string {
    const prefix = this.#server.bucketKey(folder);
    return prefix === "" ? "" : `${prefix}/`;
  }

  #storeKey(bucketKey: string): string {
    const root = this.#folderPrefix("");
    return bucketKey.slice(root.length);
  }

  #checkKey(key: string): void {
    if (key !== "") return;
    throw new IsoluxError({
      kind: "invalid",
      what: "The root of a store is neither set nor removed",
      where: this.location,
    });
  }

  #cannotList(key: string): IsoluxError {
    return new IsoluxError({
      kind: "storage",
      what: "The folder cannot be removed, because the bucket may not be listed",
      where: this.#server.where(key),
      advice: "Ask the bucket's owner for the permission to list it",
    });
  }

  #wrongListing(prefix: string, found: string): IsoluxError {
    return new IsoluxError({
      kind: "storage",
      what: "The server does not list what it was asked for",
      where: this.location,
      found,
      expected: `names that begin with ${JSON.stringify(prefix)}, to their end`,
      advice: "Ask who runs the server, or use another one",
    });
  }

  #noConditions(): IsoluxError {
    return new IsoluxError({
      kind: "unsupported",
      what: "This S3 server cannot create an object only where there is none, so two runs could write to the same place",
      where: this.location,
      advice: "Use a server that knows If-None-Match",
    });
  }
}
