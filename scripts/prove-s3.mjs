// Corrects from a bucket into a bucket, which moto plays: the bytes of a correction between folders, each object put
// once, after kills and through faults too. `npm run prove:s3 [-- KILLS]`, after a build; skips where there is no Python.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "./free-port.mjs";
import { failureOf } from "./proof-failure.mjs";
import { pythonWith } from "./python-environment.mjs";

const fail = failureOf("prove:s3");
const python = pythonWith("moto", ["moto[server]"]);
if (python === undefined) {
  console.log("prove:s3: no Python with venv here, skipped");
  process.exit(0);
}
const kills = Number(process.argv[2] ?? 10);
const main = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const { DirectoryStore } = await import("../dist/node.js");
const { S3Store } = await import("../dist/zarr/remote/s3-store.js");
const { objectsBelow } = await import("../dist/zarr/store.js");
const { writeSyntheticAcquisition } = await import("../dist/synthetic/write-acquisition.js");

const folder = mkdtempSync(join(tmpdir(), "isolux-s3-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const motoPort = await freePort();
const moto = spawn(python, ["-m", "moto.server", "-H", "127.0.0.1", "-p", String(motoPort)], { stdio: "ignore" });
process.on("exit", () => moto.kill());
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

/** What went to the server, as `METHOD path`, and whether every 31st request goes wrong, which costs a second each. */
const requests = [];
let faulty = false;
let count = 0;
const proxy = http.createServer((request, response) => {
  requests.push(`${request.method} ${request.url}`);
  const fault = faulty && ++count % 31 === 0 ? count % 3 : undefined;
  if (fault === 0) return response.writeHead(503).end();
  if (fault === 1) return request.socket.destroy();
  const { method, url, headers } = request;
  const onward = http.request({ port: motoPort, method, path: url, headers }, (answer) => {
    // The answer to what was done is lost.
    if (fault === 2) return request.socket.destroy();
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", () => response.destroy());
  request.pipe(onward);
});
await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));

const environment = {
  ...process.env,
  AWS_ENDPOINT_URL: `http://127.0.0.1:${proxy.address().port}`,
  AWS_ACCESS_KEY_ID: "key",
  AWS_SECRET_ACCESS_KEY: "secret",
  AWS_REGION: "us-east-1",
  XDG_STATE_HOME: join(folder, "state"),
};
const access = {
  region: "us-east-1",
  endpoint: `http://127.0.0.1:${motoPort}`,
  credentials: { accessKeyId: "key", secretAccessKey: "secret" },
};
for (let tries = 0; ; tries++) {
  const made = await fetch(`${access.endpoint}/bucket`, { method: "PUT" }).catch(() => undefined);
  if (made?.status === 200) break;
  if (tries > 600) fail("moto does not start");
  await new Promise((resolve) => setTimeout(resolve, 200));
}

const local = new DirectoryStore(folder);
const { imageKey } = await writeSyntheticAcquisition(local, "sample.zarr", {
  gridYx: [1, 2],
  // Little to fit and to judge, which took most of a run, and few chunks: moto answers a hundred requests a second
  tileShapeYx: [256, 256],
  planes: 96,
  chunkShapeZyx: [24, 256, 256],
});
const store = new S3Store("bucket", "", access);
for (const key of await objectsBelow(local, "sample.zarr")) await store.set(key, await local.get(key));

/** Ends with the exit code; killed after a while, if that is given. */
function isolux(args, killAfterMs) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main, ...args, "--quiet"], {
      env: environment,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let stderr = "";
    child.stderr.on("data", (text) => (stderr += text));
    const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfterMs);
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, stderr });
    });
  });
}

async function mustWork(args) {
  const { code, stderr } = await isolux(args);
  if (code !== 0) fail(`isolux ${args.join(" ")}: ${stderr}`);
}

/** Holds an output in the bucket against one in a folder, byte for byte, and looks for uploads that were left. */
async function compare(key, reference, what) {
  const files = readdirSync(reference, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const wanted = files.map((entry) => relative(reference, join(entry.parentPath, entry.name))).sort();
  const found = (await objectsBelow(store, key)).map((name) => name.slice(key.length + 1)).sort();
  if (wanted.join() !== found.join()) fail(`${what}: other objects than in a folder`);
  for (const name of wanted) {
    const bytes = await store.get(`${key}/${name}`);
    if (Buffer.compare(bytes, readFileSync(join(reference, name))) !== 0) fail(`${what}: other bytes in ${name}`);
  }
  const uploads = await (await fetch(`${access.endpoint}/bucket?uploads`)).text();
  if (/<Upload>/.test(uploads)) fail(`${what}: an unfinished upload was left`);
  return wanted.length;
}

const forms = [
  ["0.4", []],
  ["0.5 in shards", ["--ome-version", "0.5", "--shards", "1,96,256,512"]],
];
for (const [index, [name, options]] of forms.entries()) {
  const reference = join(folder, `reference${index}`, "out.zarr");
  const command = (image, output) => [
    "correct",
    image,
    "--fov-list",
    "1",
    "--n-zplanes",
    "8",
    ...options,
    "--output",
    output,
  ];
  const report = (place) => join(folder, `report-${place}${index}.html`);
  await mustWork([...command(join(folder, imageKey), reference), "--report", report("folder")]);
  const source = `s3://bucket/${imageKey}`;

  requests.length = 0;
  const started = Date.now();
  await mustWork([...command(source, `s3://bucket/plain${index}/out.zarr`), "--report", report("bucket")]);
  const durationMs = Date.now() - started;
  const objects = await compare(`plain${index}/out.zarr`, reference, name);
  const figures = (place) => JSON.stringify(JSON.parse(readFileSync(report(place).replace(/html$/, "json"))).channels);
  if (figures("bucket") !== figures("folder")) fail(`${name}: the report has other figures than that on a folder`);
  const put = requests.flatMap((line) => {
    return /^PUT [^?]*\/out\.zarr\/(?!\.isolux)[^?]*$|^POST [^?]*\?uploads/.test(line)
      ? [line.replace(/^\w+ |\?.*/g, "")]
      : [];
  });
  if (put.length !== objects || new Set(put).size !== objects)
    fail(`${name}: ${put.length} puts of ${objects} objects`);
  const parts = requests.filter((line) => line.includes("partNumber=")).length;
  if (index === 1 && parts < 2) fail("no shard was uploaded in parts");

  let killed = 0;
  for (let run = 0; killed < kills && run < 3 * kills; run++) {
    const key = `killed${index}-${run}/out.zarr`;
    for (let again = 0; again < 3 && killed < kills; again++) {
      const { signal } = await isolux(command(source, `s3://bucket/${key}`), Math.random() * durationMs);
      if (signal === null) break;
      killed++;
    }
    const { code, stderr } = await isolux(command(source, `s3://bucket/${key}`));
    if (code !== 0 && !/already exists/.test(stderr)) fail(`${name}: does not go on after a kill: ${stderr}`);
    await compare(key, reference, `${name}, killed`);
    await store.remove(key);
  }

  faulty = true;
  await mustWork(command(source, `s3://bucket/faulty${index}/out.zarr`));
  faulty = false;
  await compare(`faulty${index}/out.zarr`, reference, `${name}, with faults`);
  console.log(
    `${name}: ${objects} objects, each put once, ${parts} parts; ${killed} kills; every 31st request failed: all the same bytes`,
  );
}
const left = readdirSync(join(folder, "state", "isolux"));
if (left.length > 0) fail(`workspaces were left: ${left.join(", ")}`);
process.exit(0);
