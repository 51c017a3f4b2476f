// The site: the pages of the repository as they are, with a search, a menu and a light and a dark look.
import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));

const icon = readFileSync(`${root}site/icon.svg`, "utf8");

const pages = (text, names) => ({
  text,
  items: names.map(([title, name]) => ({ text: title, link: `/${name}` })),
});

export default defineConfig({
  title: "Isolux",
  description: "Flat-field correction for tiled light-sheet microscopy",
  lang: "en",
  head: [["link", { rel: "icon", href: `data:image/svg+xml,${encodeURIComponent(icon)}` }]],
  base: process.env.ISOLUX_SITE_BASE ?? "/",
  srcDir: "./.pages",
  outDir: "./dist",
  cacheDir: "./.vitepress/cache",
  rewrites: {
    "README.md": "index.md",
    "docs/decisions/README.md": "docs/decisions/index.md",
  },
  // TypeDoc writes these pages beside those of VitePress.
  ignoreDeadLinks: [/^\/api\//],
  markdown: {
    config: (md) => {
      md.core.ruler.push("links-of-the-repository", ({ tokens, env }) => mendLinks(tokens, env));
    },
  },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      { text: "Guide", link: "/docs/guide" },
      { text: "Recipes", link: "/docs/recipes" },
      { text: "FAQ", link: "/docs/faq" },
      { text: "Benchmark", link: "/plots/" },
      { text: "API", link: "/api/index.html", target: "_self" },
      { text: version, link: "/CHANGELOG" },
    ],
    sidebar: [
      pages("Start", [
        ["Overview", ""],
        ["Correct your first image", "docs/guide"],
        ["Recipes", "docs/recipes"],
        ["FAQ", "docs/faq"],
        ["Gallery", "docs/gallery"],
      ]),
      pages("Use", [
        ["Formats", "docs/formats"],
        ["Profiles", "docs/profiles"],
        ["Quality", "docs/quality"],
        ["The page", "docs/page"],
        ["Serve", "docs/serve"],
        ["SLURM", "docs/slurm"],
        ["Fractal", "docs/fractal"],
        ["Scripts and Python", "docs/scripts"],
        ["Library", "docs/library"],
      ]),
      pages("Look up", [
        ["Parameters", "docs/parameters"],
        ["Errors", "docs/errors"],
        ["Glossary", "docs/glossary"],
        ["Benchmark", "docs/benchmark"],
        ["Benchmark plots", "plots/"],
      ]),
      pages("Inside", [
        ["How it works", "docs/how-it-works"],
        ["Performance", "docs/performance"],
        ["Decisions", "docs/decisions/"],
        ["Contributing", "CONTRIBUTING"],
        ["Releasing", "RELEASING"],
        ["Security", "SECURITY"],
        ["Changes", "CHANGELOG"],
      ]),
    ],
  },
});

/** Links to pages that have another name here lead there; those to files that are no pages become plain text. */
function mendLinks(tokens, env) {
  for (const { children } of tokens.filter(({ type }) => type === "inline")) {
    let isPlain = false;
    for (const token of children) {
      if (token.type === "link_close" && isPlain) [token.type, token.tag, isPlain] = ["text", "", false];
      if (token.type !== "link_open") continue;
      const href = token.attrGet("href");
      if (/^([a-z]+:|#)/.test(href)) continue;
      const [path, anchor = ""] = href.split(/(?=#)/);
      const target = resolve(dirname(env.realPath ?? env.path), path);
      if (!path.endsWith(".md") || !existsSync(target)) {
        [token.type, token.tag, token.attrs, isPlain] = ["text", "", null, true];
      } else if (target.endsWith("README.md"))
        token.attrSet("href", `${path.slice(0, -"README.md".length)}index.md${anchor}`);
    }
  }
}
