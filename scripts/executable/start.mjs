// What the single executable runs: puts the package that it carries into the user's cache, once, and starts it from there.
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { getRawAsset } from "node:sea";
import { strFromU8, unzipSync } from "fflate";

/** The folders that may hold the package: the user's cache, or where that cannot be written, temporary files. */
function places(name) {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  const cache = XDG_CACHE_HOME || (process.platform === "win32" && LOCALAPPDATA) || join(homedir(), ".cache");
  const user = typeof process.getuid === "function" ? process.getuid() : process.env.USERNAME;
  return [join(cache, "isolux", name), join(tmpdir(), `isolux-${user}`, name)];
}

/** Writes the package aside and renames it, so that two first starts at once find a whole one. */
function unpack(folder) {
  mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
  const aside = mkdtempSync(`${folder}-`);
  try {
    for (const [path, bytes] of Object.entries(unzipSync(new Uint8Array(getRawAsset("package"))))) {
      mkdirSync(dirname(join(aside, path)), { recursive: true });
      writeFileSync(join(aside, path), bytes);
    }
    renameSync(aside, folder);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    if (!existsSync(join(folder, "package.json"))) throw error;
  }
}

function packageFolder() {
  const folders = places(strFromU8(new Uint8Array(getRawAsset("name"))));
  const there = folders.find((folder) => existsSync(join(folder, "package.json")));
  if (there !== undefined) return there;
  let fault;
  for (const folder of folders) {
    try {
      unpack(folder);
      return folder;
    } catch (error) {
      fault = error;
    }
  }
  throw fault;
}

try {
  const folder = packageFolder();
  // What is loaded from the disk loads as in any Node; what lies in the executable cannot.
  createRequire(join(folder, "package.json"))("./start.cjs");
} catch (error) {
  process.stderr.write(
    `isolux: The program could not be unpacked: ${error.message}. Set XDG_CACHE_HOME to a folder that can be written.\n`,
  );
  process.exitCode = 1;
}
