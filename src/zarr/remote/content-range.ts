import { lengthHeader } from "./body.ts";
import type { HttpAnswer } from "./exchange.ts";

type Head = Pick<HttpAnswer, "status" | "headers">;

/**
 * Where the part of an object begins that an answer holds, and the size of the whole object where the server tells;
 * `undefined` where it does not say (browsers hide it from other origins).
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.content-range
 */
export function partialContent({ status, headers }: Head): { offset: number; size?: number } | undefined {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get("content-range") ?? "");
  if (status !== 206 || match === null) return undefined;
  const size = match[2] === "*" ? {} : { size: Number(match[2]) };
  return { offset: Number(match[1]), ...size };
}

/** The size of the whole object that an answer is about, or `undefined` where it does not tell. */
export function wholeSize(answer: Head): number | undefined {
  const { status, headers } = answer;
  if (status === 206) return partialContent(answer)?.size;
  if (status === 416) {
    const match = /^bytes \*\/(\d+)$/.exec(headers.get("content-range") ?? "");
    return match === null ? undefined : Number(match[1]);
  }
  const isAsStored = (headers.get("content-encoding") ?? "identity") === "identity";
  return isAsStored ? lengthHeader(headers) : undefined;
}
