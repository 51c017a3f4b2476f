import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/support/before-all.mjs",
    setupFiles: ["load-kernels", "leave-out-verdicts", "compare-arrays"].map((name) => `test/support/${name}.ts`),
    testTimeout: 180_000,
    // One more than there are cores, as tests wait for files, servers and processes. Each loads the source only once.
    maxWorkers: availableParallelism() + 1,
    isolate: false,
    hookTimeout: 120_000,
  },
});
