import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { describe, expect, it, vi } from "vitest";
import { isRunning, ownName, type ProcessSpace, upSince } from "../../../src/pipeline/threads/platform-node.ts";

/** Process numbers with times of start. */
function spaceOf(digits: string, started: Record<number, string>, host = "node1"): ProcessSpace {
  return { host, digits, startOf: (pid) => started[pid] };
}

describe("the name of a process", () => {
  it("names the machine and the number first, as people look for it", () => {
    expect(ownName()).toMatch(new RegExp(`^${hostname()}:${process.pid}(/|$)`));
    expect(isRunning(ownName())).toBe(true);
  });

  it("tells of one of this space whether it runs, also where its number was given out again", () => {
    const before = spaceOf("boot.1", { 7: "100" });
    const name = ownName(before, 7);
    expect(isRunning(name, before, 8)).toBe(true);
    expect(isRunning(name, spaceOf("boot.1", {}), 8)).toBe(false);
    expect(isRunning(name, spaceOf("boot.1", { 7: "200" }), 7)).toBe(false);
  });

  it.runIf(process.platform === "linux")(
    "tells of one that ended, and that nobody collected, that it does not run",
    async () => {
      // What the shell becomes does not ask for the exit code of the process that the shell started.
      const parent = spawn("sh", ["-c", "sleep 600 & echo $!; exec sleep 600"]);
      try {
        const pid = Number(await new Promise((resolve) => parent.stdout.once("data", resolve)));
        const name = ownName(undefined, pid);
        expect(isRunning(name)).toBe(true);
        process.kill(pid, "SIGKILL");
        await vi.waitFor(() => expect(readFileSync(`/proc/${pid}/stat`, "utf8")).toContain(") Z "), {
          timeout: 60_000,
        });
        expect(isRunning(name)).toBe(false);
      } finally {
        parent.kill("SIGKILL");
      }
    },
  );

  it.each([
    ["another container of the same host name", "boot.2", "node1"],
    ["the machine before it was started again, or another of its name", "boot2.1", "node1"],
    ["another machine", "boot.1", "node2"],
  ])("tells nothing of %s", (_, digits, host) => {
    const there = ownName(spaceOf(digits, { 7: "100" }, host), 7);
    expect(isRunning(there, spaceOf("boot.1", {}), 7)).toBeUndefined();
  });

  it("tells for how long the machine is up only of one that may have run on it before that", () => {
    const name = ownName(spaceOf("boot.1", { 7: "100" }), 7);
    expect(upSince(name, spaceOf("boot2.1", {}), 60_000)).toBe(60_000);
    expect(upSince(name, spaceOf("boot.2", {}), 60_000)).toBeUndefined();
    expect(upSince(name, spaceOf("boot2.1", {}, "node2"), 60_000)).toBeUndefined();
    expect(upSince("node1:7", spaceOf("boot2.1", {}), 60_000)).toBeUndefined();
  });

  it("goes by the number alone where the system tells no more", () => {
    const plain = spaceOf("", { 7: "", 9: "" });
    expect(isRunning("node1:7", plain, 9)).toBe(true);
    expect(isRunning("node1:9", plain, 9)).toBe(false);
    expect(isRunning("node1:8", plain, 9)).toBe(false);
  });
});
