import { IsoluxError } from "../errors.ts";
import type { HttpAnswer } from "./remote/exchange.ts";
import { keyPath } from "./remote/key-path.ts";
import { describeStatus, type FinalAnswer, RemoteClient, type RemoteSettings } from "./remote/remote-client.ts";
import { type ObjectQuestion, type ObjectServer, RemoteReader, type Verdict } from "./remote/remote-reader.ts";
import type { ByteRange, ObjectFacts, ReadableStore } from "./store.ts";

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

  async get(key: string): Promise<Uint8Array | undefined> {
    return await this.#reader.get(key);
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

class HttpServer implements ObjectServer {
  /** The address without its secrets. */
  readonly location: string;
  readonly #query: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #client: RemoteClient;

  constructor(address: string, { headers = {}, ...settings }: HttpSettings) {
    const url = parseAddress(address);
    this.location = `${url.origin}${url.pathname}`.replace(/\/+$/, "");
    this.#query = url.search;
    // Ranges and sizes count the bytes as stored, not as compressed for the way.
    this.#headers = { "accept-encoding": "identity", ...authorization(url), ...headers };
    this.#client = new RemoteClient(settings);
  }

  async ask({ key, method, headers, part }: ObjectQuestion): Promise<FinalAnswer> {
    const request = {
      method,
      url: `${this.location}/${keyPath(key, this.location)}${this.#query}`,
      headers: { ...this.#headers, ...headers },
      ...(part && { part }),
    };
    return await this.#client.send(async () => request, this.where(key));
  }

  judge({ status }: HttpAnswer): Verdict {
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
