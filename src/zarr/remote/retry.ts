/** Trying again what failed for a reason that may pass. */
import type { IsoluxError } from "../../errors.ts";

/** How often something is tried, and how long is waited in between. */
export interface RetryPolicy {
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
    };

/** A failure after which no further try was made. */
export interface LastFailure {
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
    const { reason, cause, waitMs = 0 } = outcome;
    if (tries >= policy.tries) throw giveUp({ reason, tries, cause });
    // Chance spreads those who failed together over time; it has no bearing on any result.
    const pauseMs = Math.max(backOffMs(tries, policy, Math.random()), Math.min(waitMs, policy.longestWaitMs));
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/** The wait after so many failures, between half and all of it by `chance` from 0 to 1. */
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
