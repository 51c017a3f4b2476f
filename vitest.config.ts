import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The files that take most time: they begin first, so that none is alone at the end. */
const longest = [
  "estimate/basic/golden-fits",
  "pipeline/bucket-output",
  "pipeline/every-layout",
  "empty/find-empty-regions",
  "zarr/remote/s3-moto",
  "cli/resume",
  "fractal/correct",
  "report/quality/check-images",
  "report/quality/failure-modes",
  "pipeline/run/outlasting",
  "cli/documents-schema",
  "pipeline/settle",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => longest.some((name) => moduleId.includes(`/${name}.test`));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/support/before-all.mjs",
    setupFiles: ["load-kernels", "leave-out-verdicts", "compare-arrays"].map((name) => `test/support/${name}.ts`),
    // For what hangs alone: on a busy machine a test may take twenty times as long as by itself.
    testTimeout: 900_000,
    // One more than there are cores, as tests wait for files, servers and processes. Each loads the source only once.
    maxWorkers: availableParallelism() + 1,
    isolate: false,
    sequence: { sequencer: LongestFirst },
    hookTimeout: 900_000,
  },
});
