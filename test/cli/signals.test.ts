/** Signals to the built program: a hangup ends nothing; SIGTERM and Ctrl-C end everything, whatever it is busy with. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const supervisor = fileURLToPath(new URL("../../dist/cli/supervise.js", import.meta.url));

let folder: string;
const started: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "isolux-signals-"));
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** A supervised program with this body; resolves once it says that it has begun. */
async function begin(body: string): Promise<ChildProcess> {
  const path = join(folder, "program.mjs");
  writeFileSync(
    path,
    `import { isMainThread } from "node:worker_threads";
    import { stopSignal, supervise } from ${JSON.stringify(supervisor)};
    if (isMainThread) {
      const tellInterrupted = () => process.stderr.write("ended");
      process.exitCode = await supervise({ program: new URL(import.meta.url), args: [], tellInterrupted });
    } else {
      const signal = stopSignal();
      process.stdout.write("begun");
      await new Promise((resolve) => setTimeout(resolve, 20));
      ${body}
    }`,
  );
  const child = spawn(process.execPath, [path], { stdio: ["ignore", "pipe", "pipe"] });
  started.push(child);
  await new Promise((resolve) => child.stdout!.once("data", resolve));
  await new Promise((resolve) => setTimeout(resolve, 200));
  return child;
}

/** How a process ends, and after how many seconds. */
function ended(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null; seconds: number }> {
  const began = performance.now();
  return new Promise((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal, seconds: (performance.now() - began) / 1000 }));
  });
}

const waiting = `await new Promise((resolve) => {
  const timer = setTimeout(resolve, 600_000);
  const stop = () => { clearTimeout(timer); process.exitCode = 7; resolve(); };
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop);
});`;

describe.skipIf(!existsSync(supervisor) || process.platform === "win32")("a supervised program", () => {
  it("ends with its own code, also where it is asked to stop", async () => {
    const undisturbed = await begin("process.exitCode = 3;");
    expect(undisturbed.exitCode ?? (await ended(undisturbed)).code).toBe(3);
    const stopped = await begin(waiting);
    stopped.kill("SIGINT");
    expect(await ended(stopped)).toMatchObject({ code: 7 });
  });

  it("outlasts a hangup, as nohup and a closed terminal mean it to", async () => {
    const child = await begin(waiting);
    child.kill("SIGHUP");
    await new Promise((resolve) => setTimeout(resolve, 300));
    child.kill("SIGINT");
    expect(await ended(child)).toMatchObject({ code: 7, signal: null });
  });

  it.each(["SIGINT", "SIGTERM"] as const)("ends by %s soon in a loop without a pause", async (signal) => {
    const child = await begin("for (;;) {}");
    child.kill(signal);
    expect((await ended(child)).code).toBe(130);
  });

  it.each(["SIGUSR1", "SIGUSR2", "SIGXCPU"] as const)("is asked to stop by %s, and opens no port", async (signal) => {
    const child = await begin(waiting);
    let said = "";
    child.stderr!.on("data", (text) => (said += text));
    child.kill(signal);
    expect(await ended(child)).toMatchObject({ code: 7 });
    expect(said).toBe("");
  });

  // Again where the machine was too busy to start a timer
  it("ends at once by the second signal", { retry: 3 }, async () => {
    const child = await begin("for (;;) {}");
    const end = ended(child);
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGTERM"), 100);
    expect((await end).seconds).toBeLessThan(1.4);
  });
});
