/** HTML and SVG in template strings: whatever is put in as text is escaped. */

/** A piece of markup that is put into others as it is. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template. */
export type Content = Markup | string | number | readonly Markup[] | undefined;

/** Makes markup of a template; text in it cannot become markup. */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return new Markup(parts.map((part, at) => part + (at < contents.length ? textOf(contents[at]) : "")).join(""));
}

function textOf(content: Content): string {
  if (content === undefined) return "";
  if (content instanceof Markup) return content.text;
  if (typeof content === "object") return content.map(({ text }) => text).join("");
  return escaped(String(content));
}

/** Text as it stands in HTML, also between the quotes of an attribute. */
export function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
