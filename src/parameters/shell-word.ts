/**
 * A word as shells take it, whatever it holds: as it is where it means nothing else, in double quotes, which all shells
 * know, or in single ones where double quotes would change it.
 */
export function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  const changesInDoubleQuotes = /["$`!]|\\(\\|\n|$)/.test(word);
  return changesInDoubleQuotes ? `'${word.replaceAll("'", "'\\''")}'` : `"${word}"`;
}
