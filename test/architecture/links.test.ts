/** Links between the pages lead somewhere: to files that there are, and to headings in them. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const pages = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...readdirSync(`${root}docs`, { recursive: true, encoding: "utf8" }).map((name) => join("docs", name)),
  ...["python", "packaging", "recipes"].flatMap((folder) =>
    existsSync(root + folder)
      ? readdirSync(root + folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name))
      : [],
  ),
].filter((name) => name.endsWith(".md") && !name.includes("node_modules"));

const withoutCode = (text: string) => text.replaceAll(/^```[\s\S]*?^```/gm, "").replaceAll(/`[^`]*`/g, "");

/** The anchors of a page's headings, as GitHub and the site make them. */
function anchorsOf(path: string): ReadonlySet<string> {
  const text = readFileSync(path, "utf8").replaceAll(/^```[\s\S]*?^```/gm, "");
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!);
  return new Set(headings.map(anchorOf));
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/g, "-");
}

/** The links of a page that lead nowhere. */
function deadLinks(page: string): string[] {
  const text = withoutCode(readFileSync(root + page, "utf8"));
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? root + page : join(root, dirname(page), path);
    if (!existsSync(target)) return true;
    return anchor !== undefined && statSync(target).isFile() && !anchorsOf(target).has(anchor);
  });
}

describe("links", () => {
  it("are told from dead ones", () => {
    expect(anchorsOf(`${root}docs/quality.md`)).toContain("is-the-correction-good");
    expect(anchorOf("Profiles of `other` programs")).toBe("profiles-of-other-programs");
    expect(pages.length).toBeGreaterThan(40);
  });

  it.each(pages)("of %s lead somewhere", (page) => {
    expect(deadLinks(page)).toEqual([]);
  });
});
