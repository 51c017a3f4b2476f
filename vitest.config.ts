import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/support/build-kernels.mjs",
    setupFiles: "test/support/load-kernels.ts",
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
