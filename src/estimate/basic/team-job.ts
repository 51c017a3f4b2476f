/**
 * What threads do together: a kernel for each part of something that lies in their memory, as plain numbers, so that any of
 * them can do any part. A part leaves its results at places of its own: who does it, and when, does not change a bit.
 */
import type { KernelFunctions } from "../../kernels/kernel-functions.ts";

/** The kernels that may be shared; a job has a kernel's place in this list. */
const teamKernels = [
  "updateResiduals",
  "updateMultipliers",
  "resizePlane",
  "reweightPlane",
  "leaveResidual",
  "takeUpPlane",
  "divideFloats",
  "fillFloats",
  "sumSquares",
  "multiplyByGram",
  "gatherPixels",
  "medianOfFloats",
] as const;

/** A kernel that threads share. */
export type TeamKernel = (typeof teamKernels)[number];

/** What a kernel is given: the same for each part, or a number that grows by a step from part to part. */
export type PartArgument = number | readonly [first: number, step: number];

/** One kernel, as many times as there are parts. */
export interface JobOf<Kernel extends TeamKernel> {
  readonly kernel: Kernel;
  readonly parts: number;
  readonly given: PartArguments<Parameters<KernelFunctions[Kernel]>>;
}

type PartArguments<Given extends readonly number[]> = { readonly [Place in keyof Given]: PartArgument };

/** A job of any kernel. */
export type TeamJob = { readonly [Kernel in TeamKernel]: JobOf<Kernel> }[TeamKernel];

const mostArguments = 24;
/** Places in a job: its kernel, its parts, how many arguments; then the arguments, each with its step. */
const [kernelAt, partsAt, argumentsAt, firstAt] = [0, 1, 2, 3];

/** How many numbers a job is at most. */
export const jobNumbers = firstAt + 2 * mostArguments;

/** Writes a job as numbers. */
export function writeJob({ kernel, parts, given }: TeamJob, numbers: Float64Array): void {
  numbers[kernelAt] = teamKernels.indexOf(kernel);
  numbers[partsAt] = parts;
  numbers[argumentsAt] = given.length;
  for (let i = 0; i < given.length; i++) {
    const argument: PartArgument = given[i]!;
    const isSame = typeof argument === "number";
    numbers[firstAt + 2 * i] = isSame ? argument : argument[0];
    numbers[firstAt + 2 * i + 1] = isSame ? 0 : argument[1];
  }
}

/** How many parts a job has, given as numbers. */
export function partsOf(numbers: Float64Array): number {
  return numbers[partsAt]!;
}

/** Does a part of a job, given as numbers. */
export function doPart(kernels: KernelFunctions, numbers: Float64Array, part: number): void {
  const given: number[] = [];
  const stop = firstAt + 2 * numbers[argumentsAt]!;
  for (let at = firstAt; at < stop; at += 2) given.push(numbers[at]! + part * numbers[at + 1]!);
  const kernel = kernels[teamKernels[numbers[kernelAt]!]!] as (...given: number[]) => void;
  kernel(...given);
}

const alone = new Float64Array(jobNumbers);

/** Who does all parts of a job. */
export interface Team {
  run(job: TeamJob): Promise<void>;
}

/** Does a job, all of its parts: by a team where there is one. */
export async function doTogether(kernels: KernelFunctions, job: TeamJob, team: Team | undefined): Promise<void> {
  if (team !== undefined) return team.run(job);
  writeJob(job, alone);
  for (let part = 0; part < job.parts; part++) doPart(kernels, alone, part);
}
