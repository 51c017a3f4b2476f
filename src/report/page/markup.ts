/** HTML and SVG in template strings: whatever is put in as text is escaped. */
import { inLines } from "../../plain-text.ts";

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

/** A command, whose lines break between words only: never at the hyphens of an option. */
export function commandText(command: string): Markup {
  const words = command.split(/(\s+)/).map((word) => (/\S/.test(word) ? html`<span>${word}</span>` : html`${word}`));
  return html`<pre><code>${words}</code></pre>`;
}

function textOf(content: Content): string {
  if (content === undefined) return "";
  if (content instanceof Markup) return content.text;
  if (typeof content === "object") return content.map(({ text }) => text).join("");
  return escaped(String(content));
}

/** Text escaped for HTML, also between the quotes of an attribute. */
function escaped(text: string): string {
  return inLines(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
