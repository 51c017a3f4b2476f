/** A run that slept so long that another process took its output over: what it writes when it wakes stays out of the image. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Workspace } from "../../../src/pipeline/record/workspace.ts";
import { placeOutput } from "../../../src/pipeline/run/place-output.ts";
import { DirectoryStore } from "../../../src/zarr/disk/directory-store-node.ts";

const identity = { version: "1", source: "s", parameters: {} };
const halfWritten = ".1.0123456789ab.part";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "isolux-woken-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("does not leave half-written chunks in the output of the run that took over", async () => {
  const output = { kind: "folder", store: new DirectoryStore(folder), key: "out" } as const;
  const sleeping = new Workspace(output, { processName: "a:1", isRunning: () => undefined });
  await sleeping.open(identity, false);
  await output.store.set(sleeping.path("image", "0", "0"), new Uint8Array([1]));
  const second = new Workspace(output, { processName: "b:1", isRunning: () => false });
  expect([await second.open(identity, false), second.isTakenOver]).toEqual([true, true]);

  writeFileSync(join(folder, ".out.isolux", "image", "0", halfWritten), "half");
  await placeOutput(output, second);
  expect(readdirSync(join(folder, "out", "0"))).toEqual(["0"]);

  // It writes on where its folder was, finds out, and takes that away
  await second.remove();
  await new DirectoryStore(folder).set(sleeping.path("image", "0", "1"), new Uint8Array([1]));
  await expect(sleeping.checkHeld()).rejects.toThrow("Another process took over the output");
  await sleeping.leaveLost();
  expect(readdirSync(folder)).toEqual(["out"]);
});

it("is not looked for in an output that one process made", async () => {
  const output = { kind: "folder", store: new DirectoryStore(folder), key: "out" } as const;
  const only = new Workspace(output, { processName: "a:1", isRunning: () => undefined });
  await only.open(identity, false);
  await output.store.set(only.path("image", "0", "0"), new Uint8Array([1]));
  writeFileSync(join(folder, ".out.isolux", "image", "0", halfWritten), "somebody's");
  await placeOutput(output, only);
  expect([only.isTakenOver, existsSync(join(folder, "out", "0", halfWritten))]).toEqual([false, true]);
});
