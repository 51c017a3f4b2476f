// Writes what comes from the source: docs/parameters.md and the manifest of the Fractal tasks from the schema of the
// parameters, docs/errors.md from the errors, and the JSON Schema of the documents from their types; needs a build:
// `npm run docs`. `check` writes nothing, and fails where one is not up to date.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { documentSchemasText } from "./document-schemas.mjs";
import { errorsPage } from "./error-catalogue.mjs";

const { parametersPage } = await import("../dist/parameters/parameters-page.js");
const { manifestText } = await import("../dist/fractal/manifest.js");
const isCheck = process.argv[2] === "check";
for (const [name, text] of [
  ["docs/parameters.md", parametersPage()],
  ["docs/errors.md", errorsPage(fileURLToPath(new URL("../src/", import.meta.url)))],
  ["__FRACTAL_MANIFEST__.json", manifestText()],
  ["docs/documents.schema.json", documentSchemasText()],
]) {
  const file = new URL(`../${name}`, import.meta.url);
  if (!isCheck) {
    writeFileSync(file, text);
    console.log(`wrote ${name}`);
  } else if (readFileSync(file, "utf8") !== text) {
    console.error(`FAILED: ${name} is not up to date: npm run docs.`);
    process.exitCode = 1;
  }
}
