/** The HTML of reports: template strings in which whatever is put in as text is escaped, and the page around all. */
import { inLines, inMarkup } from "../../plain-text.ts";
import { sha256 } from "../../zarr/codecs/sha256.ts";

/** A piece of markup that is inserted into others unchanged. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What may be inserted into a template. */
type Content = Markup | string | number | readonly Markup[] | undefined;

/** Makes markup from a template; text in it cannot become markup. */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return new Markup(parts.map((part, at) => part + (at < contents.length ? textOf(contents[at]) : "")).join(""));
}

/** A path or an address, which breaks after its slashes where it is too long for a line. */
export function pathText(path: string): Markup {
  const parts = path.split(/(?<=[/\\])(?![/\\])/);
  return html`${parts.map((part, at) => (at === 0 ? html`${part}` : html`<wbr>${part}`))}`;
}

/** A command, whose lines break between words only: never at the hyphens of an option. */
export function commandText(command: string): Markup {
  const words = command
    .split(/(\s+)/)
    .map((word) => (/\S/.test(word) ? html`<span>${pathText(word)}</span>` : html`${word}`));
  return html`<pre><code>${words}</code></pre>`;
}

function textOf(content: Content): string {
  if (content === undefined) return "";
  if (content instanceof Markup) return content.text;
  if (typeof content === "object") return content.map(({ text }) => text).join("");
  return inMarkup(inLines(String(content)));
}

/** The style sheet of a report: system fonts, light and dark colours, narrow and wide windows, paper. */
const style = `
:root{color-scheme:light dark;--page:#fff;--ink:#1a1d21;--soft:#5a636e;--rule:#d9dee4;--panel:#f5f7f9;--first:#c4561b;--second:#1f6f8b;--good:#1b7a4b;--even:#8a6a00;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--page:#14171a;--ink:#e6e9ec;--soft:#9aa5b1;--rule:#323940;--panel:#1c2126;--first:#f0935a;--second:#5cb8d6;--good:#5fcf95;--even:#e0b84c;--bad:#ff8a80}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;overflow-wrap:break-word;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums}
main,header,footer{max-width:1120px;margin:0 auto;padding:0 20px}
header{padding-top:28px;display:grid;grid-template-columns:minmax(0,1fr);gap:20px 36px;align-items:start}
@media screen and (min-width:860px){header:has(.compared){grid-template:auto 1fr/minmax(20rem,5fr) minmax(0,7fr)}header>.figures{margin:0;grid-column:1}.shown{display:grid;grid-template-columns:minmax(0,7fr) minmax(0,4fr);gap:0 36px}.shown .figures{margin-top:32px}header .compared{grid-area:1/2/span 2;--widest:min(100%,max(340px,calc(72vh*var(--ratio))))}}
h1,h2,h3{line-height:1.25;font-weight:650;text-wrap:balance;margin:0}
h1{font-size:1.65rem;overflow-wrap:anywhere}
h2{font-size:1.3rem;margin-top:56px;padding-top:20px;border-top:1px solid var(--rule)}
h3{font-size:1.02rem;margin:32px 0 10px}
p{margin:8px 0;max-width:72ch}
.kicker{color:var(--soft);font-size:.82rem;letter-spacing:.06em;text-transform:uppercase;margin:0 0 4px}
a{color:var(--second);text-underline-offset:3px}
.verdict{margin:24px 0 0;padding:18px 22px;border-left:5px solid var(--tone);background:var(--panel);border-radius:0 6px 6px 0}
.verdict .word{font-size:1.45rem;font-weight:700;color:var(--tone);margin:0;max-width:none}
.verdict .word small{font-size:.9rem;font-weight:400;color:var(--soft);margin-left:10px}
.verdict p{margin:8px 0 0}
.verdict .channel :is(strong,span){white-space:nowrap}
summary{cursor:pointer;color:var(--second);padding:6px 0}
.all{margin-top:18px}
.improved{--tone:var(--good)}.no-gain{--tone:var(--even)}.worse{--tone:var(--bad)}
.flags{margin:20px 0 0;padding:0;list-style:none;max-width:80ch}
.flags li{padding:8px 0 8px 26px;position:relative;border-top:1px solid var(--rule)}
.flags li:last-child{border-bottom:1px solid var(--rule)}
.flags li::before{content:"!";position:absolute;left:4px;font-weight:700;color:var(--even)}
.scroll{overflow-x:auto;margin:14px 0}
table{border-collapse:collapse;font-size:.94rem}
caption{text-align:left;color:var(--soft);font-size:.88rem;padding:0 0 6px}
th,td{padding:6px 20px 6px 0;text-align:left;vertical-align:baseline;border-bottom:1px solid var(--rule)}
thead th{font-weight:600;color:var(--soft);font-size:.85rem;white-space:nowrap}
tbody th{font-weight:400}
td.n,th.n{text-align:right;white-space:nowrap}
td.note{color:var(--soft)}
td:last-child,th:last-child{padding-right:0}
figure{margin:0;min-width:0}
figcaption{color:var(--soft);font-size:.88rem;line-height:1.45;margin-top:8px;max-width:80ch}
figcaption strong{color:var(--ink);font-weight:600}
svg{display:block;width:100%;height:auto;max-width:100%}
svg text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;fill:var(--soft);font-variant-numeric:tabular-nums}
.axis line{stroke:var(--soft)}.axis .rule{stroke:var(--rule)}
.contours path{fill:none;stroke:#fff;stroke-opacity:.72;stroke-width:1}
.line{fill:none;stroke-width:1.8;stroke-linejoin:round}
.line.first,.axis .key.first{stroke:var(--first)}.line.second,.axis .key.second{stroke:var(--second)}
.axis .key{stroke-width:3}
.line.first,.axis .key.first{stroke-dasharray:5 3}
.bar.first{fill:none;stroke:var(--first);stroke-width:1.4}.bar.second{fill:var(--second);fill-opacity:.75}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,310px),1fr));gap:28px 32px;margin:14px 0}
.seams svg{margin:0 auto 0 0}
.tile{fill:var(--panel);stroke:var(--rule)}
.seam{stroke:var(--first);stroke-linecap:round}
.gains svg{margin:0 auto 0 0}.gains svg+svg{margin-top:10px}svg text.small{font-size:9px;opacity:.8}
.toggle{display:inline-flex;gap:8px;align-items:center;font-size:.92rem;margin:0 0 8px;cursor:pointer}
.shown{margin-top:14px}
.compared{--widest:min(900px,max(340px,calc(85vh*var(--ratio))))}
.compare{position:relative;--split:50%;background:#000;border-radius:4px;overflow:hidden;max-width:var(--widest)}
.compare img{display:block;width:100%;height:auto}
.compare .after{position:absolute;inset:0;clip-path:inset(0 0 0 var(--split))}
.compare::after{content:"";position:absolute;top:0;bottom:0;left:var(--split);width:2px;margin-left:-1px;background:#ffd54a}
.compare .grid{position:absolute;inset:0;height:100%;display:none;pointer-events:none}
.compare.tiles .grid{display:block}
.grid rect{fill:none;stroke:#ffd54a;stroke-width:1.2;vector-effect:non-scaling-stroke;stroke-opacity:.85}
.tag{position:absolute;top:8px;font-size:.8rem;color:#fff;background:rgba(0,0,0,.62);padding:1px 8px;border-radius:3px}
.before .tag{left:8px}.after .tag{right:8px}
.scale{position:absolute;bottom:10px;border-bottom:3px solid #fff;color:#fff;font-size:.8rem;line-height:1.5;text-align:center;white-space:nowrap;text-shadow:0 0 3px #000,0 0 3px #000;filter:drop-shadow(0 0 1px #000)}
.before .scale{left:12px}.after .scale{right:12px}
.slider{display:block;width:100%;max-width:var(--widest);margin:10px 0 0;accent-color:var(--second);height:28px}
:focus-visible{outline:3px solid var(--second);outline-offset:2px}
pre{background:var(--panel);padding:12px 16px;border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere;font:.88rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre span{display:inline-block;max-width:100%}
code{font:.92em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.hash{font:.85em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:11rem 1fr;gap:4px 20px;font-size:.94rem;margin:14px 0}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere;min-width:0}
footer{margin-top:64px;padding-bottom:48px;color:var(--soft);font-size:.86rem}
footer::before{content:"";display:block;margin-bottom:18px;border-top:1px solid var(--rule)}
footer p{max-width:90ch}
@media (max-width:560px){body{font-size:15px}h1{font-size:1.35rem}main,header,footer{padding-left:16px;padding-right:16px}h2{margin-top:40px}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:8px}th,td{padding-right:12px}td.note,th.note{display:none}.verdict{padding:14px 16px}}
@media print{@page{margin:14mm}
:root{color-scheme:light;--page:#fff;--ink:#000;--soft:#444;--rule:#bbb;--panel:#f4f4f4;--first:#b34a12;--second:#155a73;--good:#1b7a4b;--even:#8a6a00;--bad:#b3261e}
html{font-size:12.5px}body{font-size:9.5pt}header{display:block}.slider,summary,.toggle,.compare::after{display:none}main,header,footer{max-width:none;padding:0}
h1{font-size:1.4rem}h2{margin-top:22px;padding-top:12px}h3{margin:18px 0 6px}.verdict{margin-top:14px;padding:10px 16px}.scroll{margin:8px 0}th,td{padding:3px 12px 3px 0}tbody th{white-space:nowrap}table{width:100%;font-size:.9em}
.compare{display:grid;grid-template-columns:1fr 1fr;gap:6px;max-width:calc(230mm*var(--ratio));background:none;border-radius:0}
.compare .before,.compare .after{position:relative;clip-path:none;inset:auto}.compare .grid,.compare.tiles .grid{display:none}
.figures{grid-template-columns:repeat(3,1fr);gap:12px 18px;margin:8px 0}figcaption{margin-top:4px;max-width:none;font-size:7.5pt;line-height:1.35}p,footer p,.flags{max-width:none}
dl{margin:8px 0;gap:2px 16px}footer{margin-top:24px;padding:10px 0 0}
figure,tr,.verdict,.flags li,pre,dl,footer{break-inside:avoid}h1,h2,h3,caption{break-after:avoid}thead{display:table-header-group}p,dd{orphans:3;widows:3}
section+section:has(.compared){break-before:page}.scroll{overflow:visible}a{color:inherit;text-decoration:none}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
@media (prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
`;

/** Moves the sliders and shows the grids; without it each image is shown half. */
const script = `
for(const input of document.querySelectorAll("[data-compare]")){
const show=()=>document.getElementById(input.dataset.compare).style.setProperty("--split",input.value+"%");
input.addEventListener("input",show);show()}
for(const box of document.querySelectorAll("[data-grid]")){
const show=()=>document.getElementById(box.dataset.grid).classList.toggle("tiles",box.checked);
box.addEventListener("change",show);show()}
addEventListener("beforeprint",()=>{for(const part of document.querySelectorAll("details"))part.open=true});
`;

/** Nothing of a page comes from elsewhere or goes elsewhere, and no other script than its own runs. */
const policy = (): string =>
  `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${digestOf(script)}'; base-uri 'none'; form-action 'none'`;

/** A SHA-256 digest in base64, as policies have it. */
function digestOf(text: string): string {
  const bytes = sha256(new TextEncoder().encode(text)).match(/../g) ?? [];
  return btoa(String.fromCharCode(...bytes.map((byte) => Number.parseInt(byte, 16))));
}

/** A whole document around a body. */
export function page(title: string, body: Markup): string {
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${new Markup(style)}</style>
</head>
<body>
${body}
<script>${new Markup(script)}</script>
</body>
</html>
`;
  return document.text;
}
