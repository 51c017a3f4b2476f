/** The rules of HTTP that a served image keeps to: who may ask, for what, and for which part of it. */
import type { FaultKind } from "../errors.ts";

/** Which pages of other sites may read the image. */
export type SharedWith =
  | { readonly kind: "everybody" }
  /** Pages of this machine are always among them. */
  | { readonly kind: "origins"; readonly origins: readonly string[] };

const loopback = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/;

/** Whether a host is this machine, and no other can reach it there. */
export function isLoopback(host: string): boolean {
  return loopback.test(host.includes(":") && !host.startsWith("[") ? `[${host}]` : host);
}

/** Whether a page of that origin may read the image. */
export function mayRead(origin: string, shared: SharedWith): boolean {
  if (shared.kind === "everybody" || shared.origins.includes(origin)) return true;
  const host = /^https?:\/\/(\[[0-9a-f:]+\]|[^/:]+)(:\d+)?$/i.exec(origin)?.[1];
  return host !== undefined && loopback.test(host.toLowerCase());
}

/**
 * Whether a request means this server: a page of another site may give its own name this machine's address, and would then
 * read the answers. The port may be another one, as behind a tunnel.
 * @param hosts names of this server beside those of the loopback
 */
export function isOwnHost(header: string | undefined, hosts: readonly string[]): boolean {
  const name = /^(\[[0-9a-f:.]+\]|[^:/?#@\s]+)(:\d{1,5})?$/i.exec(header ?? "")?.[1]?.toLowerCase();
  return name !== undefined && (loopback.test(name) || hosts.includes(name));
}

/** Headers that let a page of another site read an answer. */
export function sharingHeaders(origin: string | undefined, shared: SharedWith): Record<string, string> {
  if (origin === undefined || !mayRead(origin, shared)) return { vary: "Origin" };
  return {
    vary: "Origin",
    "access-control-allow-origin": shared.kind === "everybody" ? "*" : origin,
    "access-control-expose-headers": "Content-Length, Content-Range, ETag, Accept-Ranges, Retry-After",
  };
}

/** Headers that tell a page of another site what it may ask for. */
export const preflightHeaders = {
  "access-control-allow-methods": "GET, HEAD, OPTIONS",
  "access-control-allow-headers": "Range, If-None-Match, If-Range, Cache-Control, Pragma, Content-Type",
  "access-control-allow-private-network": "true",
  "access-control-max-age": "600",
} as const;

/**
 * The names in the path of a request, decoded; `undefined` where it is no path. A name with a slash stays one name, which
 * no image has.
 */
export function namesIn(target: string): string[] | undefined {
  const path = target.replace(/[?#].*$/s, "");
  if (!path.startsWith("/")) return undefined;
  try {
    return path
      .split("/")
      .filter((name) => name !== "")
      .map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

/** Whether two texts are equal, in a time that does not tell how much of them is. */
export function isSameSecret(given: string, secret: string): boolean {
  let difference = given.length ^ secret.length;
  for (let i = 0; i < secret.length; i++) difference |= secret.charCodeAt(i) ^ (given.charCodeAt(i) || 0);
  return difference === 0;
}

// Which part of it.

/** The part of an object that a client wants. */
type WantedPart =
  | { readonly kind: "whole" }
  /** Half-open. */
  | { readonly kind: "part"; readonly start: number; readonly end: number }
  | { readonly kind: "beyond" };

/**
 * The part that a request names. What is not understood, and several parts at a time, count as the whole, as RFC 9110
 * allows.
 *
 * @param ifRange the part is wanted only of the object that has this tag
 */
export function wantedPart(
  header: string | undefined,
  size: number,
  tag: string,
  ifRange: string | undefined,
): WantedPart {
  const match = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(header ?? "");
  if (match === null || (ifRange !== undefined && ifRange.trim() !== tag)) return { kind: "whole" };
  const [first, last] = [match[1]!, match[2]!];
  if (first === "" && last === "") return { kind: "whole" };
  if (first === "") {
    const length = Math.min(size, Number(last));
    return length === 0 ? { kind: "beyond" } : { kind: "part", start: size - length, end: size };
  }
  const [start, end] = [Number(first), last === "" ? size : Math.min(size, Number(last) + 1)];
  // A part that ends before it begins is none
  if (last !== "" && Number(last) < start) return { kind: "whole" };
  return start >= size ? { kind: "beyond" } : { kind: "part", start, end };
}

// What went wrong.

/**
 * The status of an answer that says what went wrong. Never 404: readers take that for an absent chunk, and show black
 * pixels.
 */
export function statusOf(kind: FaultKind | undefined): number {
  if (kind === "memory" || kind === "interrupted") return 503;
  return kind === "storage" ? 502 : 500;
}
