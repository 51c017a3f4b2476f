import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** What tells how many cores this process may use; tests put their own in its place. */
export interface CoreHints {
  readonly parallelism: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The content of a file of the operating system, or `undefined` where there is none. */
  readonly readFile: (path: string) => string | undefined;
}

/**
 * How many cores this process may use: those of the machine, fewer where the process is bound to some, a SLURM job has
 * been given some, or a container's quota of processor time allows some.
 */
export function availableCores(hints: CoreHints = hintsOfThisProcess()): number {
  const job = Number.parseInt(hints.environment.SLURM_CPUS_PER_TASK ?? "", 10);
  const limits = [hints.parallelism, job, coresOfQuota(hints.readFile)].filter((limit) => limit >= 1);
  return Math.floor(Math.min(...limits, 1024));
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
  const readFile = (path: string) => {
    try {
      return readFileSync(path, "utf8");
    } catch {
      return undefined;
    }
  };
  return { parallelism: availableParallelism(), environment: process.env, readFile };
}
