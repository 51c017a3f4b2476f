/** Names of objects that are being written: hidden, beside their place, never listed, swept up where they stay. */

import { keyBeside, keyName } from "./store.ts";

const pattern = /^\..*\.[0-9a-f]{12}\.part$/;

/** Whether this is the name of an unfinished object. */
export function isUnfinished(name: string): boolean {
  return pattern.test(name);
}

/** A new name for an object that will have the name `name` when it is finished. */
export function unfinishedName(name: string): string {
  const random = crypto.getRandomValues(new Uint8Array(6));
  const digits = Array.from(random, (byte) => byte.toString(16).padStart(2, "0"));
  return `.${name}.${digits.join("")}.part`;
}

/** A new key for an object that will have the key `key` when it is finished. */
export function unfinishedKey(key: string): string {
  return keyBeside(key, unfinishedName(keyName(key)));
}
