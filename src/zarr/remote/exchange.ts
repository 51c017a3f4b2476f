/** One request and its answer over `fetch`, given up when nothing moves any more. */
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

/**
 * Sends a request and reads its answer, of whatever status.
 * @throws Error where the connection fails, breaks, falls silent for `stallMs` or ends before the body does
 */
export async function exchange(request: HttpRequest, stallMs: number): Promise<HttpAnswer> {
  const { method, url, headers, body } = request;
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
    const content = await readBody(response, partToKeep(request, response), () => stall.restart());
    return { status: response.status, statusText: response.statusText, headers: response.headers, body: content };
  } finally {
    stall.stop();
  }
}

function partToKeep({ part }: HttpRequest, { status, ok }: Response): { skip: number; keep: number } {
  if (!ok) return { skip: 0, keep: longestExplanation };
  if (part === undefined) return { skip: 0, keep: Number.POSITIVE_INFINITY };
  // Whoever answers 206 has left out what lies before the part; one byte more shows that it sent too much.
  return status === 206 ? { skip: 0, keep: part.length + 1 } : { skip: part.offset, keep: part.length };
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
