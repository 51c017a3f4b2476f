import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildKernels } from "../../scripts/build-kernels.mjs";

/** A file system in memory, and the bytes that must be free on it. */
const inMemory = "/dev/shm";
const leastFreeBytes = 2 ** 30;

/**
 * Before any test: the kernels are compiled, where they are missing or out of date, and temporary folders go to memory
 * where the machine has a file system there. Runs wait for the disk at every object that they finish; most tests are not
 * about that. Those that are find the disk's own folder in `ISOLUX_DISK`.
 */
export async function setup() {
  process.env.ISOLUX_DISK = tmpdir();
  const folder = makeFolderInMemory();
  if (folder !== undefined) process.env.TMPDIR = folder;
  await buildKernels();
  return () => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  };
}

function makeFolderInMemory() {
  try {
    const { bavail, bsize } = statfsSync(inMemory);
    return bavail * bsize < leastFreeBytes ? undefined : mkdtempSync(join(inMemory, "isolux-tests-"));
  } catch {
    return undefined;
  }
}
