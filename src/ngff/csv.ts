/**
 * The rows of a CSV text: values between commas, in quotes where they hold commas, quotes or line breaks.
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
export function parseCsv(text: string): string[][] {
  const value = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  const rows: string[][] = [[]];
  while (value.lastIndex < text.length) {
    const at = value.lastIndex;
    const match = value.exec(text);
    if (match === null) throw new Error(`no value at character ${at}`);
    const [, quoted, plain, end] = match;
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain!);
    if (end === ",") continue;
    rows.push([]);
  }
  if (text.endsWith(",")) rows.at(-1)!.push("");
  return rows.filter((row) => row.length > 0);
}
