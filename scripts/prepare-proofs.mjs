// Fetches what proofs need besides npm's packages, while others work: programs of Debian, virtual environments of Python,
// and what builds the site. Each proof would do so itself. Part of `.ci/run`; Debian's and the site's only where CI=true.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { findChromium } from "./find-chromium.mjs";
import { hasSlurm } from "./one-node-slurm.mjs";
import { findPostgres } from "./private-postgres.mjs";
import { environments, pythonFor } from "./python-environment.mjs";
import { installPackages } from "./system-packages.mjs";

const isThere = (program) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;

// One installation in place of several
const missing = [
  ...(["munged", "slurmctld"].every(isThere) ? [] : ["slurm-wlm", "munge"]),
  ...(existsSync("/usr/lib/postgresql") ? [] : ["postgresql"]),
  ...(existsSync("/usr/bin/chromium") ? [] : ["chromium", "fonts-dejavu-core"]),
];
if (missing.length > 0) await installPackages(missing);
const found = { Chromium: await findChromium(), PostgreSQL: await findPostgres(), SLURM: await hasSlurm() };
for (const [name, is] of Object.entries(found)) if (!is) console.log(`${name} is not there`);
for (const name of Object.keys(environments)) pythonFor(name);
if (process.env.CI === "true") {
  spawnSync(process.execPath, [fileURLToPath(new URL("site.mjs", import.meta.url)), "packages"], { stdio: "inherit" });
}
