import { describe, expect, it } from "vitest";
import { availableMemory } from "../../src/parameters/environment-node.ts";

const total = 64 * 2 ** 30;

function available(
  files: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
): number {
  return availableMemory({ total, environment, readFile: (path) => files[path] });
}

describe("the memory that a process may use", () => {
  it("is the machine's where nothing limits it", () => {
    expect(available({})).toBe(total);
    expect(available({ "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "max\n" })).toBe(total);
  });

  it("is what a SLURM job was given, in MB; 0 is the whole node", () => {
    expect(available({}, { SLURM_MEM_PER_NODE: "16384" })).toBe(16 * 2 ** 30);
    expect(available({}, { SLURM_MEM_PER_NODE: "0" })).toBe(total);
    expect(available({}, { SLURM_MEM_PER_CPU: "2048", SLURM_CPUS_ON_NODE: "4" })).toBe(8 * 2 ** 30);
    expect(available({}, { SLURM_CPUS_ON_NODE: "4" })).toBe(total);
  });

  it("is the tightest limit of the control groups that hold it", () => {
    const files = {
      "/proc/self/cgroup": "0::/user.slice/job\n",
      "/sys/fs/cgroup/user.slice/memory.max": "8589934592\n",
      "/sys/fs/cgroup/user.slice/job/memory.max": "max\n",
    };
    expect(available(files)).toBe(8 * 2 ** 30);
    expect(available(files, { SLURM_MEM_PER_NODE: "4096" })).toBe(4 * 2 ** 30);
  });

  it("is the limit of version 1, whose huge number stands for none", () => {
    const groups = "11:cpu,cpuacct:/a\n5:memory:/docker/b\n";
    const own = "/sys/fs/cgroup/memory/docker/b/memory.limit_in_bytes";
    expect(available({ "/proc/self/cgroup": groups, [own]: "3221225472\n" })).toBe(3 * 2 ** 30);
    expect(available({ "/proc/self/cgroup": groups, [own]: "9223372036854771712\n" })).toBe(total);
    // A container sees its own group as the first one
    expect(available({ "/sys/fs/cgroup/memory/memory.limit_in_bytes": "2147483648\n" })).toBe(2 * 2 ** 30);
  });
});
