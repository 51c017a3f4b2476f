/**
 * Jobs for the threads of a fit: a kernel to run for each part of arrays in their memory, encoded as plain numbers, so
 * that any thread can do any part. Each part writes its results to its own place, so they do not depend on which thread
 * does it, or when.
 */
import { type In, type Out, Span } from "../../kernels/addresses.ts";
import { inPlace } from "../../kernels/bind.ts";
import type { KernelFunctions } from "../../kernels/kernel-functions.ts";
import type { KernelMemory, NumberArray } from "../../kernels/kernel-memory.ts";

/** The kernels for jobs; a job refers to its kernel by index. */
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

/** A kernel that threads can run together. */
type TeamKernel = (typeof teamKernels)[number];

/** The part of an array for one part of a job; it moves by a step from part to part. */
interface PartSpan<Numbers extends NumberArray = NumberArray, Written extends boolean = boolean> {
  readonly span: Span<Numbers, Written>;
  /** Numbers from the start of one part to that of the next. */
  readonly step: number;
}

/** Declares an array of which each part has `count` numbers, the last one possibly fewer. */
export function eachPart<Numbers extends NumberArray, Written extends boolean>(
  span: Span<Numbers, Written>,
  count: number,
): PartSpan<Numbers, Written> {
  return { span, step: count };
}

/** The argument for a parameter of a kernel: the same for each part, or one that moves by a step from part to part. */
type PartArgument<Parameter> =
  Parameter extends Out<infer Numbers>
    ? Span<Numbers, true> | PartSpan<Numbers, true>
    : Parameter extends In<infer Numbers>
      ? Span<Numbers> | PartSpan<Numbers>
      : number | readonly [first: number, step: number];

type PartArguments<Given extends readonly unknown[]> = { readonly [Place in keyof Given]: PartArgument<Given[Place]> };

/** One kernel, run once per part. Its arrays lie in one kernel memory. */
export interface JobOf<Kernel extends TeamKernel> {
  readonly kernel: Kernel;
  readonly parts: number;
  readonly given: PartArguments<Parameters<KernelFunctions[Kernel]>>;
}

/** A job of any kernel. */
export type TeamJob = { readonly [Kernel in TeamKernel]: JobOf<Kernel> }[TeamKernel];

const mostArguments = 24;
/**
 * Layout of an encoded job: its kernel, number of parts, number of arguments; then the arguments, each with its step.
 */
const [kernelAt, partsAt, argumentsAt, firstAt] = [0, 1, 2, 3];

/** The most numbers of an encoded job. */
export const jobNumbers = firstAt + 2 * mostArguments;

/**
 * Encodes a job as numbers.
 *
 * @returns the memory that its arrays lie in
 * @throws RangeError where they lie in none, or in several
 */
export function writeJob({ kernel, parts, given }: TeamJob, numbers: Float64Array): KernelMemory {
  const all = given as readonly (number | readonly [number, number] | Span<NumberArray> | PartSpan)[];
  const { memory, places } = inPlace(
    all.map((argument) => {
      if (typeof argument === "number" || argument instanceof Span) return argument;
      return "span" in argument ? argument.span : argument[0];
    }),
  );
  numbers[kernelAt] = teamKernels.indexOf(kernel);
  numbers[partsAt] = parts;
  numbers[argumentsAt] = places.length;
  for (let i = 0; i < places.length; i++) {
    numbers[firstAt + 2 * i] = places[i]!;
    numbers[firstAt + 2 * i + 1] = stepOf(all[i]!);
  }
  return memory;
}

function stepOf(argument: number | readonly [number, number] | Span<NumberArray> | PartSpan): number {
  if (typeof argument === "number" || argument instanceof Span) return 0;
  return "span" in argument ? argument.step * argument.span.numbers.BYTES_PER_ELEMENT : argument[1];
}

/** The number of parts of an encoded job. */
export function partsOf(numbers: Float64Array): number {
  return numbers[partsAt]!;
}

/** Does a part of an encoded job. */
export function doPart(kernels: KernelFunctions, numbers: Float64Array, part: number): void {
  const given: number[] = [];
  const stop = firstAt + 2 * numbers[argumentsAt]!;
  for (let at = firstAt; at < stop; at += 2) given.push(numbers[at]! + part * numbers[at + 1]!);
  const kernel = kernels[teamKernels[numbers[kernelAt]!]!] as (...given: number[]) => void;
  kernel(...given);
}

const alone = new Float64Array(jobNumbers);

/** Does all parts of a job. */
interface Team {
  run(job: TeamJob): Promise<void>;
}

/** Does all parts of a job: by a team where there is one. */
export async function doTogether(job: TeamJob, team: Team | undefined): Promise<void> {
  if (team !== undefined) return team.run(job);
  const { functions } = writeJob(job, alone);
  for (let part = 0; part < job.parts; part++) doPart(functions, alone, part);
}
