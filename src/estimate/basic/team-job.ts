/** What threads do together: one job at a time, as plain numbers, the first of which tell its kind and its parts. */
import type { KernelFunctions } from "../../kernels/kernel-functions.ts";
import { doPlane, isResizeJob, type ResizeJob, writeResizeJob } from "./resize-job.ts";
import { doSlab, type SlabJob, writeSlabJob } from "./slab-job.ts";

/** A pass over slabs of pixels, or planes to be resized, each of which is a slab. */
export type TeamJob = SlabJob | ResizeJob;

/** How many numbers a job is at most. */
export const jobNumbers = 20;

/** Writes a job as numbers. */
export function writeJob(job: TeamJob, numbers: Float64Array): void {
  if (job.pass === 2) writeResizeJob(job, numbers);
  else writeSlabJob(job, numbers);
}

/**
 * Does a part of a job.
 *
 * @param job its numbers
 * @param doubles the whole memory of the kernels
 */
export function doPart(kernels: KernelFunctions, job: Float64Array, part: number, doubles: Float64Array): void {
  if (isResizeJob(job)) doPlane(kernels, job, part);
  else doSlab(kernels, job, part, doubles);
}
