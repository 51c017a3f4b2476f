// Writes what comes from the schema of the parameters: docs/parameters.md and the manifest of the Fractal tasks; needs a
// build: `npm run docs`.
import { writeFileSync } from "node:fs";

const { parametersPage } = await import("../dist/parameters/parameters-page.js");
const { manifestText } = await import("../dist/fractal/manifest.js");
for (const [name, text] of [
  ["docs/parameters.md", parametersPage()],
  ["__FRACTAL_MANIFEST__.json", manifestText()],
]) {
  writeFileSync(new URL(`../${name}`, import.meta.url), text);
  console.log(`wrote ${name}`);
}
