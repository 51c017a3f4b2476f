import { IsoluxError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import type { ByteRange, ObjectFacts, ReadableStore, ReadOptions } from "../store.ts";
import type { HttpAnswer, HttpRequest } from "./exchange.ts";
import { describeStatus, type FinalAnswer, keyPath, RemoteClient, type RemoteSettings } from "./remote-client.ts";
import { type ObjectQuestion, type ObjectServer, RemoteReader, type Verdict } from "./remote-reader.ts";

/** How an {@link HttpStore} asks; all has defaults. */
export interface HttpSettings extends Partial<RemoteSettings> {
  /** Headers of every request, such as `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Objects of a web server, read over HTTP. It cannot list: folders are unknown to HTTP. A query in the address (such as
 * an access token) goes with every request, a user and password in it as well; messages show neither.
 */
export class HttpStore implements ReadableStore {
  readonly location: string;
  readonly isRemote = true;
  readonly #reader: RemoteReader;

  /** @throws IsoluxError `usage` where the address is not one of http or https */
  constructor(address: string, settings: HttpSettings = {}) {
    const server = new HttpServer(address, settings);
    this.location = server.location;
    this.#reader = new RemoteReader(server);
  }

  get absenceNote(): string | undefined {
    return this.#reader.absenceNote;
  }

  async get(key: string, { mostBytes }: ReadOptions = {}): Promise<Uint8Array | undefined> {
    return await this.#reader.get(key, mostBytes);
  }

  async getRange(key: string, range: ByteRange): Promise<Uint8Array | undefined> {
    return await this.#reader.getRange(key, range);
  }

  async list(): Promise<undefined> {
    return undefined;
  }

  async facts(key: string): Promise<ObjectFacts | undefined> {
    return await this.#reader.facts(key);
  }
}

/**
 * The store and key of an address: the key is its last name, the store what lies above, so that siblings can be reached.
 * Nothing is read.
 * @throws IsoluxError `usage` for an address that cannot be
 */
export function openHttp(
  address: string,
  settings: HttpSettings = {},
): { readonly store: HttpStore; readonly key: string } {
  parseAddress(address);
  const [, root, path, query] = /^([^/]+:\/\/[^/?#]*)([^?#]*)(\?[^#]*)?/.exec(address) ?? [];
  const parts = (path ?? "").split("/").filter((part) => part !== "");
  const key = decodedName(parts.at(-1) ?? "", address);
  const above = [root, ...parts.slice(0, -1)].join("/");
  return { store: new HttpStore(`${above}${query ?? ""}`, settings), key };
}

/** The name that an address writes percent-encoded. */
function decodedName(name: string, address: string): string {
  try {
    return decodeURIComponent(name);
  } catch (cause) {
    const where = address.replace(/\?.*/s, "");
    throw new IsoluxError({
      kind: "usage",
      what: "The address has a % that stands for no character",
      where,
      advice: "Write % as %25",
      cause,
    });
  }
}

class HttpServer implements ObjectServer {
  /** The address without its secrets. */
  readonly location: string;
  readonly #query: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #isSecret: boolean;
  readonly #client: RemoteClient;

  constructor(address: string, { headers = {}, ...settings }: HttpSettings) {
    const url = parseAddress(address);
    this.location = `${url.origin}${url.pathname}`.replace(/\/+$/, "");
    this.#query = url.search;
    // Ranges and sizes count the bytes as stored, not as compressed for the way.
    this.#headers = { "accept-encoding": "identity", ...authorization(url), ...headers };
    // Of these, `fetch` itself takes only the usual ones off where a server redirects to another host.
    this.#isSecret = Object.keys(headers).some((name) => !/^(authorization|cookie)$/i.test(name));
    this.#client = new RemoteClient(settings);
  }

  async ask({ key, method, headers, part, mostBytes = limits.object }: ObjectQuestion): Promise<FinalAnswer> {
    const request: HttpRequest = {
      method,
      url: `${this.location}/${keyPath(key, this.location)}${this.#query}`,
      headers: { ...this.#headers, ...headers },
      ...(part && { part }),
      mostBytes,
      redirect: this.#isSecret ? "bare" : "follow",
    };
    return await this.#client.send(async () => request, this.where(key));
  }

  classify({ status }: HttpAnswer): Verdict {
    if (status === 200 || status === 206 || status === 416) return "there";
    if (status === 404 || status === 410) return "missing";
    return status === 403 ? "hidden" : "refused";
  }

  fault(answer: FinalAnswer, key: string): IsoluxError {
    const isForbidden = answer.status === 401 || answer.status === 403;
    return new IsoluxError({
      kind: "storage",
      what: isForbidden ? "The server does not let you read this" : "The server's answer cannot be used",
      where: this.where(key),
      found: describeStatus(answer),
      ...(isForbidden
        ? { advice: "Check the access token or password in the address, and whether it has expired" }
        : {}),
    });
  }

  where(key: string): string {
    return `${this.location}/${key}`;
  }
}

function parseAddress(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw new IsoluxError({
    kind: "usage",
    what: "This is not the address of a web server",
    found: JSON.stringify(address.replace(/\?.*/s, "")),
    expected: "https://host/path",
  });
}

/** The header for a user and password in an address, which `fetch` does not take there. */
function authorization({ username, password }: URL): Record<string, string> {
  if (username === "" && password === "") return {};
  const bytes = new TextEncoder().encode(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  return { authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` };
}
