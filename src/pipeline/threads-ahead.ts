import type { ProfileSource } from "../parameters/profile-source.ts";
import { placeOf, type SourceLocation } from "./location.ts";
import type { Platform } from "./platform.ts";

/** What has a bearing on how many threads a run begins with, and on what they will read. */
interface ThreadWish {
  readonly source: SourceLocation;
  readonly profileSource?: ProfileSource;
  readonly parameters: { readonly workers?: number | undefined };
}

/** Does work whose first pools find their threads started and the source open; a fit has threads of its own kind. */
export async function withThreadsAhead<Result>(
  { source, profileSource, parameters: { workers } }: ThreadWish,
  platform: Platform,
  work: () => Promise<Result>,
): Promise<Result> {
  const { availableWorkers } = platform;
  const wanted = Math.min(workers ?? availableWorkers, availableWorkers);
  const hasPool = wanted > 1 && profileSource?.kind !== "basic";
  await platform.holdThreads?.(hasPool ? wanted : 0, placeOf(source));
  try {
    return await work();
  } finally {
    await platform.holdThreads?.(0);
  }
}
