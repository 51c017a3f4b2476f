/** Parameters that come from the environment where a call does not name them, the memory budget among them. */

import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import * as z from "zod";
import { IsoluxError } from "../errors.ts";
import { byteSize } from "./value-types.ts";

/**
 * The value of an environment variable, checked; `undefined` where it is not set or empty.
 * @param name such as `ISOLUX_MEMORY`
 * @param expected what it may hold, for the error
 * @throws IsoluxError `usage` where it holds anything else
 */
export function environmentValue<Value>(name: string, type: z.ZodType<Value>, expected: string): Value | undefined {
  const text = process.env[name]?.trim();
  if (text === undefined || text === "") return undefined;
  const result = type.safeParse(text);
  if (result.success) return result.data;
  throw new IsoluxError({
    kind: "usage",
    what: `Wrong value in the environment variable ${name}`,
    found: JSON.stringify(text),
    expected,
    advice: "Change it, or unset it",
  });
}

/** Sources of how much memory this process may use; tests replace them. */
interface MemoryHints {
  readonly total: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The content of a file of the operating system, or `undefined` where there is none. */
  readonly readFile: (path: string) => string | undefined;
}

/** Runs take 2 GB, or this share of what the process may use where that is more. */
const usualShare = 1 / 4;

const leastBytes = 2e9;

/**
 * Parameters as they were given, with a memory where they are to have one and have none: that of ISOLUX_MEMORY, or what
 * the machine allows.
 * @throws IsoluxError `usage` where that variable holds no size
 */
export function withUsualMemory<Raw extends object>(schema: z.ZodObject, raw: Raw): Raw {
  const isOpen = schema.shape.memory instanceof z.ZodPrefault && (raw as { memory?: unknown }).memory === undefined;
  if (!isOpen) return raw;
  return { ...raw, ...usualMemory() };
}

/**
 * The memory of runs where `--memory` is not given.
 * @throws IsoluxError `usage` where ISOLUX_MEMORY holds no size
 */
export function usualMemory(): { readonly memory: number } {
  const requested = environmentValue("ISOLUX_MEMORY", byteSize(), "a size such as 512MB, 2GB or 1.5GiB");
  return { memory: requested ?? Math.floor(Math.max(leastBytes, usualShare * availableMemory())) };
}

/**
 * How many bytes this process may use: those of the machine, fewer where a SLURM job or a control group has fewer.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html (memory.max), https://slurm.schedmd.com/sbatch.html
 */
export function availableMemory(hints: MemoryHints = hintsOfThisProcess()): number {
  const { total, environment, readFile } = hints;
  // In MB; 0 stands for all of the node
  const given = (name: string) => Number.parseInt(environment[name] ?? "", 10);
  const job = 2 ** 20 * given("SLURM_MEM_PER_NODE");
  const ofCores = 2 ** 20 * given("SLURM_MEM_PER_CPU") * given("SLURM_CPUS_ON_NODE");
  const groups = readFile("/proc/self/cgroup") ?? "";
  const limits = [
    ...limitsAlong(/^0::(\/.*)$/m.exec(groups)?.[1], "/sys/fs/cgroup", "memory.max", readFile),
    ...limitsAlong(
      /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(\/.*)$/m.exec(groups)?.[1],
      "/sys/fs/cgroup/memory",
      "memory.limit_in_bytes",
      readFile,
    ),
  ];
  return Math.min(...[total, job, ofCores, ...limits].filter((bytes) => bytes > 0));
}

/** The limits of a control group and those that hold it; a container sees its own as the first. */
function limitsAlong(path = "/", root: string, file: string, readFile: MemoryHints["readFile"]): number[] {
  const parts = path.split("/").filter((part) => part !== "");
  return Array.from({ length: parts.length + 1 }, (_, depth) =>
    Number.parseInt(readFile([root, ...parts.slice(0, depth), file].join("/")) ?? "", 10),
  );
}

function hintsOfThisProcess(): MemoryHints {
  return { total: totalmem(), environment: process.env, readFile: readIfPossible };
}

/** The text of a file by which the system tells of itself; `undefined` where it cannot be read. */
export function readIfPossible(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
