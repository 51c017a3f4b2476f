// Makes the pictures of the page in the browser from the mosaic of a demonstration: what a user sees who opens it, looks
// for empty tiles and makes a profile of them. `npm run demo`, then `node docs/images/page.mjs isolux-demo`; needs Chromium.
import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium as driver } from "playwright-core";
import { findChromium } from "../../scripts/find-chromium.mjs";
import { isIdle, isShown } from "../../scripts/page/use-page.mjs";

const demo = resolve(process.argv[2] ?? "isolux-demo");
const isolux = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const target = (name) => fileURLToPath(new URL(name, import.meta.url));

// Without the program that would show the page on this machine's screen
const env = { ...process.env, PATH: "" };
const server = spawn(process.execPath, [isolux, "open", join(demo, "demo.zarr/raw_image"), "--json"], { env });
const answer = await new Promise((found, failed) => {
  server.stdout.once("data", (bytes) => found(JSON.parse(String(bytes))));
  server.once("exit", (code) => failed(new Error(`isolux open ended with ${code}`)));
});
const browser = await driver.launch({
  executablePath: await findChromium(),
  args: ["--no-sandbox", "--use-gl=swiftshader", "--enable-unsafe-swiftshader"],
});
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: "dark" });
  await page.goto(`${answer.page}look`);
  await isShown(page);
  await page.getByRole("button", { name: "Find empty tiles and planes" }).click();
  await isIdle(page);
  await shoot("page-empty.jpg");
  await page.getByRole("button", { name: "From empty tiles" }).click();
  await page.getByTestId("verdict").waitFor({ timeout: 300_000 });
  await isIdle(page);
  await page.getByRole("checkbox", { name: "Tiles" }).uncheck();
  await shoot("page.jpg");

  async function shoot(name) {
    await page.waitForTimeout(1500);
    await page.screenshot({ path: target(name), type: "jpeg", quality: 80 });
  }
} finally {
  await browser.close();
  server.kill("SIGINT");
}
