import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkSchema, correctSchema } from "../../../src/parameters/schema.ts";
import { commandLine } from "../../../src/parameters/validate.ts";
import { drawReport } from "../../../src/report/draw-report.ts";
import { html } from "../../../src/report/page/markup.ts";
import { checkLocated } from "../../../src/report/quality/check-images.ts";
import { writeSyntheticAcquisition } from "../../../src/synthetic/write-acquisition.ts";
import { MemoryStore } from "../../../src/zarr/memory-store.ts";
import { writeCorrectedCopy } from "../quality/corrected-copy.ts";

const quiet = { report: () => {}, signal: new AbortController().signal };

let page: string;
let figures: { channels: unknown[]; command: string };

beforeAll(async () => {
  const store = new MemoryStore("/data/a folder with a rather long name/of-an-experiment-2026-11-22");
  const channel = { wavelengthId: "488", color: "4FC3F7", background: 240, autofluorescence: 500, labelled: 1500 };
  const channels = [
    { ...channel, label: "b&'" },
    { ...channel, label: "Lectin", wavelengthId: "561" },
  ];
  const options = { tileShapeYx: [60, 80], planes: 3, chunkShapeZyx: [3, 90, 90], channels } as const;
  const { imageKey, truth } = await writeSyntheticAcquisition(store, "demo.zarr", options);
  const light = [...truth.profiles.values()].map(({ flatfield }) => flatfield);
  await writeCorrectedCopy(store, imageKey, store, "copy", (value, c, at) => value / light[c]![at]!);
  const request = { source: { store, key: imageKey }, corrected: { store, key: "copy" }, parameters: { seed: 0 } };
  const drawn = await drawReport(await checkLocated(request, quiet), "isolux check a b");
  page = drawn.html;
  figures = JSON.parse(drawn.json);
});

describe("a report", () => {
  it("is one small file that asks nothing of any server", () => {
    expect(page.length).toBeLessThan(3e6);
    expect(page).not.toMatch(/(?:src|href)="(?!data:|#)/);
    expect(page).not.toMatch(/url\(|@import|https?:/);
    expect(page.match(/<img /g)).toHaveLength(4);
  });

  it("says the verdict, what it rests on and how to repeat it", () => {
    expect(page).toContain('<p class="word">Improved<small>');
    for (const title of ["Flat-field", "Offset", "Seam difference", "The field on average"])
      expect(page).toContain(title);
    // Each word on its own, so that a narrow line breaks at no hyphen
    expect(page).toContain(
      "<pre><code><span>isolux</span> <span>check</span> <span>a</span> <span>b</span></code></pre>",
    );
    expect(figures).toMatchObject({ format: 1, command: "isolux check a b", verdict: { kind: "improved" } });
    expect(figures.channels).toHaveLength(2);
  });

  it("speaks as microscopists do: lengths at the pictures, planes counted from 0, parameters as files spell them", () => {
    expect(page.match(/<span class="scale" style="width:[\d.]+%">\d+ µm<\/span>/g)).toHaveLength(4);
    expect(page).toMatch(/Plane \d+ of the mosaic \(counted from 0\)/);
    expect(page).toMatch(/The field is 60 x 80 px \(y, x\), \d+(\.\d+)? µm x/);
  });

  it("takes names for names, not for markup", () => {
    expect(page).toContain("b&amp;&#39;");
    expect(page).not.toContain("b&'");
    expect(html`<p title="${'"><script>'}">${["a", "b"].map((text) => html`<i>${text}</i>`)}</p>`.text).toBe(
      '<p title="&quot;&gt;&lt;script&gt;"><i>a</i><i>b</i></p>',
    );
  });
});

describe("the command to repeat", () => {
  it("has operands, then what differs from the defaults", () => {
    const given = { image: "a b.zarr", fovList: [1, 3], basic: { getDarkfield: false }, saveModels: "m", seed: 0 };
    expect(commandLine("correct", correctSchema, correctSchema.parse(given))).toBe(
      'isolux correct "a b.zarr" --fov-list 1,3 --no-get-darkfield --save-models=m',
    );
    const check = checkSchema.parse({ image: "a", corrected: "b", report: "r.html", seed: 7 });
    expect(commandLine("check", checkSchema, check)).toBe("isolux check a b --seed 7 --report r.html");
  });
});

const browser = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
if (browser === undefined) process.stderr.write("no Chromium: reports are not laid out in a browser\n");

/** What a page looks like where it is laid out: how far it reaches beyond its width, and where its two pictures lie. */
interface Layout {
  readonly clientWidth: number;
  readonly scrollWidth: number;
  readonly tooWide: readonly string[];
  /** Left, right and top edges of the first pictures before and after, and whether the slider is seen. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly slider: boolean;
  readonly ink: string;
}

const attribute = (text: string) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");

/** Pages in frames of certain widths tell how they are laid out. */
const measuring = (frames: readonly { readonly inner: string; readonly width: number }[]) => `<!doctype html>
${frames.map(({ inner, width }) => `<iframe style="width:${width}px;height:900px;border:0" srcdoc="${attribute(inner)}"></iframe>`).join("")}
<pre></pre><script>onload = () => {
const edges = (element) => { const { left, right, top } = element.getBoundingClientRect(); return [left, right, top]; };
const layouts = [...document.querySelectorAll("iframe")].map(({ contentDocument: page, contentWindow }) => {
  const { documentElement: root } = page;
  const wide = [...root.querySelectorAll("body *")].filter((element) => !element.closest(".scroll,svg") &&
    element.getBoundingClientRect().right > root.clientWidth + 1);
  return { clientWidth: root.clientWidth, scrollWidth: root.scrollWidth, tooWide: wide.map(({ className }) => String(className)),
    before: edges(page.querySelector(".before img")), after: edges(page.querySelector(".after img")),
    slider: page.querySelector(".slider").getBoundingClientRect().height > 0,
    ink: contentWindow.getComputedStyle(page.body).color };
});
document.querySelector("pre").textContent = JSON.stringify(layouts);
};</script>`;

describe.skipIf(browser === undefined)("laid out in a browser, a report", () => {
  let folder: string;
  let layouts: Layout[];
  const run = (...args: string[]) =>
    execFileSync(
      browser!,
      [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--virtual-time-budget=4000",
        `--user-data-dir=${folder}/user`,
        ...args,
      ],
      { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], maxBuffer: 1e8 },
    );

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "isolux-page-"));
    // What counts for paper only counts here for a frame as wide as its text.
    const onPaper = page.replace("@media print{@page{margin:14mm}", "@media all{");
    expect(onPaper).not.toBe(page);
    const file = join(folder, "frames.html");
    // A name of one long word, as files have it, breaks where the line ends
    const named = page.replaceAll("Lectin", "Lectin_".repeat(20));
    const frames = [380, 1600].map((width) => ({ inner: named, width }));
    await writeFile(file, measuring([...frames, { inner: onPaper, width: 690 }]));
    // In the dark, so that paper is seen to stay white.
    const dark = "--blink-settings=preferredColorScheme=0";
    const dom = run("--window-size=1800,1000", dark, "--dump-dom", pathToFileURL(file).href);
    layouts = JSON.parse(/<pre>(.*?)<\/pre>\s*<script>onload/s.exec(dom)![1]!.replaceAll("&quot;", '"'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

  it("does not reach beyond a narrow window, a wide one, or paper", () => {
    expect(layouts.map(({ clientWidth }) => clientWidth)).toEqual(
      [380, 1600, 690].map((width) => expect.closeTo(width, -2)),
    );
    for (const { clientWidth, scrollWidth, tooWide } of layouts) {
      expect({ scrollWidth, tooWide }).toEqual({ scrollWidth: clientWidth, tooWide: [] });
    }
  });

  it("lays one picture over the other under a slider, and on paper both side by side, in black", () => {
    for (const { before, after, slider, ink } of layouts.slice(0, 2)) {
      expect({ after, slider, ink }).toEqual({ after: before, slider: true, ink: "rgb(230, 233, 236)" });
    }
    const { before, after, slider, ink } = layouts[2]!;
    expect({ slider, ink, top: after[2] }).toEqual({ slider: false, ink: "rgb(0, 0, 0)", top: before[2] });
    expect(after[0]).toBeGreaterThan(before[1]!);
  });

  it("is printed on a few pages", async () => {
    const [file, pdf] = [join(folder, "page.html"), join(folder, "page.pdf")];
    await writeFile(file, page);
    run(`--print-to-pdf=${pdf}`, pathToFileURL(file).href);
    const pages = (await readFile(pdf, "latin1")).match(/\/Type \/Page\b/g) ?? [];
    expect(pages.length).toBeGreaterThan(1);
    // Each of two channels begins a page and fills at most three.
    expect(pages.length).toBeLessThanOrEqual(7);
  });
});
