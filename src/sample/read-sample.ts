/** Samples a channel's planes into memory, as for an estimate of its profile. */
import type { Acquisition } from "../acquisition/acquisition.ts";
import { passBuffers } from "../acquisition/reading-buffers.ts";
import { IsoluxError } from "../errors.ts";
import { planSample, type SampleRequest } from "./plan-sample.ts";
import { MemoryStack } from "./plane-stack.ts";
import { type ReadHooks, readPlanes } from "./read-planes.ts";

/** Which planes to sample; by default of all tiles, at full resolution, with the seed 0. */
export type ReadSampleRequest = Pick<SampleRequest, "planeCount"> & Partial<SampleRequest>;

/**
 * Reads planes of a channel, spread over its tiles and their depth: those that an estimate takes with the same seed.
 * Each chunk that contains some is read once.
 * @param channel its index
 * @returns the planes `[n, y, x]`, of the tiles' shape at that level; fewer than asked for where there are no more
 * @throws IsoluxError `invalid` for a channel, tiles, levels or z-levels that the image does not have, `corrupt`,
 * `storage`, `interrupted`
 */
export async function readSample(
  acquisition: Acquisition,
  channel: number,
  request: ReadSampleRequest,
  hooks: ReadHooks = {},
): Promise<MemoryStack> {
  checkChannel(acquisition, channel);
  const plan = planSample(acquisition, { level: 0, seed: 0, ...request });
  const stack = new MemoryStack(acquisition.type, plan.planes.length, plan.fieldYx);
  await readPlanes(acquisition, channel, plan, stack, {
    buffer: passBuffers(acquisition.levels[plan.level]!),
    ...hooks,
  });
  return stack;
}

function checkChannel({ channels, location }: Acquisition, channel: number): void {
  if (channel in channels) return;
  throw new IsoluxError({
    kind: "invalid",
    what: "The image does not have the channel asked for",
    where: location,
    found: String(channel),
    expected: `0 to ${channels.length - 1}`,
  });
}
