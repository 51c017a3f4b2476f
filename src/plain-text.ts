/**
 * The one place where text of files becomes text for people, on a terminal, in a log, a script or a page: names hold what
 * their makers like, and shall neither break a line, nor colour or steer a terminal, nor show letters in another order.
 */

/** Control characters, marks of writing direction, and the two that end lines besides. */
const steering = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** A text with all that steers what shows it spelled out. */
export function inOneLine(text: string): string {
  return text.replaceAll(steering, spelledOut);
}

/** The same for a text of several lines, which stay. */
export function inLines(text: string): string {
  return text.replaceAll(steering, (letter) => (letter === "\n" || letter === "\t" ? letter : spelledOut(letter)));
}

/** Whether a text holds what {@link inOneLine} spells out. */
export function isSteering(text: string): boolean {
  return text.search(steering) >= 0;
}

/** A value as JSON of one line: the same value to who parses it, and nothing in it steers a terminal. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replaceAll(steering, spelledOut);
}

/** A text as HTML and XML take it, also between the quotes of an attribute. */
export function inMarkup(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

function spelledOut(letter: string): string {
  const short = JSON.stringify(letter).slice(1, -1);
  return short === letter ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}` : short;
}

/** By its bytes where it is not ASCII: in the locale of a cluster's node shells know no other letters by their numbers. */
function spelledForShells(letter: string): string {
  if (letter < "\u007f") return spelledOut(letter);
  return [...new TextEncoder().encode(letter)].map((byte) => `\\x${byte.toString(16)}`).join("");
}

/**
 * A word as shells take it, whatever it holds: as it is where it means nothing else, in double quotes, which all shells
 * know, or in single ones where double quotes would change it.
 */
export function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  // Bash and similar shells read them escaped; a command that is shown must not steer the terminal.
  if (isSteering(word)) return `$'${word.replaceAll(/[\\']/g, "\\$&").replaceAll(steering, spelledForShells)}'`;
  const changesInDoubleQuotes = /["$`!]|\\(\\|\n|$)/.test(word);
  return changesInDoubleQuotes ? `'${word.replaceAll("'", "'\\''")}'` : `"${word}"`;
}
