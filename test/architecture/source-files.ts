import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";

const sourceFolder = fileURLToPath(new URL("../../src/", import.meta.url));

/** One file of the source: its path below `src`, its text, and what it imports, types included. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** Paths below `src`. */
  readonly imports: readonly string[];
  /** Packages and built-in modules. */
  readonly packages: readonly string[];
}

/** All files of the source. */
export function sourceFiles(): SourceFile[] {
  const names = readdirSync(sourceFolder, { recursive: true, encoding: "utf8" }).map((name) =>
    name.replaceAll("\\", "/"),
  );
  return names.filter((name) => name.endsWith(".ts")).map(readSource);
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(sourceFolder, path), "utf8");
  const named = [
    ...text.matchAll(/^(?:import|export)\b[^;"]*?"([^"]+)";$/gm),
    ...text.matchAll(/\bimport\("([^"]+)"\)/g),
  ];
  const names = named.map((match) => match[1]!);
  const isInside = (name: string) => name.startsWith(".");
  return {
    path,
    text,
    imports: names.filter(isInside).map((name) => posix.join(posix.dirname(path), name)),
    packages: names.filter((name) => !isInside(name)),
  };
}
