import { describe, expect, it } from "vitest";
import { sourceFiles } from "./source-files.ts";

const declaration =
  /^export (?:default )?(?:abstract |declare |async )*(?:function\*?|class|interface|type|const|let) (\w+)/;

/** The exports of a file that no comment of their own stands before. */
function undocumented(text: string): string[] {
  const lines = text.split("\n");
  return lines.flatMap((line, index) => {
    const name = declaration.exec(line)?.[1];
    if (name === undefined) return [];
    // Later signatures of an overloaded function share the comment of the first.
    const isOverload = lines.slice(0, index).some((earlier) => declaration.exec(earlier)?.[1] === name);
    return isOverload || commentAbove(lines, index) !== undefined ? [] : [name];
  });
}

/** The words of the documentation comment that ends in the line before. */
function commentAbove(lines: readonly string[], index: number): string | undefined {
  if (!lines[index - 1]?.trimEnd().endsWith("*/")) return undefined;
  let start = index - 1;
  while (start >= 0 && !lines[start]!.trimStart().startsWith("/*")) start--;
  const comment = lines.slice(start, index).join("\n");
  const words = comment.replaceAll(/^\s*\/?\*+\/?|\*\/$/gm, "").trim();
  return comment.startsWith("/**") && words.length > 0 ? words : undefined;
}

describe("documentation", () => {
  it("stands before every export", () => {
    const missing = sourceFiles().flatMap(({ path, text }) => undocumented(text).map((name) => `${path}: ${name}`));
    expect(missing).toEqual([]);
  });

  it("is asked of every kind of export, and found where it is", () => {
    const exports = [
      "export async function a() {}",
      "export function* b() {}",
      "export class C {}",
      "export abstract class D {}",
      "export interface E {}",
      "export type F = 1;",
      "export const g = 1;",
    ];
    expect(undocumented(exports.join("\n\n"))).toEqual(["a", "b", "C", "D", "E", "F", "g"]);
    expect(undocumented(exports.map((line) => `/** Words. */\n${line}`).join("\n"))).toEqual([]);
    expect(undocumented("/**\n * Words,\n * more.\n */\nexport type A = 1;\n/* no */\nexport type B = 1;")).toEqual([
      "B",
    ]);
    expect(undocumented("/** Of the file. */\n\nexport type A = 1;\n/** */\nexport type B = 1;")).toEqual(["A", "B"]);
  });
});
