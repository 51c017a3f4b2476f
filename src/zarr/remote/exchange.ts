/** One request and its answer over `fetch`, given up when nothing moves any more. */
import { IsoluxError } from "../../errors.ts";
import { limits } from "../../limits.ts";

/** A request to a server. */
export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** The part of the object that is wanted, for servers that answer with all of it. */
  readonly part?: { readonly offset: number; readonly length: number };
  /** The most bytes that are accepted. */
  readonly mostBytes?: number;
  /**
   * How redirects are handled. `follow`: it is asked. `bare`: the same, but no header
   * that may hold a secret goes to another host. `never`: the redirect is the answer, as a signature is for one host.
   */
  readonly redirect?: "follow" | "bare" | "never";
}

/** An answer, read to its end. */
export interface HttpAnswer {
  readonly status: number;
  /** The server's words for the status; some have none. */
  readonly statusText: string;
  readonly headers: Headers;
  /** The bytes of the object, or of the part that was asked for; of an error, its beginning. */
  readonly body: Uint8Array;
  /** The bytes that came, unpacked, of which the body is a part. */
  readonly received: number;
}

/** An upload that is slower than this counts as stuck, since `fetch` does not report its progress. */
const slowestBytesPerSecond = 128_000;

/** When an exchange is given up. */
interface ExchangeLimits {
  /** Nothing came for so long. */
  readonly stallMs: number;
  /** The object is larger. */
  readonly mostBytes: number;
}

/**
 * Sends a request and reads its answer, of whatever status.
 * @throws IsoluxError `storage` where the object is larger than any that is read as a whole
 * @throws Error where the connection fails, breaks, falls silent for `stallMs` or ends before the body does
 */
export async function exchange(request: HttpRequest, { stallMs, mostBytes }: ExchangeLimits): Promise<HttpAnswer> {
  const { url, body, part } = request;
  const stall = new StallClock(stallMs);
  stall.restart(body === undefined ? 0 : (body.length / slowestBytesPerSecond) * 1000);
  try {
    const response = await follow(request, stall.signal);
    stall.restart();
    const most = Math.min(mostBytes, request.mostBytes ?? mostBytes);
    const keep = partToKeep(request, response, most);
    // Browsers have an empty stream there, beside the length of what was not sent
    const hasBody = request.method !== "HEAD";
    const content = hasBody ? await readBody(response, keep, (bytes) => stall.moved(bytes)) : new Uint8Array(0);
    if (part === undefined && content.length > most) throw tooLong(url, most);
    const { status, statusText, headers } = response;
    return { status, statusText, headers, body: content, received: stall.received };
  } finally {
    stall.stop();
  }
}

/** As many redirections as browsers follow. */
const mostRedirections = 20;
/** Headers without secrets. */
const harmless = new Set(["accept", "accept-encoding", "range"]);

async function follow({ method, url, headers, body, redirect = "follow" }: HttpRequest, signal: AbortSignal) {
  // Bytes come from ordinary buffers here; one that is shared between threads would be refused.
  const content = body === undefined ? {} : { body: body as Uint8Array<ArrayBuffer> };
  const how = redirect === "follow" ? "follow" : "manual";
  let [address, sent] = [url, headers];
  for (let count = 0; ; count++) {
    const response = await fetch(address, { method, headers: sent, signal, redirect: how, ...content });
    const location = response.status >= 300 && response.status < 400 ? response.headers.get("location") : null;
    if (redirect !== "bare" || location === null || count === mostRedirections) return response;
    const next = new URL(location, address);
    if (!/^https?:$/.test(next.protocol)) return response;
    if (next.origin !== new URL(address).origin) {
      sent = Object.fromEntries(Object.entries(sent).filter(([name]) => harmless.has(name.toLowerCase())));
    }
    await response.body?.cancel();
    address = next.href;
  }
}

function partToKeep(
  { part }: HttpRequest,
  { status, ok }: Response,
  mostBytes: number,
): { skip: number; keep: number } {
  if (!ok) return { skip: 0, keep: limits.explanation };
  // One byte more shows that there is no end.
  if (part === undefined) return { skip: 0, keep: mostBytes + 1 };
  // A server that answers 206 has left out what lies before the part; one byte more shows that it sent too much.
  return status === 206 ? { skip: 0, keep: part.length + 1 } : { skip: part.offset, keep: part.length };
}

/** A server may send without an end: then another try would only fill the memory once more. */
function tooLong(url: string, mostBytes: number): IsoluxError {
  return new IsoluxError({
    kind: "storage",
    what: "The server sends more than an object of an image has",
    where: url.replace(/[?#].*/s, ""),
    expected: `at most ${mostBytes} bytes`,
  });
}

/** A body that comes with fewer bytes a second for the time of a stall is held back: no line is as slow as that. */
const crawl = 1000;

/** Aborts when it has not been restarted for some time, or what comes crawls. */
class StallClock {
  /** The bytes of the body that came. */
  received = 0;
  readonly #controller = new AbortController();
  readonly #stallMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the body began to come. */
  #sinceMs: number | undefined;

  constructor(stallMs: number) {
    this.#stallMs = stallMs;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** @param received the bytes of the body that came so far, which may be too few for the time that they took */
  moved(received: number): void {
    this.received = received;
    this.#sinceMs ??= performance.now();
    const elapsedMs = performance.now() - this.#sinceMs;
    const isCrawling = elapsedMs > this.#stallMs && received < (crawl * elapsedMs) / 1000;
    if (isCrawling) this.#controller.abort(new Error(`less than ${crawl} bytes a second came`));
    else this.restart();
  }

  restart(extraMs = 0): void {
    this.stop();
    const reason = new Error(`nothing came for ${this.#stallMs / 1000} s`);
    this.#timer = setTimeout(() => this.#controller.abort(reason), this.#stallMs + extraMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/** The most that is allocated on a header's word alone. */
const mostTrustedBytes = 1 << 28;

/**
 * The bytes of an answer from `skip` on, at most `keep` of them, in a buffer of their own; what follows is not read.
 * @param onProgress called with the bytes so far whenever something came
 * @throws Error where the body breaks off or is shorter than its `Content-Length`
 */
async function readBody(
  response: Response,
  { skip, keep }: { readonly skip: number; readonly keep: number },
  onProgress: (received: number) => void,
): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array(0);
  const declared = declaredLength(response);
  const wanted = Math.min(keep, Math.max(0, (declared ?? 0) - skip));
  const bytes = new GrowingBytes(Math.min(wanted, mostTrustedBytes), keep);
  const reader = response.body.getReader();
  let received = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    onProgress(received + value.length);
    const from = Math.max(0, skip - received);
    bytes.add(value.subarray(from, from + keep - bytes.length));
    received += value.length;
    if (bytes.length < keep) continue;
    await reader.cancel().catch(() => undefined);
    return bytes.finish();
  }
  if (declared === undefined || received >= declared) return bytes.finish();
  throw new Error(`the answer ended after ${received} of ${declared} bytes`);
}

/** The length that a body must have, where it is given and counts the bytes as they arrive here. */
function declaredLength({ headers, type }: Response): number | undefined {
  // Browsers hide from other origins whether a body was compressed on its way; they check the length themselves.
  const isAsSent = (headers.get("content-encoding") ?? "identity") === "identity" && type !== "cors";
  return isAsSent ? lengthHeader(headers) : undefined;
}

/** The `Content-Length` of an answer, or `undefined` where there is none. */
function lengthHeader(headers: Headers): number | undefined {
  const text = headers.get("content-length");
  return text !== null && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Bytes that are added one after the other; in a buffer allocated beforehand nothing is copied twice. */
class GrowingBytes {
  readonly #most: number;
  #buffer: Uint8Array;
  #filled = 0;

  constructor(expected: number, most: number) {
    this.#buffer = new Uint8Array(expected);
    this.#most = most;
  }

  get length(): number {
    return this.#filled;
  }

  add(bytes: Uint8Array): void {
    const needed = this.#filled + bytes.length;
    if (needed > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(needed, Math.min(this.#most, 2 * this.#buffer.length)));
      larger.set(this.#buffer.subarray(0, this.#filled));
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#filled);
    this.#filled = needed;
  }

  finish(): Uint8Array {
    return this.#filled === this.#buffer.length ? this.#buffer : this.#buffer.slice(0, this.#filled);
  }
}

type Head = Pick<HttpAnswer, "status" | "headers">;

/**
 * Where the part of an object begins that an answer holds, and the size of the whole object where the server says so;
 * `undefined` where it does not say (browsers hide it from other origins).
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.content-range
 */
export function partialContent({ status, headers }: Head): { offset: number; size?: number } | undefined {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get("content-range") ?? "");
  if (status !== 206 || match === null) return undefined;
  const size = match[2] === "*" ? {} : { size: Number(match[2]) };
  return { offset: Number(match[1]), ...size };
}

/** The size of the whole object that an answer is about, or `undefined` where it does not say so. */
export function wholeSize(answer: Head): number | undefined {
  const { status, headers } = answer;
  if (status === 206) return partialContent(answer)?.size;
  if (status === 416) {
    const match = /^bytes \*\/(\d+)$/.exec(headers.get("content-range") ?? "");
    return match === null ? undefined : Number(match[1]);
  }
  const isAsStored = (headers.get("content-encoding") ?? "identity") === "identity";
  return isAsStored ? lengthHeader(headers) : undefined;
}
