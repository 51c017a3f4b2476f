/** Pages, messages and comments use the field's words: docs/glossary.md has them. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const within = (folder: string) =>
  readdirSync(root + folder, { recursive: true, encoding: "utf8" }).map((name) => `${folder}/${name}`);

/** Words that readers had to guess at, and what to write instead. */
const instead: readonly [RegExp, string][] = [
  [/\bso many\b/i, "this many, a number of, or the number's meaning"],
  [/\b(nobody|whoever)\b/i, "the passive, or who is meant: a process, a reader"],
  [/judg(e|es|ed|ing|ement)\b|judge[A-Z]/i, "check, measure, score, assess, verdict"],
  [/foresee/i, "plan, predict"],
  [/\b(cannot|can) be had\b/i, "is missing, cannot be obtained"],
  [/\b(free|make|chunk)Rooms?\b|\bmakes? room\b/i, "buffer, space, memory"],
];

const files = [
  "README.md",
  "CONTRIBUTING.md",
  ...readdirSync(`${root}docs`).map((name) => `docs/${name}`),
  ...["src", "app", "assembly"].flatMap(within),
].filter((name) => /\.(md|ts|tsx)$/.test(name));

it("no file has words that a reader would have to guess at", () => {
  const found = files.flatMap((name) =>
    readFileSync(root + name, "utf8")
      .split("\n")
      .flatMap((line, at) =>
        instead.flatMap(([word, plain]) =>
          word.test(line) ? [`${name}:${at + 1}: ${line.trim()}; write ${plain}`] : [],
        ),
      ),
  );
  expect(files.length).toBeGreaterThan(300);
  expect(found).toEqual([]);
});
