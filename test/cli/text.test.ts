import { describe, expect, it } from "vitest";
import { inspectText, tileMap } from "../../src/cli/commands/inspect.ts";
import { inOneLineThroughout } from "../../src/cli/perform.ts";
import { correctText, estimateText } from "../../src/cli/text/summary.ts";
import type { ChannelSummary, EstimateSummary } from "../../src/parameters/summaries.ts";
import { availableCores, type CoreHints } from "../../src/pipeline/threads/platform-node.ts";
import type { Coverage } from "../../src/tiles/coverage.ts";

describe("the map of tiles", () => {
  it("shows numbers where the tiles lie, and gaps", () => {
    const tiles = [
      { number: 1, row: 0, column: 0 },
      { number: 2, row: 1, column: 0 },
      { number: 10, row: 1, column: 1 },
    ];
    expect(tileMap(tiles)).toBe(
      ["  +----+----+", "  |  1 |    |", "  +----+----+", "  |  2 | 10 |", "  +----+----+", ""].join("\n"),
    );
  });

  it("shows tiles at one place together", () => {
    const here = { row: 0, column: 0 };
    expect(
      tileMap([
        { number: 1, ...here },
        { number: 2, ...here },
      ]),
    ).toContain("| 1,2 |");
  });
});

it("an inspected image reads well", () => {
  const tile = (number: number, row: number) => ({
    number,
    name: `FOV_${number - 1}`,
    row,
    column: 0,
    startYx: [24 * row, 0] as const,
    shapeZyx: [6, 24, 16] as const,
    perChannel: [{ median: 123.4, spread: 4.5 }],
  });
  const text = inspectText({
    image: "demo.zarr/raw_image",
    shapeCzyx: [1, 6, 48, 16],
    type: "uint16",
    channels: ["MBP"],
    levels: [
      { path: "0", shapeCzyx: [1, 6, 48, 16], chunkShape: [1, 6, 32, 32], codec: "blosc lz4", scaleZyx: [5, 1.1, 1.1] },
    ],
    tiles: [tile(1, 0), tile(2, 1)],
    hasTileTable: true,
    notes: ["Level 1 is missing."],
  });
  expect(text).toMatchSnapshot();
});

it("a correction reads well", () => {
  const channel: ChannelSummary = {
    label: "MBP",
    source: "empty",
    flatfield: { min: 0.81, max: 1.23, mean: 1 },
    baseline: 42,
    planes: [{ tile: 1, plane: 3 }],
    subtracted: 42,
    pixels: 1e6,
    clippedLow: 31_200,
    clippedHigh: 0,
  };
  const coverage: Coverage = { share: 1, planes: 48, planesWithoutTiles: [], planesInPart: [], gapShare: 0 };
  const summary = {
    output: "out.zarr",
    source: "in.zarr",
    tiles: { count: 4, remarks: [], coverage, rest: "none" as const },
    bytes: 3e9,
    seconds: 15,
    correctingSeconds: 10,
    seed: 0,
    warnings: [],
  };
  const channels = [channel, { ...channel, label: "488", source: "none" as const, planes: [] }];
  expect(correctText({ ...summary, channels })).toMatchSnapshot();
  const part = { ...coverage, share: 0.5, planesWithoutTiles: [[24, 47]] as const };
  expect(correctText({ ...summary, channels, tiles: { ...summary.tiles, coverage: part, rest: "copied" } })).toContain(
    "24 of 48 planes (24-47) lie in no tile",
  );
});

it("the verdict has a line for each channel, however its text came here", () => {
  const core = { kind: "improved", confidence: "high", certainty: 0.99, reason: "Seams fell." } as const;
  const channels = ["MBP", "488"].map((label) => ({ ...core, label, text: `Verdict on ${label}: better.` }));
  const verdict = { ...core, text: channels.map(({ text }) => text).join(" "), channels };
  const summary = inOneLineThroughout({
    channels: [],
    kept: 0,
    seconds: 1,
    output: "out",
    seed: 0,
    warnings: [],
    verdict,
  });
  const text = estimateText(summary as unknown as EstimateSummary);
  expect(text.trimEnd().split("\n").slice(-2)).toEqual(["Verdict on MBP: better.", "Verdict on 488: better."]);
});

describe("available cores", () => {
  const cores = (hints: Partial<CoreHints>, files: Record<string, string> = {}) =>
    availableCores({ parallelism: 16, environment: {}, readFile: (path) => files[path], ...hints });

  it("are those of the machine, of the SLURM job or of the container, whichever are fewest", () => {
    expect(cores({})).toBe(16);
    expect(cores({ environment: { SLURM_CPUS_PER_TASK: "4" } })).toBe(4);
    expect(cores({ environment: { SLURM_CPUS_PER_TASK: "64" } })).toBe(16);
    expect(cores({ environment: { SLURM_CPUS_PER_TASK: "nonsense" } })).toBe(16);
    expect(cores({}, { "/sys/fs/cgroup/cpu.max": "250000 100000\n" })).toBe(2);
    expect(cores({}, { "/sys/fs/cgroup/cpu.max": "max 100000\n" })).toBe(16);
    expect(cores({}, { "/sys/fs/cgroup/cpu.max": "50000 100000\n" })).toBe(1);
    const version1 = (quota: string) => ({
      "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": quota,
      "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    });
    expect(cores({}, version1("-1\n"))).toBe(16);
    expect(cores({}, version1("400000\n"))).toBe(4);
  });

  it("respect the quotas of all groups above", () => {
    const files = {
      "/proc/self/cgroup": "0::/jobs/7\n",
      "/sys/fs/cgroup/jobs/cpu.max": "300000 100000",
      "/sys/fs/cgroup/jobs/7/cpu.max": "max 100000",
    };
    expect(cores({}, files)).toBe(3);
  });
});
