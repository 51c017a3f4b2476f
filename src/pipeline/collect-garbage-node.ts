import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Gives back at once what nobody holds any more. V8 collects when memory is asked for, in the thread that asks: where
 * one thread has finished its part and others go on, what it left would lie there to the end.
 */
export function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("globalThis.gc");
  if (typeof collect === "function") collect();
}
