// Five users, each in an empty home with a PATH of the basics: the package by npm, the wheel by pip, the source by two
// commands, the single executable without any Node, and a TypeScript project that compiles strictly against the package.
// `npm run prove:users`; `-- short` takes the source as it is built here, and leaves a walk out whose tools are not there;
// `-- only pip` goes one.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cases, writeCase } from "./generated-acquisitions.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const isShort = process.argv.includes("short");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const place = mkdtempSync(join(tmpdir(), "isolux-users-"));
process.on("exit", () => rmSync(place, { recursive: true, force: true }));

/** Bytes of the package when it is unpacked, at most: more is a fault of the build. */
const mostUnpacked = 7.5e6;

/** The program of who uses the library. */
const program = `import { IsoluxError } from "isolux";
import { correctImage, inspectImage, planCorrection, type CorrectSummary } from "isolux/node";

const [image = "", output = ""] = process.argv.slice(2);
const { tiles } = await inspectImage({ image });
const plan = await planCorrection({ image, output, fovList: [1, 3, 7, 9] });
const summary: CorrectSummary = await correctImage({ image, output, fovList: [1, 3, 7, 9] });
const refused: unknown = await inspectImage({ image: "nowhere" }).catch((error: unknown) => error);
console.log(JSON.stringify([tiles.length, plan.bytes === summary.bytes, refused instanceof IsoluxError && refused.kind]));
`;

const { image } = await writeCase(place, "sample", cases["empty corners"], { tileShapeYx: [64, 56] });
const tarball = packed();
const only = process.argv[2] === "only" ? process.argv[3] : undefined;
await walk("npm", () => true, byNpm);
await walk(
  "pip",
  () => existsSync(wheelPath()) && spawnSync("python3", ["-c", "import venv, ensurepip"]).status === 0,
  byPip,
);
await walk("source", () => !isShort && existsSync(join(root, ".git")), fromSource);
await walk("executable", () => !isShort, byExecutable);
await walk("TypeScript", () => true, inTypeScript);

async function walk(name, isPossible, go) {
  if (only !== undefined && only !== name) return;
  if (!isPossible()) return console.log(`prove:users: ${name}: skipped`);
  const began = Date.now();
  const home = join(place, name);
  mkdirSync(home);
  await go(home);
  console.log(`prove:users: ${name}: passed after ${Math.round((Date.now() - began) / 1000)} s`);
}

/** What a user's processes know: their home, and programs on a path. */
function environment(home, path = "") {
  const { npm_config_registry, NPM_CONFIG_USERCONFIG, PIP_CONFIG_FILE, PIP_INDEX_URL } = process.env;
  const given = { npm_config_registry, NPM_CONFIG_USERCONFIG, PIP_CONFIG_FILE, PIP_INDEX_URL };
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const PATH = [path, dirname(process.execPath), "/usr/bin", "/bin"].filter((one) => one !== "").join(":");
  return { HOME: home, PATH, CI: "true", ...known };
}

/** Runs a command in a home; ends the proof where it fails. @returns what it printed */
function run(home, command, args, { cwd = home, path = "", env = environment(home, path) } = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env, encoding: "utf8" });
  if (status === 0) return { stdout, stderr };
  console.error(`FAILED: ${command} ${args.join(" ")}\n${error ?? ""}${stdout}${stderr}`);
  process.exit(1);
}

/** What everybody does first: look, correct, check, and see it in the browser. */
async function firstSteps(home, isolux, options = {}) {
  const [command, ...words] = isolux;
  const call = (...args) => run(home, command, [...words, ...args], options).stdout;
  hold(call("--version").trim() === version, "the version is told");
  hold(call("inspect", image).includes("Tiles as they lie"), "the tiles are shown");
  const output = join(home, "corrected.zarr");
  const document = JSON.parse(call("correct", image, "--fov-list", "1,3,7,9", "--output", output, "--json", "--quiet"));
  hold(document.format === "isolux.correct" && existsSync(join(output, ".zattrs")), "the image is corrected");
  hold(JSON.parse(call("check", image, output, "--json")).verdict.kind === "improved", "the image is better");
  await servesPage(home, isolux, options);
}

/** The page and all that it loads at once come with the program. */
async function servesPage(home, [command, ...words], { path = "", env = environment(home, path) }) {
  const args = [...words, "serve", image, "--fov-list", "1,3,7,9", "--port", "0"];
  const server = spawn(command, args, { cwd: home, env });
  let said = "";
  process.once("exit", () => server.kill());
  const ended = once(server, "exit");
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (text) => (said += text));
  const page = () => /^Page: +(\S+)$/m.exec(said)?.[1];
  while (page() === undefined && server.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 50));
  hold(page() !== undefined, `the page is served: ${said}`);
  const app = new URL("app/", page());
  const html = await (await fetch(app)).text();
  const files = [...html.matchAll(/(?:src|href)="([a-z.]+)"/g)].map(([, name]) => name);
  hold(files.includes("style.css") && files.includes("main.js"), `the page names its files: ${html}`);
  for (const name of files) hold((await fetch(new URL(name, app))).ok, `${name} is served`);
  server.kill("SIGINT");
  await ended;
}

function hold(isTrue, what) {
  if (isTrue) return;
  console.error(`FAILED: ${what}`);
  process.exit(1);
}

function packed() {
  const { stdout } = run(place, "npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", place], {
    cwd: root,
  });
  const [{ filename, unpackedSize }] = Object.values(JSON.parse(stdout));
  console.log(`prove:users: the package is ${(unpackedSize / 1e6).toFixed(1)} MB unpacked`);
  hold(unpackedSize <= mostUnpacked, `the package has at most ${mostUnpacked} bytes`);
  return join(place, filename);
}

async function byNpm(home) {
  run(home, "npm", ["init", "-y"]);
  const { stderr } = run(home, "npm", ["install", "--no-audit", "--no-fund", tarball]);
  hold(!/warn/i.test(stderr), `npm warns of nothing: ${stderr}`);
  await firstSteps(home, [join(home, "node_modules/.bin/isolux")]);
}

function wheelPath() {
  return join(root, "wheel", `isolux-${version}-py3-none-any.whl`);
}

async function byPip(home) {
  const venv = join(home, "venv");
  run(home, "python3", ["-m", "venv", venv]);
  const bin = join(venv, "bin");
  const quiet = ["--quiet", "--disable-pip-version-check"];
  // The long form brings Node, too, which takes most of the time.
  run(home, join(bin, "pip"), ["install", ...quiet, isShort ? wheelPath() : `${wheelPath()}[node]`]);
  await firstSteps(home, [join(bin, "isolux")]);
  const seen = run(home, join(bin, "python"), [
    "-c",
    `import isolux; print(len(isolux.inspect(${JSON.stringify(image)})["tiles"]))`,
  ]);
  hold(seen.stdout.trim() === "9", "the module tells the tiles");
}

async function fromSource(home) {
  const clone = join(home, "isolux");
  run(home, "git", ["clone", "--quiet", "--depth", "1", `file://${root}`, clone]);
  run(home, "npm", ["ci", "--no-audit", "--no-fund"], { cwd: clone });
  await firstSteps(home, ["node", join(clone, "dist/cli/main.js")]);
}

/** Nothing is on the PATH. */
async function byExecutable(home) {
  run(home, process.execPath, [join(root, "scripts/build-executable.mjs")], { env: process.env });
  await firstSteps(home, [join(root, "executable/isolux")], { env: { HOME: home, PATH: "" } });
}

function inTypeScript(home) {
  writeFileSync(join(home, "package.json"), JSON.stringify({ name: "user", type: "module", private: true }));
  const settings = { target: "ES2022", module: "NodeNext", strict: true, outDir: "out", types: [] };
  // Types of what the package needs are checked as well.
  writeFileSync(
    join(home, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { ...settings, skipLibCheck: false, types: ["node"] }, files: ["user.ts"] }),
  );
  writeFileSync(join(home, "user.ts"), program);
  const { typescript, "@types/node": nodeTypes } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  ).devDependencies;
  run(home, "npm", [
    "install",
    "--no-audit",
    "--no-fund",
    tarball,
    `typescript@${typescript}`,
    `@types/node@${nodeTypes}`,
  ]);
  run(home, join(home, "node_modules/.bin/tsc"), []);
  const { stdout } = run(home, "node", ["out/user.js", image, join(home, "corrected.zarr")]);
  hold(stdout.trim() === '[9,true,"not-found"]', `the program prints ${stdout}`);
  hold(readdirSync(join(home, "corrected.zarr")).includes("0"), "the image is written");
}
