// Finds Chromium; installs it where the machine is for that.
import { existsSync } from "node:fs";
import { installPackages } from "./system-packages.mjs";

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The path of a Chromium, or `undefined` where there is none. */
export async function findChromium() {
  if (found() === undefined) await installPackages(["chromium", "fonts-dejavu-core"]);
  return found();
}

const found = () => places.find((path) => existsSync(path));
