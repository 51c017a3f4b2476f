import { throwIfInterrupted } from "../errors.ts";
import type { RunHooks } from "../parameters/run-events.ts";
import { usualTiming } from "./lease-timing.ts";
import type { Platform } from "./platform.ts";
import type { WhenBusy } from "./workspace.ts";

/** Waits for a while whenever another process is at work on an output, and says once for whom. */
export function patiently({ leaseTiming = usualTiming }: Platform, { report, signal }: RunHooks): WhenBusy {
  let told: string | undefined;
  return async (found) => {
    if (told !== found) report({ kind: "note", text: `Waiting for who is at work on this output: ${found}` });
    told = found;
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, leaseTiming.beatMs / 3);
      signal.addEventListener("abort", end);
    });
    throwIfInterrupted(signal);
  };
}
