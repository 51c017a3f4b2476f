import { describe, expect, it } from "vitest";
import { inOneLineThroughout } from "../src/cli/perform.ts";
import { inLines, inOneLine, isSteering, jsonLine } from "../src/plain-text.ts";
import { html, page } from "../src/report/page/markup.ts";

/** Sets a terminal's title, colours, goes to the line's start, turns letters around, ends lines otherwise. */
const hostile = "A\u001b]0;x\u0007\u001b[31mB\rC\u202eD\u0085E\u2028F\u2066";
const shown = "A\\u001b]0;x\\u0007\\u001b[31mB\\rC\\u202eD\\u0085E\\u2028F\\u2066";

describe("text of files", () => {
  it("is spelled out where it steers what shows it", () => {
    expect(inOneLine(hostile)).toBe(shown);
    expect(inOneLine("488 nm, µm, 日本, é")).toBe("488 nm, µm, 日本, é");
    expect(inLines("a\n\tb\u001bc")).toBe("a\n\tb\\u001bc");
    expect([isSteering(hostile), isSteering("plain"), isSteering(hostile)]).toEqual([true, false, true]);
  });

  it("is so wherever it stands in a result", () => {
    const result = { name: hostile, tiles: [{ [hostile]: [hostile, 1, null] }], pixels: Float32Array.of(1) };
    expect(inOneLineThroughout(result)).toEqual({
      name: shown,
      tiles: [{ [shown]: [shown, 1, null] }],
      pixels: Float32Array.of(1),
    });
  });

  it("is the same to who parses JSON", () => {
    const line = jsonLine({ name: hostile });
    expect(JSON.parse(line)).toEqual({ name: hostile });
    expect(isSteering(line)).toBe(false);
  });

  it("does not run, nor steer, in a page", () => {
    const text = page("t", html`<p>${`<img src=x onerror=alert(1)>${hostile}`}</p>`);
    expect(text).toContain(`<p>&lt;img src=x onerror=alert(1)&gt;${shown}</p>`);
  });
});

describe("a page", () => {
  it("has a policy that lets its own script run and nothing else", async () => {
    const text = page("t", html`<p>x</p>`);
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(text)![1]!.replaceAll("&#39;", "'");
    const script = /<script>([\s\S]*)<\/script>/.exec(text)![1]!;
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(script));
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`script-src 'sha256-${Buffer.from(digest).toString("base64")}'`);
    expect(policy).not.toMatch(/script-src[^;]*unsafe|https?:/);
  });
});
