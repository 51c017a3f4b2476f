/** Requests to one server: a few at a time, tried again where a failure may pass. */

import { IsoluxError } from "../../errors.ts";
import { formatCount } from "../../quantities.ts";
import { exchange, type HttpAnswer, type HttpRequest } from "./exchange.ts";
import { RequestLimit } from "./request-limit.ts";
import { type LastFailure, type RetryPolicy, retryAfterMs, type TryOutcome, withRetries } from "./retry.ts";

/** How a server is treated. */
export interface RemoteSettings extends RetryPolicy {
  /** A request is given up and tried again when nothing came for so long. */
  readonly stallMs: number;
  /** Larger objects are not read as a whole. */
  readonly mostBytes: number;
  /** Requests under way at once: memory holds at most so many objects for them. */
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
      try {
        const answer = await this.#limit.run(async () => exchange(await request(), this.#settings));
        if (!this.#mayPass(answer)) return { kind: "answered", value: { ...answer, tries } };
        const waitMs = retryAfterMs(answer.headers.get("retry-after"), Date.now());
        return { kind: "failed", reason: describeStatus(answer), waitMs };
      } catch (cause) {
        if (cause instanceof IsoluxError) throw cause;
        return { kind: "failed", reason: describeBreak(cause), cause };
      }
    };
    return withRetries(attempt, this.#settings, (failure) => unreachableServer(failure, where));
  }
}

/** Whether a status tells of a passing state of the server. */
export function isPassingStatus({ status }: Pick<HttpAnswer, "status">): boolean {
  return status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
}

/** A status as messages name it, such as `503 Service Unavailable`. */
export function describeStatus({ status, statusText }: Pick<HttpAnswer, "status" | "statusText">): string {
  return `HTTP status ${status}${statusText === "" ? "" : ` (${statusText})`}`;
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
  return new IsoluxError({
    kind: "storage",
    what: `The server gave no usable answer in ${formatCount(tries, "try", "tries")}`,
    where,
    found: reason,
    advice: "Check the address, the connection and the server, then run again",
    cause,
  });
}
