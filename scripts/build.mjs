// Builds dist/ from src/: `npm run build`. A build that fails leaves the last one in place.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, renameSync, rmSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { buildKernels } from "./build-kernels.mjs";
import { bundlePrograms } from "./bundle-programs.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const fresh = `${root}dist.new`;

rmSync(fresh, { recursive: true, force: true });

const compiler = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));
const { status } = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json", "--outDir", fresh], {
  cwd: root,
  stdio: "inherit",
});
if (status !== 0) {
  rmSync(fresh, { recursive: true, force: true });
  process.exit(status ?? 1);
}

const kernels = await buildKernels();
for (const path of kernels) copyFileSync(path, `${fresh}/kernels/${basename(path)}`);
await bundlePrograms(fresh, kernels);
chmodSync(`${fresh}/cli/main.js`, 0o755);
rmSync(`${root}dist`, { recursive: true, force: true });
renameSync(fresh, `${root}dist`);
