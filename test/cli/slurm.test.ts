/** Job scripts, and how commands of a shared correction speak. */
import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import {
  correctionWords,
  defaultScript,
  isJobScript,
  type JobScript,
  jobScript,
} from "../../src/cli/commands/slurm-script.ts";
import { statusText } from "../../src/cli/commands/status.ts";
import { unitText, withArrayTask } from "../../src/cli/commands/work.ts";
import { correctSchema } from "../../src/parameters/schema.ts";
import { prepareSchema, slurmSchema, workSchema } from "../../src/parameters/shared-schemas.ts";
import type { StatusSummary } from "../../src/parameters/summaries.ts";
import { validate } from "../../src/parameters/validate.ts";

const plan = {
  output: "/data/a b/out",
  source: "/data/a b/raw_image",
  tiles: {
    count: 1,
    remarks: [],
    coverage: { share: 1, planes: 48, planesWithoutTiles: [], planesInPart: [], gapShare: 0 },
    rest: "none" as const,
  },
  bytes: 3.2e12,
  units: 23,
  sharedRounds: 1,
  blocks: 5000,
  workers: 8,
  unitBytes: 9e9,
  estimationBytes: 2e9,
};
const job: JobScript = {
  plan,
  program: ["/usr/bin/node", "/opt/isolux/dist/cli/main.js"],
  words: ["raw image", "--channels=it's,488", "--overwrite"],
  folder: "/data/a b",
  path: "/data/a b/out.slurm.sh",
  erases: false,
  reports: false,
  partition: "long",
  account: "lab7",
};

describe("a job script", () => {
  const text = jobScript(job);

  it("reads as it should", () => {
    expect(text).toMatchSnapshot();
  });

  it("is known as one, also when it was changed", () => {
    expect([text, `${text}# mine\n`, "#!/bin/bash\necho mine\n", ""].map(isJobScript)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it.each([
    ["all jobs", []],
    ["some units", ["3,17"]],
  ])("submits %s, each after the one before", (_, args) => {
    // A stand-in for SLURM that shows how it was called and numbers the jobs.
    const sbatch = 'n=0; sbatch() { { echo "sbatch $*"; cat; } >&2; echo 4711; }; mkdir() { :; };';
    const told = execFileSync("bash", ["-c", `exec 2>&1; ${sbatch}${text}`, "script", ...args], { encoding: "utf8" });
    const calls = told.split("\n").filter((line) => line.startsWith("sbatch"));
    expect(calls).toHaveLength(args.length === 0 ? 3 : 2);
    expect(calls.at(-2)).toContain(args.length === 0 ? "--array=0-22 " : "--array=3,17 ");
    expect(calls.at(-2)!.includes("afterok:4711")).toBe(args.length === 0);
    expect(calls.at(-1)).toContain("--dependency=afterok:4711 --kill-on-invalid-dep=yes");
    expect(told).toContain(`work "/data/a b/out" --unit "$SLURM_ARRAY_TASK_ID"`);
  });

  it("names logs so that SLURM finds no job's number in the folder of an output", () => {
    const output = "/data/per%cent 50%/out";
    const sbatch = `sbatch() { printf '%s\\n' "$@" >&2; cat > /dev/null; echo 4711; }; mkdir() { echo "made $2"; };`;
    const script = `exec 2>&1; ${sbatch}${jobScript({ ...job, plan: { ...plan, output } })}`;
    const told = execFileSync("bash", ["-c", script, "script"], { encoding: "utf8" }).split("\n");
    expect(told).toContain(`made ${output}.slurm-logs`);
    const named = told.filter((line) => line.startsWith("--output=")).map((line) => line.slice("--output=".length));
    const logs = "/data/per%%cent 50%%/out.slurm-logs";
    expect(named).toEqual([`${logs}/prepare-%j.log`, `${logs}/unit-%a-%A.log`, `${logs}/finish-%j.log`]);
  });

  it("has an array for each round that is shared", () => {
    expect(jobScript({ ...job, plan: { ...plan, sharedRounds: 2 } }).match(/--array=/g)).toHaveLength(2);
  });

  it("takes the limit that is asked for, else one with room", () => {
    expect(jobScript({ ...job, time: "00:10:00" }).match(/--time=00:10:00/g)).toHaveLength(3);
    expect(text).toContain("--job-name=isolux-units --time=0-00:58");
    expect(jobScript({ ...job, erases: true })).toMatch(/isolux-finish --time=1-/);
  });

  it("says that the report comes before the source may go, and asks for the memory it takes", () => {
    const last = "appears in its place; the report is written; the source is erased.";
    expect(jobScript({ ...job, reports: true, erases: true })).toContain(last);
    const small = { ...job, plan: { ...plan, unitBytes: 3e8, estimationBytes: 0 } };
    expect([jobScript(small), jobScript({ ...small, reports: true })].map(memory)).toEqual([500, 800]);
  });

  it("begins with the words of the command line", () => {
    const raw = {
      image: "a b",
      fovList: [1, 3],
      saveModels: true,
      basic: { getDarkfield: false, epsilon: 0.1 },
      workers: 4,
      report: "r.html",
    };
    const words = correctionWords({ ...raw, array: 3, overwrite: false });
    expect(words).toEqual(
      ["a b", "--fov-list=1,3", "--no-get-darkfield", "--epsilon=0.1", "--save-models", "--report=r.html"].sort(
        inOrder(words),
      ),
    );
  });
});

const memory = (script: string) => Number(/--mem=(\d+)M/.exec(script)![1]);
const inOrder = (words: readonly string[]) => (a: string, b: string) => words.indexOf(a) - words.indexOf(b);

describe("parameters of shared corrections", () => {
  it("take a unit with or without how many there are", () => {
    const check = (unit: string) => validate(workSchema, { output: "o", unit }, { spelling: "option" }).unit;
    expect([check("3"), check("0/1")]).toEqual([{ index: 3 }, { index: 0, count: 1 }]);
    for (const wrong of ["", "x", "3/3", "-1", "1/0", "1.5"]) expect(() => check(wrong)).toThrow("--unit");
  });

  it("take the number of the array's task for the unit, unless one is given", () => {
    expect(withArrayTask({ output: "o" }, "7")).toEqual({ output: "o", unit: "7" });
    expect(withArrayTask({ unit: "1/2" }, "7")).toEqual({ unit: "1/2" });
    expect(withArrayTask({}, undefined)).toEqual({});
  });

  it("are those of a correction and some of their own", () => {
    const own = (schema: typeof prepareSchema | typeof slurmSchema) =>
      Object.keys(schema.shape).filter((name) => !(name in correctSchema.shape));
    expect(own(prepareSchema)).toEqual(["convert", "units"]);
    expect(own(slurmSchema)).toEqual(["convert", "array", "partition", "account", "qos", "time", "script", "submit"]);
  });

  it.each([
    ["partition", "a\nb"],
    ["account", "a$(b)"],
    ["time", "soon"],
    ["array", 0],
  ])("refuse %s %j", (name, value) => {
    expect(() => validate(slurmSchema, { image: "i", [name]: value }, { spelling: "option" })).toThrow(`--${name}`);
  });
});

describe("the state of an output", () => {
  const status: StatusSummary = {
    output: "/d/out",
    state: "waiting",
    blocks: 100,
    blocksDone: 40,
    bytes: 4e12,
    bytesDone: 1e12,
    units: 20,
    unitsToMake: [3, 4, 5, 17],
    working: [],
    failed: [{ unit: "3/20", process: "n7:12", state: "died" }],
  };

  it("names the command that goes on", () => {
    expect(statusText(status, true)).toMatchSnapshot("with a script");
    expect(statusText(status, false)).toMatchSnapshot("without a script");
    expect(statusText({ ...status, state: "finishable", unitsToMake: [], failed: [] }, true)).toContain(
      "isolux finish /d/out",
    );
    expect(statusText({ ...status, state: "complete" }, true)).toBe("Complete: /d/out\n");
    expect(defaultScript("/d/out/")).toBe("/d/out.slurm.sh");
  });

  it("tells how fast it goes", () => {
    const working = [{ unit: "1/20", process: "n1:1", state: "working" }] as const;
    const text = statusText({ ...status, state: "working", working, bytesPerSecond: 5e8, secondsLeft: 6000 }, true);
    expect(text).toMatch(/500 MB\/s, about .* left/);
    expect(text).toContain("working: n1:1 on unit 1/20");
  });

  it("is told by each unit", () => {
    const unit = { output: "/d/out", unit: 3, units: 20, made: 5, skipped: 2, bytes: 1e9, left: 7, seconds: 10 };
    expect(unitText(unit)).toBe(
      "Unit 3/20: 5 blocks made in 10 s (100 MB/s), 2 made before. 7 blocks of other units are left: /d/out\n",
    );
  });
});
