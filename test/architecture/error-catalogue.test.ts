import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { errorsPage } from "../../scripts/error-catalogue.mjs";
import { openMosaic } from "../../src/acquisition/open-mosaic.ts";
import { exitCodes } from "../../src/cli/exit-codes.ts";
import { IsoluxError } from "../../src/errors.ts";
import { correctSchema } from "../../src/parameters/schema.ts";
import { validate } from "../../src/parameters/validate.ts";
import { DirectoryStore } from "../../src/zarr/disk/directory-store-node.ts";

const source = fileURLToPath(new URL("../../src/", import.meta.url));

const catalogue = errorsPage(source);

/** The part of the page about errors of one kind. */
function sectionOf(kind: string): string {
  const [, section] = new RegExp(`## ${kind}\n([\\s\\S]*?)(?=\n## |$)`).exec(catalogue)!;
  return section!;
}

async function errorOf(action: () => unknown): Promise<IsoluxError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof IsoluxError) return error;
  }
  throw new Error("there was no such error");
}

describe("docs/errors.md", () => {
  it("is up to date: npm run docs writes it", () => {
    const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");
    expect(page === catalogue).toBe(true);
  });

  it("has every kind, with the exit code that the command line gives it", () => {
    expect(sectionOf("usage")).toContain(`Exit code ${exitCodes.usage}.`);
    expect(sectionOf("no-gain")).toContain(`Exit code ${exitCodes.noGain}.`);
    expect(sectionOf("interrupted")).toContain(`Exit code ${exitCodes.interrupted}.`);
    for (const kind of [
      "not-found",
      "unsupported",
      "corrupt",
      "invalid",
      "estimation",
      "output",
      "memory",
      "storage",
    ]) {
      expect(sectionOf(kind)).toContain(`Exit code ${exitCodes.failed}.`);
      expect(sectionOf(kind).split("\n| ").length).toBeGreaterThan(5);
    }
  });

  it("has messages that are written out, and such as a function makes of what it is given", async () => {
    const missing = await errorOf(() => openMosaic(new DirectoryStore("/nowhere"), "image"));
    expect(sectionOf(missing.kind)).toContain(`| ${missing.what} |`);
    const unknown = await errorOf(() => validate(correctSchema, { image: "a", workrs: 2 }, { spelling: "key" }));
    expect(sectionOf(unknown.kind)).toContain("| There is no parameter named …");
    const wrong = await errorOf(() => validate(correctSchema, { image: "a", workers: -1 }, { spelling: "key" }));
    expect(wrong.what).toMatch(/^Wrong value for/);
    expect(sectionOf(wrong.kind)).toContain("| Wrong value for …");
  });
});
