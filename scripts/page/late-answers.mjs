// What comes late changes nothing that the user did meanwhile, and keys pass by no button: a server is let wait.
import { isIdle, isShown } from "./use-page.mjs";

const marked = (page) => page.evaluate(() => [...globalThis.isolux.state.emptyTiles.value].sort().join());
const chunks = /\/0\/\d+\/\d+\//;

/** @param data a server of the image @param {string} imageKey @param {(isRight: boolean, text: string) => void} report */
export async function proveLateAnswers(context, pageUrl, data, imageKey, report) {
  const page = await context.newPage();
  const address = `${data.url}/${imageKey}`;
  await page.goto(`${pageUrl}/index.html#image=${encodeURIComponent(address)}&tiles=5&z=3`);
  await isShown(page);
  const [tiles, z] = [await marked(page), await page.evaluate(() => globalThis.isolux.state.z.value)];
  report(tiles === "5" && z === 3, `a link repeats tiles (${tiles}) and plane (${z})`);
  const find = page.getByRole("button", { name: "Find empty tiles and planes" });
  const field = page.getByLabel("Empty tiles");

  // Marks that were set while tiles are looked at
  let release = data.hold(chunks);
  await find.click();
  await field.fill("1, 3, 7-9");
  await page.keyboard.press("Enter");
  const passed = [];
  for (let tabs = 0; tabs < 3; tabs++) {
    await page.keyboard.press("Tab");
    passed.push(await page.evaluate(() => document.activeElement.textContent.trim()));
  }
  report(passed.includes("From empty tiles"), `keys reach what waits for other work: ${passed.join(" | ")}`);
  await page.keyboard.press("Enter");
  release();
  await isIdle(page);
  report((await marked(page)) === "1,3,7,8,9", `marks stay while tiles are looked at: ${await marked(page)}`);
  await page.getByRole("button", { name: "Mark these" }).click();
  report((await marked(page)) === "1,3,7,9", `what was found is taken on demand: ${await marked(page)}`);

  // A text that is half typed
  release = data.hold(chunks);
  await find.click();
  await field.fill("2, 4");
  release();
  await isIdle(page);
  report((await field.inputValue()) === "2, 4", `a text that is typed stays: ${await field.inputValue()}`);
  await page.keyboard.press("Enter");
  report((await marked(page)) === "2,4", `and is taken: ${await marked(page)}`);

  // What was stopped
  release = data.hold(chunks);
  await find.click();
  await page.getByRole("button", { name: "Stop" }).click();
  release();
  await isIdle(page);
  const trouble = await page.evaluate(() => globalThis.isolux.state.trouble.value);
  report((await marked(page)) === "2,4" && trouble === undefined, "what was stopped changes nothing");

  // Two images, of which the first one comes last
  const openAnother = async () => {
    await page.getByText("Open another").click();
    await page.getByLabel("Address of an OME-Zarr image").fill(address);
    await page.getByRole("button", { name: "Open", exact: true }).click();
  };
  const name = () => page.evaluate(() => globalThis.isolux.state.image.value.name);
  release = data.hold(/zattrs/);
  await openAnother();
  await page.getByRole("button", { name: "Stop" }).click();
  await isIdle(page);
  report((await name()).includes(imageKey), "a server that does not answer can be given up");
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await page.getByRole("button", { name: "Show an example" }).click();
  await isIdle(page);
  const answered = data.requests.whole;
  release();
  while (data.requests.whole < answered + 2) await page.waitForTimeout(50);
  await page.waitForTimeout(300);
  report(/example/.test(await name()), `of two images the one that was asked for last is shown: ${await name()}`);
  await page.close();
}
