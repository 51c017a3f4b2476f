import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The folder of reference data beside a checkout of the project; larger and third-party data live there. */
export const referenceFolder = fileURLToPath(new URL("../../../shared/", import.meta.url));

/** Whether reference data are there; tests that need them skip, with a line, where they are not. */
export const hasReferenceData = existsSync(`${referenceFolder}golden/golden.json`);

if (!hasReferenceData) process.stderr.write(`no reference data at ${referenceFolder}: the tests that need them skip\n`);
