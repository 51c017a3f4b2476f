import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The files that take most time: they begin first, so that none is alone at the end. */
const longest = [
  "estimate/basic/golden-fits",
  "cli/resume",
  "architecture/pixel-loops",
  "pipeline/bucket-output",
  "pipeline/tiles-layout",
  "report/quality/check-images",
  "pipeline/every-layout",
  "fractal/correct",
  "report/quality/failure-modes",
  "pipeline/tiles-by-xml",
  "pipeline/correct-image",
  "pipeline/axes",
  "cli/documents-schema",
  "report/quality/verdict-of-runs",
  "advise/advise-image",
  "empty/find-empty-regions",
  "zarr/remote/s3-moto",
  "pipeline/run/outlasting",
  "zarr/fixtures",
  "pipeline/settle",
  "pipeline/shared/shared-run",
  "zarr/codecs/blosc",
  "cli/bad-input",
  "serve/corrected-store",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const found = longest.findIndex((name) => moduleId.includes(`/${name}.test`));
      return found < 0 ? longest.length : found;
    };
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/support/before-all.mjs",
    setupFiles: ["load-kernels", "leave-out-verdicts", "compare-arrays"].map((name) => `test/support/${name}.ts`),
    // For what hangs alone: on a busy machine a test may take twenty times as long as by itself.
    testTimeout: 900_000,
    // More than there are cores, as tests wait for files, servers and processes. Each loads the source only once.
    maxWorkers: availableParallelism() + 2,
    isolate: false,
    // Small images are short-lived memory: where the engine has little for it, collecting it takes a fifth of all time.
    execArgv: ["--max-semi-space-size=64"],
    sequence: { sequencer: LongestFirst },
    hookTimeout: 900_000,
  },
});
