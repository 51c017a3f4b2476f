import { readFileSync } from "node:fs";

/** The version of Isolux, as its package says. */
export function packageVersion(): string {
  const description: { version: string } = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  );
  return description.version;
}
