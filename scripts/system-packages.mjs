// Programs of Debian that proofs need: installed where the machine is for that (root on Debian, CI=true).
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Installs packages of Debian, where this process may; waits for others that install.
 * @param {readonly string[]} packages
 */
export async function installPackages(packages) {
  const isDebian = existsSync("/etc/debian_version");
  if (process.env.CI !== "true" || !isDebian || process.getuid?.() !== 0) return;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args) =>
    spawnSync("apt-get", ["-qq", "-o", "DPkg::Lock::Timeout=600", ...args], { env }).status === 0;
  // The lists of packages have a lock that apt-get does not wait for
  for (let tries = 0; !apt("update") && tries < 30; tries++) await sleep(2000);
  if (!apt("install", "-y", "--no-install-recommends", ...packages)) {
    console.error(`could not install ${packages.join(", ")}`);
  }
}
