import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { commandLine } from "../../../src/parameters/command-line.ts";
import { checkSchema, correctSchema } from "../../../src/parameters/schema.ts";
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
    { ...channel, label: "<b>&'\"" },
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
    for (const title of ["Flat-field", "Offset", "Seam difference", "Mean over all planes", "isolux check a b"]) {
      expect(page).toContain(title);
    }
    expect(figures).toMatchObject({ format: 1, command: "isolux check a b", verdict: { kind: "improved" } });
    expect(figures.channels).toHaveLength(2);
  });

  it("takes names for names, not for markup", () => {
    expect(page).toContain("&lt;b&gt;&amp;&#39;&quot;");
    expect(page).not.toContain("<b>&");
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

/** A page in a frame of a certain width tells how far its content reaches beyond it. */
const measuring = (inner: string, width: number) => `<!doctype html><title>waiting</title>
<iframe style="width:${width}px;height:900px;border:0" srcdoc="${inner.replaceAll("&", "&amp;").replaceAll('"', "&quot;")}"></iframe>
<script>document.querySelector("iframe").onload = ({ target }) => {
const { documentElement: root } = target.contentDocument;
const wide = [...root.querySelectorAll("body *")].filter((element) => !element.closest(".scroll,svg") &&
  element.getBoundingClientRect().right > root.clientWidth + 1);
document.title = [root.clientWidth, root.scrollWidth, wide.length, ...wide.slice(0, 3).map(({ className }) => className)].join();
};</script>`;

describe.skipIf(browser === undefined)("laid out in a browser, a report", () => {
  it.each([380, 1600])(
    "does not reach beyond a window of %d px",
    async (width) => {
      const folder = await mkdtemp(join(tmpdir(), "isolux-page-"));
      try {
        const file = join(folder, "page.html");
        await writeFile(file, measuring(page, width));
        const args = [
          "--headless",
          "--no-sandbox",
          "--disable-gpu",
          "--window-size=1800,1000",
          "--virtual-time-budget=4000",
        ];
        const options = {
          encoding: "utf8" as const,
          stdio: ["ignore" as const, "pipe" as const, "ignore" as const],
          maxBuffer: 1e8,
        };
        const dom = execFileSync(
          browser!,
          [...args, `--user-data-dir=${folder}/user`, "--dump-dom", pathToFileURL(file).href],
          options,
        );
        const [clientWidth, scrollWidth, tooWide] = /<title>([^<]*)<\/title>/.exec(dom)![1]!.split(",").map(Number);
        expect(clientWidth).toBeGreaterThan(width - 30);
        expect({ scrollWidth, tooWide }).toEqual({ scrollWidth: clientWidth, tooWide: 0 });
      } finally {
        await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      }
    },
    60_000,
  );
});
