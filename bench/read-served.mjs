// @ts-check
/**
 * Reads all of an image's full resolution over HTTP, as a viewer does, and prints how fast: corrected by `isolux serve`,
 * or as it is from a plain server of files. What the start of the server takes is printed apart.
 *
 *     node bench/read-served.mjs IMAGE [MODELS]
 */
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { serveFolder } from "../scripts/serve-folder.mjs";
import { isoluxMain, openImage } from "./engine.mjs";

const [image = "", models] = process.argv.slice(2);
/** Chunks that are requested at a time. */
const atOnce = 8;

if (process.env.ISOLUX_BENCH_SERVER !== undefined) {
  const { url } = await serveFolder(dirname(image), "shared");
  console.log(JSON.stringify({ corrected: `${url}/${basename(image)}` }));
} else await measure();

async function measure() {
  const began = performance.now();
  const { server, address } = await startServer();
  const readyMs = performance.now() - began;
  const level = /** @type {any} */ ((await openImage(address)).levels[0]);
  const [channels, planes, rows, columns] = level.chunkGridCzyx;
  const count = channels * planes * rows * columns;
  const placeOf = (/** @type {number} */ at) => [
    Math.floor(at / (planes * rows * columns)),
    Math.floor(at / (rows * columns)) % planes,
    Math.floor(at / columns) % rows,
    at % columns,
  ];
  const readingFrom = performance.now();
  await level.readChunk(placeOf(count >> 1));
  const firstMs = performance.now() - readingFrom;
  let [next, bytes] = [0, 0];
  const read = async () => {
    while (next < count) {
      const pixels = await level.readChunk(placeOf(next++));
      bytes += pixels?.byteLength ?? 0;
    }
  };
  const from = performance.now();
  const cpuBefore = cpuSeconds(server.pid);
  await Promise.all(Array.from({ length: atOnce }, read));
  const seconds = (performance.now() - from) / 1000;
  const cpu = cpuSeconds(server.pid) - cpuBefore;
  server.kill("SIGKILL");
  if (process.env.ISOLUX_BENCH_SECONDS !== undefined) writeFileSync(process.env.ISOLUX_BENCH_SECONDS, `${seconds}`);
  console.log(
    `${(bytes / 1e6).toFixed(0)} MB in ${seconds.toFixed(2)} s: ${(bytes / 1e6 / seconds).toFixed(0)} MB/s; ` +
      `server ${cpu.toFixed(2)} s of processor time, reader ${(process.cpuUsage().user / 1e6).toFixed(2)} s; ` +
      `ready after ${readyMs.toFixed(0)} ms, first chunk ${firstMs.toFixed(0)} ms later`,
  );
  process.exit(0);
}

async function startServer() {
  const isPlain = models === undefined;
  const args = isPlain
    ? [process.argv[1] ?? "", image]
    : [isoluxMain, "serve", image, "--models-folder", models, "--json", "--workers", "2"];
  const env = { ...process.env, ...(isPlain && { ISOLUX_BENCH_SERVER: "1" }) };
  const server = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "ignore"] });
  process.on("exit", () => server.kill("SIGKILL"));
  const text = await new Promise((resolve) => {
    let out = "";
    server.stdout.on("data", (piece) => {
      out += piece;
      if (out.includes("\n")) resolve(out);
    });
  });
  return { server, address: JSON.parse(text).corrected };
}

/** User and system time of a process, where the system tells it. @param {number | undefined} pid */
function cpuSeconds(pid) {
  try {
    const [, rest = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
    const fields = rest.split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}
