/** Parameters that come from the environment where a call does not name them. */

import type * as z from "zod";
import { IsoluxError } from "../errors.ts";

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
