import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shellWord } from "../../src/plain-text.ts";

describe("a word for a shell", () => {
  it.each([
    ["/data/raw_image.zarr", "/data/raw_image.zarr"],
    ["my data", '"my data"'],
    ["it's", `"it's"`],
    ["dist\\cli\\main.js", '"dist\\cli\\main.js"'],
    ["cost: $5", "'cost: $5'"],
    [`a "b" 'c'`, `'a "b" '\\''c'\\'''`],
    ["", '""'],
  ])("%s is written as %s", (word, written) => {
    expect(shellWord(word)).toBe(written);
  });

  it.skipIf(process.platform === "win32")("is read back as it was", () => {
    const word = fc.string({ unit: "grapheme", maxLength: 12 }).filter((text) => !text.includes("\0"));
    const tricky = fc.string({ unit: fc.constantFrom(..."\"'\\$`! \n\t*?[]{}~#&;|<>()=a".split("")), maxLength: 12 });
    const words = fc.sample(fc.oneof(word, tricky), 200);
    const script = `printf '%s\\0' ${words.map(shellWord).join(" ")}`;
    const read = execFileSync("bash", ["-c", script], { encoding: "utf8" }).split("\0");
    expect(read.slice(0, -1)).toEqual(words);
  });

  it.skipIf(process.platform === "win32")("is read back where the locale knows no other letters than ASCII", () => {
    const words = ["a\u202eb", "new\nline", "é\u0085", "\u007f'\\\u2028f"];
    const env = { ...process.env, LC_ALL: "C" };
    const read = execFileSync("bash", ["-c", `printf '%s\\0' ${words.map(shellWord).join(" ")}`], {
      encoding: "utf8",
      env,
    });
    expect(read.split("\0").slice(0, -1)).toEqual(words);
  });
});
