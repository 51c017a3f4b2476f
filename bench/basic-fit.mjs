// Times BaSiC fits of generated stacks whose truth is known: seconds, iterations, peak memory, error of the flat-field.
// `node bench/basic-fit.mjs [CASE ...] [--solver faithful]`, after a build; each case runs in a process of its own.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The fits: planes of 200 tiles, as `[planes, y, x]`, and the working size where there is one. */
export const fitCases = {
  "200x128x128": { planeCount: 200, side: 128 },
  "200x256x256": { planeCount: 200, side: 256 },
  "200x512x512": { planeCount: 200, side: 512 },
  "200x512x512 at 128": { planeCount: 200, side: 512, workingSizeYx: [128, 128] },
};

/** Planes drawn from an acquisition of 4 x 4 tiles, always the same. @returns the stack and its true flat-field */
export async function generateStack({ planeCount, side }, seed = 5) {
  const { completeOptions } = await import("../dist/synthetic/options.js");
  const { layOutTiles } = await import("../dist/synthetic/layout.js");
  const { SyntheticCamera } = await import("../dist/synthetic/camera.js");
  const depth = 40;
  const pixelSizeZyx = [5, 256 / side, 256 / side].map((size, axis) => (axis === 0 ? size : 5 * size));
  const options = completeOptions({ tileShapeYx: [side, side], gridYx: [4, 4], planes: depth, seed, pixelSizeZyx });
  const { tiles } = layOutTiles(options);
  const camera = new SyntheticCamera(options, { tiles, ...layOutTiles(options) });
  const pixels = new Uint16Array(planeCount * side * side);
  for (let n = 0; n < planeCount; n++) {
    // Strides without a common divisor go through all tiles and planes.
    const target = { pixels, offset: n * side * side, rowStride: side };
    camera.expose(
      0,
      tiles[(7 * n) % tiles.length],
      (11 * n + Math.floor(n / 16)) % depth,
      [0, 0],
      [side, side],
      target,
    );
  }
  return { stack: { pixels, planeCount, shapeYx: [side, side] }, truth: camera.shadings[0].flatfield };
}

/** Fits one case in this process. */
export async function measureFit(fitCase, solver = "fast") {
  const { stack, truth } = await generateStack(fitCase);
  const { basicDefaults, fitBasic } = await import("../dist/node.js");
  const parameters = { ...basicDefaults, solver };
  if (fitCase.workingSizeYx) parameters.workingSizeYx = fitCase.workingSizeYx;
  const cpuBefore = process.cpuUsage();
  const started = performance.now();
  const fit = await fitBasic(stack, parameters);
  const seconds = (performance.now() - started) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  const mean = truth.reduce((sum, value) => sum + value, 0) / truth.length;
  const error = fit.flatfield.reduce((sum, value, p) => sum + Math.abs(value - truth[p] / mean), 0) / truth.length;
  return {
    seconds,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    reweightings: fit.reweightings,
    iterations: fit.innerIterations.reduce((sum, count) => sum + count, 0),
    peakBytes: 1024 * process.resourceUsage().maxRSS,
    stackBytes: stack.pixels.byteLength,
    error,
  };
}

const [, script, ...args] = process.argv;
if (script === fileURLToPath(import.meta.url)) {
  const solverAt = args.indexOf("--solver");
  const [, solver] = solverAt < 0 ? [] : args.splice(solverAt, 2);
  if (args[0] === "--measure") {
    console.log(JSON.stringify(await measureFit(fitCases[args[1]], solver)));
  } else {
    for (const name of args.length > 0 ? args : Object.keys(fitCases)) {
      const options = solver === undefined ? [] : ["--solver", solver];
      const { stdout, stderr, status } = spawnSync(process.execPath, [script, "--measure", name, ...options], {
        encoding: "utf8",
      });
      if (status !== 0) throw new Error(stderr);
      const { seconds, cpuSeconds, reweightings, iterations, peakBytes, error } = JSON.parse(stdout);
      const facts = [
        `${seconds.toFixed(2)} s (${cpuSeconds.toFixed(2)} s of processor)`,
        `${iterations} iterations in ${reweightings} fits`,
        `peak ${Math.round(peakBytes / 1e6)} MB`,
      ];
      console.log(`${name}: ${facts.join(", ")}, flat-field off by ${(100 * error).toFixed(2)} %`);
    }
  }
}
