// Makes a single executable of the command: `npm run build:executable`, after a build. It is the Node that runs this script
// with the package inside; the first start puts the package into the user's cache. `executable/isolux` is for the system
// that it is made on.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { zipSync } from "fflate";
import { inject } from "postject";
import { rolldown } from "rolldown";
import { packageFiles } from "./package-files.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
/** By this mark the Node of nodejs.org and of most packages tells that it can carry a program. */
const fuse = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";
if (!readFileSync(process.execPath).includes(fuse)) {
  console.error(`build:executable: ${process.execPath} cannot carry a program: use the Node of nodejs.org`);
  process.exit(1);
}

const { version } = JSON.parse(readFileSync(here("../package.json"), "utf8"));
const scratch = mkdtempSync(join(tmpdir(), "isolux-executable-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

const files = packageFiles();
files.set("start.cjs", new TextEncoder().encode('import("./dist/cli/main.js");\n'));
const mtime = new Date(1980, 0, 1);
const archive = zipSync(Object.fromEntries([...files].map(([path, bytes]) => [path, [bytes, { mtime, level: 9 }]])));
const name = `${version}-${createHash("sha256").update(archive).digest("hex").slice(0, 12)}`;
writeFileSync(join(scratch, "package.zip"), archive);
writeFileSync(join(scratch, "name"), name);

const bundle = await rolldown({ input: here("executable/start.mjs"), platform: "node" });
await bundle.write({ file: join(scratch, "start.cjs"), format: "cjs" });
await bundle.close();
writeFileSync(
  join(scratch, "sea.json"),
  JSON.stringify({
    main: join(scratch, "start.cjs"),
    output: join(scratch, "blob"),
    disableExperimentalSEAWarning: true,
    assets: { package: join(scratch, "package.zip"), name: join(scratch, "name") },
  }),
);
const made = spawnSync(process.execPath, ["--experimental-sea-config", join(scratch, "sea.json")], {
  encoding: "utf8",
});
if (made.status !== 0) throw new Error(made.stderr);

const folder = here("../executable");
const target = join(folder, process.platform === "win32" ? "isolux.exe" : "isolux");
mkdirSync(folder, { recursive: true });
rmSync(target, { force: true });
copyFileSync(process.execPath, target);
chmodSync(target, 0o755);
const onMac = process.platform === "darwin";
// A signature holds for the Node that was copied alone.
if (onMac) spawnSync("codesign", ["--remove-signature", target]);
await inject(target, "NODE_SEA_BLOB", readFileSync(join(scratch, "blob")), {
  sentinelFuse: fuse,
  ...(onMac && { machoSegmentName: "NODE_SEA" }),
});
if (onMac) spawnSync("codesign", ["--sign", "-", target]);
console.log(
  `wrote executable/isolux of ${(statSync(target).size / 1e6).toFixed(0)} MB, for ${process.platform} ${process.arch}`,
);
