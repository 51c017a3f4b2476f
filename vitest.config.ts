import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/support/build-kernels.mjs",
    setupFiles: "test/support/load-kernels.ts",
    testTimeout: 180_000,
    // By default one core is left idle, which is half of two; and every file would load all of the source again.
    maxWorkers: "100%",
    isolate: false,
    hookTimeout: 120_000,
  },
});
