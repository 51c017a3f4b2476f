/** Requests to one server: a few at a time, tried again where a failure may pass. */
import { IsoluxError } from "../../errors.ts";
import { formatCount } from "../../quantities.ts";
import { wait } from "../../wait.ts";
import { exchange, type HttpAnswer, type HttpRequest } from "./exchange.ts";

/** How a server is treated. */
export interface RemoteSettings extends RetryPolicy {
  /** A request is given up and tried again when nothing came for so long. */
  readonly stallMs: number;
  /** Larger objects are not read as a whole. */
  readonly mostBytes: number;
  /** Requests under way at once: memory holds at most this many objects for them. */
  readonly requestsAtOnce: number;
}

/** Patience for busy servers: some 15 s of waiting over 5 tries, more where the server asks for it. */
const remoteDefaults: RemoteSettings = {
  tries: 5,
  firstWaitMs: 1000,
  longestWaitMs: 60_000,
  stallMs: 30_000,
  mostBytes: 2 ** 31,
  requestsAtOnce: 8,
};

/** A server of which all requests fail is given up after the time of this number of stalls, whatever waits for it. */
const mostStalls = 3;

/** A final answer: not one that another try may change. */
export interface FinalAnswer extends HttpAnswer {
  /** The tries that it took; after a failed one it is unknown whether it had an effect. */
  readonly tries: number;
}

/** A client of one server. */
export class RemoteClient {
  readonly #settings: RemoteSettings;
  readonly #limit: RequestLimit;
  readonly #mayPass: (answer: HttpAnswer) => boolean;
  /** When the first of the requests began that failed since the last answer. */
  #failingSinceMs: number | undefined;

  /** @param mayPass whether another try may bring another answer */
  constructor(settings: Partial<RemoteSettings> = {}, mayPass: (answer: HttpAnswer) => boolean = isPassingStatus) {
    this.#settings = { ...remoteDefaults, ...settings };
    this.#limit = new RequestLimit(this.#settings.requestsAtOnce);
    this.#mayPass = mayPass;
  }

  /**
   * The answer to a request, of whatever status but those that may pass.
   * @param request made anew for every try, since signatures age
   * @param where names the object in messages
   * @throws IsoluxError `storage` where no try brought an answer
   */
  async send(request: () => Promise<HttpRequest>, where: string): Promise<FinalAnswer> {
    const attempt = async (tries: number): Promise<TryOutcome<FinalAnswer>> => {
      let beganMs = 0;
      const ask = async () => {
        beganMs = performance.now();
        return await exchange(await request(), this.#settings);
      };
      try {
        const answer = await this.#limit.run(ask);
        if (!this.#mayPass(answer)) {
          this.#failingSinceMs = undefined;
          return { kind: "answered", value: { ...answer, tries } };
        }
        const waitMs = retryAfterMs(answer.headers.get("retry-after"), Date.now());
        return { kind: "failed", reason: describeStatus(answer), waitMs, isLast: this.#isHopeless(beganMs) };
      } catch (cause) {
        if (cause instanceof IsoluxError) throw cause;
        const isLast = isFinal(cause) || this.#isHopeless(beganMs);
        return { kind: "failed", reason: describeBreak(cause), cause, isLast };
      }
    };
    return withRetries(attempt, this.#settings, (failure) => unreachableServer(failure, where));
  }

  /** Whether a request that failed is one of many that have failed for too long. */
  #isHopeless(beganMs: number): boolean {
    this.#failingSinceMs ??= beganMs;
    return performance.now() - this.#failingSinceMs >= mostStalls * this.#settings.stallMs;
  }
}

/** Whether a status stands for a passing state of the server. */
export function isPassingStatus({ status }: Pick<HttpAnswer, "status">): boolean {
  return status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
}

/** A status as messages name it, such as `503 Service Unavailable`. */
export function describeStatus({ status, statusText }: Pick<HttpAnswer, "status" | "statusText">): string {
  return `HTTP status ${status}${statusText === "" ? "" : ` (${statusText})`}`;
}

/** Whether the answer itself is refused, such as redirects in a circle or to a file: what broke on its way has a code. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof TypeError && error.cause instanceof Error)) return false;
  const { cause } = error;
  return !("code" in cause) || cause.code === "UND_ERR_HEADERS_OVERFLOW" || cause.code === "ERR_INVALID_URL";
}

/** What a failed `fetch` says; Node puts the reason into the cause. */
function describeBreak(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  const code = "code" in cause ? String(cause.code) : "";
  const details = [cause.message, code].filter((part) => part !== "").join(", ");
  return details === "" ? error.message : `${error.message} (${details})`;
}

function unreachableServer({ reason, tries, cause }: LastFailure, where: string): IsoluxError {
  // Browsers do not say why a request failed; Node does, as the cause.
  const isUntold = cause instanceof TypeError && cause.cause === undefined;
  const otherSites = isUntold ? "; a page reads from another server only where that server allows it (CORS)" : "";
  return new IsoluxError({
    kind: "storage",
    what: `The server gave no usable answer in ${formatCount(tries, "try", "tries")}`,
    where,
    found: reason,
    advice: `Check the address, the connection and the server, then run again${otherSites}`,
    cause,
  });
}

/**
 * A key as the path of a URL, all but its slashes percent-encoded.
 * @param location names the store in messages
 * @throws IsoluxError `invalid` where a URL would not keep the key as it is, or lead out of the store
 */
export function keyPath(key: string, location: string): string {
  const parts = key.split("/");
  const isPlain = parts.every((part) => part !== "" && part !== "." && part !== ".." && !/\p{Surrogate}/u.test(part));
  if (isPlain) return parts.map(percentEncode).join("/");
  throw new IsoluxError({
    kind: "invalid",
    what: "A key does not stay within its store",
    where: location,
    found: JSON.stringify(key),
    expected: "names separated by single slashes",
  });
}

/** Percent-encodes also what `encodeURIComponent` leaves and signatures do not. */
export function percentEncode(part: string): string {
  return encodeURIComponent(part).replaceAll(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Limits the tasks that run at a time; others wait. So memory holds the answers to a few requests only. */
export class RequestLimit {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Runs a task when it is its turn. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#most) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await task();
    } finally {
      // The place is handed on: a task that comes in between must not take it.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}

// Trying again what failed for a reason that may pass.

/** How often something is tried, and how long is waited in between. */
interface RetryPolicy {
  /** Tries in all. */
  readonly tries: number;
  /** The wait after the first failure; it doubles with every further one. */
  readonly firstWaitMs: number;
  /** No wait is longer, whatever the server asks for. */
  readonly longestWaitMs: number;
}

/** What one try came to: an answer, or a failure that may pass, with the wait that the server asked for. */
export type TryOutcome<T> =
  | { readonly kind: "answered"; readonly value: T }
  | {
      readonly kind: "failed";
      readonly reason: string;
      readonly waitMs?: number | undefined;
      readonly cause?: unknown;
      /** Another try would be no better. */
      readonly isLast?: boolean;
    };

/** A failure after which no further try was made. */
interface LastFailure {
  readonly reason: string;
  readonly tries: number;
  readonly cause?: unknown;
}

/**
 * Tries until there is an answer; between tries it waits ever longer, at least as long as the server asked for.
 * @throws what `giveUp` makes of the last failure
 */
export async function withRetries<T>(
  attempt: (tryNumber: number) => Promise<TryOutcome<T>>,
  policy: RetryPolicy,
  giveUp: (failure: LastFailure) => IsoluxError,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    const outcome = await attempt(tries);
    if (outcome.kind === "answered") return outcome.value;
    const { reason, cause, waitMs = 0, isLast = false } = outcome;
    if (isLast || tries >= policy.tries) throw giveUp({ reason, tries, cause });
    // Chance spreads those who failed together over time; it has no bearing on any result.
    const pauseMs = Math.max(backOffMs(tries, policy, Math.random()), Math.min(waitMs, policy.longestWaitMs));
    await wait(pauseMs);
  }
}

/** The wait after a number of failures, between half and all of it by `chance` from 0 to 1. */
export function backOffMs(failures: number, { firstWaitMs, longestWaitMs }: RetryPolicy, chance: number): number {
  const fullMs = Math.min(longestWaitMs, firstWaitMs * 2 ** (failures - 1));
  return (fullMs / 2) * (1 + chance);
}

/**
 * The wait that a `Retry-After` header asks for, in seconds or as a date; `undefined` where it says nothing.
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000;
  const untilMs = Date.parse(header);
  return Number.isNaN(untilMs) ? undefined : Math.max(0, untilMs - nowMs);
}
