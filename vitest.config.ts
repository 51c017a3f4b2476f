import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The files that take most time: they begin first, so that none is alone at the end. */
const longest = [
  "advise/advise-image",
  "report/quality/failure-modes",
  "report/quality/check-images",
  "pipeline/bucket-output",
  "pipeline/faulty-source",
  "estimate/basic/golden-fits",
  "cli/resume",
  "fractal/correct",
  "pipeline/blocks/slab-maker",
  "fractal/choice",
  "cli/demo/run-demo",
  "advise/one-offset",
  "pipeline/lost-workers",
  "pipeline/run/standing-records",
  "cli/bad-input",
  "cli/text/fit-width",
  "estimate/refine/refine",
  "acquisition/listed/every-layout",
  "pipeline/shards",
  "report/report-file",
  "pipeline/correct-image",
  "empty/find-empty-regions",
  "report/wsi-brain",
  "estimate/basic/fast-fit",
  "advise/withhold",
  "advise/two-sides",
  "architecture/pixel-loops",
  "pipeline/every-layout",
  "report/quality/verdict-of-runs",
  "cli/documents-schema",
  "pipeline/blocks/block-runner",
  "hostile-inputs",
  "pipeline/sides",
  "pipeline/run/check-given",
  "pipeline/tiles-by-xml",
  "zarr/remote/http-store",
  "pipeline/run/verify-output",
  "cli/main",
  "serve/corrected-store",
  "zarr/codecs/blosc",
  "pipeline/listed-layouts",
  "pipeline/blocks/parts",
  "pipeline/tiles-layout",
  "estimate/basic/outside-fits",
  "pipeline/sides-in-layouts",
  "estimate/basic/fit-team",
  "browser-bundle",
  "pipeline/bigstitcher-projects",
  "zarr/chunk-part",
  "cli/check",
  "pipeline/run/outlasting",
  "pipeline/shared/shared-run",
  "report/page/report",
  "pipeline/axes",
  "zarr/remote/s3-moto",
  "zarr/fixtures",
  "pipeline/settle",
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
