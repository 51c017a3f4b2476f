import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const folder = fileURLToPath(new URL("../../docs/decisions/", import.meta.url));

it("decisions have a number each, and a line in docs/decisions/README.md with their title", () => {
  const files = readdirSync(folder).filter((name) => name !== "README.md");
  const titles = files.map((name) =>
    readFileSync(folder + name, "utf8")
      .split("\n")[0]!
      .replace(/^# /, ""),
  );
  const numbers = titles.map((title) => Number.parseInt(title, 10)).sort((a, b) => a - b);
  expect(numbers).toEqual(files.map((_, index) => index + 1));
  const index = readFileSync(`${folder}README.md`, "utf8");
  const missing = files.filter((name, at) => !index.includes(`- [${titles[at]}](${name})`));
  expect(missing).toEqual([]);
});
