// Writes docs/parameters.md from the schema of the parameters; needs a build: `npm run build`.
import { writeFileSync } from "node:fs";

const { parametersPage } = await import("../dist/parameters/parameters-page.js");
writeFileSync(new URL("../docs/parameters.md", import.meta.url), parametersPage());
console.log("wrote docs/parameters.md");
