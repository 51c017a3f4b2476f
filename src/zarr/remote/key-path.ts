import { IsoluxError } from "../../errors.ts";

/**
 * A key as the path of a URL, all but its slashes percent-encoded.
 * @param location names the store in messages
 * @throws IsoluxError `invalid` where a URL would not keep the key as it is, or lead out of the store
 */
export function keyPath(key: string, location: string): string {
  const parts = key.split("/");
  const isPlain = parts.every((part) => part !== "" && part !== "." && part !== ".." && !/\p{Surrogate}/u.test(part));
  if (isPlain) return parts.map(percentEncode).join("/");
  throw new IsoluxError({
    kind: "invalid",
    what: "A key does not stay within its store",
    where: location,
    found: JSON.stringify(key),
    expected: "names separated by single slashes",
  });
}

/** Percent-encodes also what `encodeURIComponent` leaves and signatures do not. */
export function percentEncode(part: string): string {
  return encodeURIComponent(part).replaceAll(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}
