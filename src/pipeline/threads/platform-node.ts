/** The machine as Node sees it: its processor cores, worker threads and processes. */

import { readFileSync, readlinkSync } from "node:fs";
import { availableParallelism, hostname, uptime } from "node:os";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as z from "zod";
import { fitThreads } from "../../estimate/basic/fit-threads-node.ts";
import { environmentValue, readIfPossible } from "../../parameters/environment-node.ts";
import { wholeNumber } from "../../parameters/value-types.ts";
import type { Platform } from "./platform.ts";
import { IdleWorkers } from "./threads-node.ts";

/**
 * The platform of this process, with as many workers as it may have cores.
 * @param script what its worker threads run
 */
export function nodePlatform(
  availableWorkers: number,
  script: URL = new URL("./worker-node.js", import.meta.url),
): Platform {
  return {
    availableWorkers,
    processName: ownName(),
    isRunning,
    upSince,
    collectGarbage,
    threads: new IdleWorkers(script),
    fitThreads,
  };
}

/** What a process has beside its heap where it holds no planes: less than a plan counts for the process itself. */
const usualBytes = 120e6;

let collect: unknown;

/**
 * Frees unused memory at once. V8 collects garbage only when the same thread asks for memory: where one thread has
 * finished and others go on, its garbage would stay to the end. Planes and threads' memories lie outside of the heap:
 * where that is hardly more than code, collecting would free nothing.
 */
function collectGarbage(): void {
  const { rss, heapTotal } = process.memoryUsage();
  if (rss - heapTotal < usualBytes) return;
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("globalThis.gc");
  }
  if (typeof collect === "function") collect();
}

/** Sources of the number of cores that this process may use; tests replace them. */
export interface CoreHints {
  readonly parallelism: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The content of a file of the operating system, or `undefined` where there is none. */
  readonly readFile: (path: string) => string | undefined;
}

/**
 * How many cores this process may use: those of the machine, or fewer where the process is bound to some, a SLURM job
 * was given some, or a container's quota of processor time is smaller.
 */
export function availableCores(hints: CoreHints = hintsOfThisProcess()): number {
  const job = Number.parseInt(hints.environment.SLURM_CPUS_PER_TASK ?? "", 10);
  const limits = [hints.parallelism, job, coresOfQuota(hints.readFile)].filter((limit) => limit >= 1);
  return Math.floor(Math.min(...limits, 1024));
}

/**
 * Fills in the number of workers where none is given: that of ISOLUX_WORKERS, or the number of cores that this process
 * may use.
 * @throws IsoluxError `usage` where that variable holds anything but a number from 1 to 1024
 */
export function withWorkers<Given extends { readonly workers?: unknown }>(given: Given) {
  return {
    ...given,
    workers: (given.workers ?? requestedWorkers() ?? availableCores()) as NonNullable<Given["workers"]>,
  };
}

function requestedWorkers(): number | undefined {
  return environmentValue("ISOLUX_WORKERS", z.coerce.number().pipe(wholeNumber(1, 1024)), "a number from 1 to 1024");
}

/**
 * The tightest quota of the control groups that hold this process; `NaN` where there is none.
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html (cpu.max), https://docs.kernel.org/scheduler/sched-bwc.html
 */
function coresOfQuota(readFile: CoreHints["readFile"]): number {
  const own = /^0::(\/.*)$/m.exec(readFile("/proc/self/cgroup") ?? "")?.[1] ?? "/";
  const parts = own.split("/").filter((part) => part !== "");
  const quotas = Array.from({ length: parts.length + 1 }, (_, depth) => {
    const folder = ["/sys/fs/cgroup", ...parts.slice(0, depth)].join("/");
    const [quota, period] = (readFile(`${folder}/cpu.max`) ?? "").trim().split(" ").map(Number);
    return quota! / period!;
  });
  // Version 1, where a container sees its own group; -1 stands for no quota.
  const number = (name: string) => Number(readFile(`/sys/fs/cgroup/cpu/${name}`)?.trim() || Number.NaN);
  quotas.push(number("cpu.cfs_quota_us") / number("cpu.cfs_period_us"));
  const limits = quotas.filter((cores) => cores > 0).map((cores) => Math.max(1, cores));
  return limits.length === 0 ? Number.NaN : Math.min(...limits);
}

function hintsOfThisProcess(): CoreHints {
  return { parallelism: availableParallelism(), environment: process.env, readFile: readIfPossible };
}

/** Where process numbers mean the same: a system since it was started, and a space of numbers in it. */
export interface ProcessSpace {
  readonly host: string;
  /** Digits of the start of the system and of the space; empty where the system does not say. */
  readonly digits: string;
  /** When a process started, in whatever unit; `undefined` where there is none of that number, empty where the system does not say. */
  startOf(pid: number): string | undefined;
}

/** The name of this process: `HOST:NUMBER`, with the space and its start where the system says them. */
export function ownName(space: ProcessSpace = ownSpace(), pid = process.pid): string {
  const start = space.startOf(pid) ?? "";
  return `${space.host}:${pid}${space.digits === "" ? "" : `/${space.digits}-${start}`}`;
}

/** Whether a process still runs; `undefined` for those of other machines and other containers, which cannot be asked. */
export function isRunning(name: string, space: ProcessSpace = ownSpace(), ownPid = process.pid): boolean | undefined {
  const [, host, number, digits = "", start = ""] = /^(.*):(\d+)(?:\/([0-9a-z.]+)-(\d*))?$/.exec(name) ?? [];
  if (host !== space.host || digits !== space.digits) return undefined;
  const pid = Number(number);
  const found = pid > 0 ? space.startOf(pid) : undefined;
  if (found === undefined || (start !== "" && start !== found)) return false;
  // Without times of start: this very number is that of a dead process, given out again
  return start !== "" || pid !== ownPid;
}

/** For how long this machine has been up where a process ran on one of its name before a start; else `undefined`. */
export function upSince(name: string, space: ProcessSpace = ownSpace(), upMs = 1000 * uptime()): number | undefined {
  const [, host, boot] = /^(.*):\d+\/([0-9a-z]+)\./.exec(name) ?? [];
  const ownBoot = space.digits.split(".")[0];
  return host === space.host && ownBoot !== "" && boot !== ownBoot ? upMs : undefined;
}

let own: ProcessSpace | undefined;

/** The space of this process. */
function ownSpace(): ProcessSpace {
  own ??= process.platform === "linux" ? linuxSpace() : { host: hostname(), digits: "", startOf: isThere };
  return own;
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function linuxSpace(): ProcessSpace {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8")
      .replace(/[^0-9a-f]/g, "")
      .slice(0, 12);
    const space = /\d+/.exec(readlinkSync("/proc/self/ns/pid"))![0];
    return { host: hostname(), digits: `${boot}.${space}`, startOf: linuxStart };
  } catch {
    return { host: hostname(), digits: "", startOf: isThere };
  }
}

/**
 * The time of start, the 22nd field; the second one, the program's name in brackets, may hold anything. A process that has
 * ended, but whose exit code its parent has not collected (state Z), as in containers without an init, is none.
 */
function linuxStart(pid: number): string | undefined {
  const there = isThere(pid);
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return /^[ZXx]$/.test(fields[0]!) ? undefined : (fields[19] ?? there);
  } catch {
    return there;
  }
}

function isThere(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
    return "";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM" ? "" : undefined;
  }
}
