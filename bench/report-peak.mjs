// @ts-check
/** Loaded into a measured process before all else: when it ends, it tells the most memory that it ever held. */
import { readFileSync, writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

const file = process.env.ISOLUX_BENCH_PEAK;
if (isMainThread && file !== undefined) process.on("exit", () => writeFileSync(file, String(peakBytes())));

/** All threads of the process count: they share its memory. */
function peakBytes() {
  try {
    const status = readFileSync("/proc/self/status", "utf8");
    const kib = /VmHWM:\s+(\d+)/.exec(status)?.[1];
    if (kib !== undefined) return 1024 * Number(kib);
  } catch {}
  // Outside of Linux; there a fresh process may inherit the figure of the one that started it.
  return 1024 * process.resourceUsage().maxRSS;
}
