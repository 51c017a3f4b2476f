// The results of the benchmark that are kept beside the page: `npm run bench:truth -- --json docs/benchmark.json`.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const file = fileURLToPath(new URL("../../../docs/benchmark.json", import.meta.url));

export default {
  watch: [file],
  load() {
    const { machine, extent, scenes } = JSON.parse(readFileSync(file, "utf8"));
    return {
      machine,
      extent,
      scenes: Object.entries(scenes).map(([name, { what, solvable, methods }]) => ({
        name,
        what,
        solvable,
        results: Object.entries(methods).flatMap(([method, result]) =>
          result.figures === undefined
            ? []
            : [{ method, seconds: result.seconds ?? 0, isRaw: result.kind === "as-it-is", ...result.figures }],
        ),
      })),
    };
  },
};
