// Finds Chromium; installs it where the machine is for that (root on Debian, CI=true).
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The path of a Chromium, or `undefined` where there is none. */
export function findChromium() {
  if (found() === undefined && mayInstall()) {
    for (const args of [["update"], ["install", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core"]]) {
      spawnSync("apt-get", ["-qq", ...args], { stdio: ["ignore", "ignore", "inherit"] });
    }
  }
  return found();
}

const found = () => places.find((path) => existsSync(path));

function mayInstall() {
  const isDebian = existsSync("/etc/debian_version");
  return process.env.CI === "true" && isDebian && process.getuid?.() === 0;
}
