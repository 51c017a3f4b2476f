/** One request and its answer over `fetch`, given up when nothing moves any more. */
import { IsoluxError } from "../../errors.ts";
import { readBody } from "./body.ts";

/** A request to a server. */
export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** The part of the object that is wanted, for servers that answer with all of it. */
  readonly part?: { readonly offset: number; readonly length: number };
}

/** An answer, read to its end. */
export interface HttpAnswer {
  readonly status: number;
  /** The server's words for the status; some have none. */
  readonly statusText: string;
  readonly headers: Headers;
  /** The bytes of the object, or of the part that was asked for; of an error, its beginning. */
  readonly body: Uint8Array;
}

/** An upload that is slower than this counts as stuck, since `fetch` does not tell how far it is. */
const slowestBytesPerSecond = 128_000;

/** Longer explanations of an error are not read. */
const longestExplanation = 65_536;

/** When an exchange is given up. */
export interface ExchangeLimits {
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
  const { method, url, headers, body, part } = request;
  const stall = new StallClock(stallMs);
  stall.restart(body === undefined ? 0 : (body.length / slowestBytesPerSecond) * 1000);
  try {
    const response = await fetch(url, {
      method,
      headers,
      signal: stall.signal,
      // Bytes come from ordinary buffers here; one that is shared between threads would be refused.
      ...(body === undefined ? {} : { body: body as Uint8Array<ArrayBuffer> }),
    });
    stall.restart();
    const keep = partToKeep(request, response, mostBytes);
    const content = await readBody(response, keep, () => stall.restart());
    if (part === undefined && content.length > mostBytes) throw tooLarge(url, mostBytes);
    return { status: response.status, statusText: response.statusText, headers: response.headers, body: content };
  } finally {
    stall.stop();
  }
}

function partToKeep(
  { part }: HttpRequest,
  { status, ok }: Response,
  mostBytes: number,
): { skip: number; keep: number } {
  if (!ok) return { skip: 0, keep: longestExplanation };
  // One byte more shows that there is no end.
  if (part === undefined) return { skip: 0, keep: mostBytes + 1 };
  // Whoever answers 206 has left out what lies before the part; one byte more shows that it sent too much.
  return status === 206 ? { skip: 0, keep: part.length + 1 } : { skip: part.offset, keep: part.length };
}

/** A server may send without an end: then another try would only fill the memory once more. */
function tooLarge(url: string, mostBytes: number): IsoluxError {
  return new IsoluxError({
    kind: "storage",
    what: "The server sends more than an object of an image has",
    where: url.replace(/[?#].*/s, ""),
    expected: `at most ${mostBytes} bytes`,
  });
}

/** Aborts when it has not been restarted for some time. */
class StallClock {
  readonly #controller = new AbortController();
  readonly #stallMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(stallMs: number) {
    this.#stallMs = stallMs;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
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
