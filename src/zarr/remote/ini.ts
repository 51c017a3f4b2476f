/** Settings by section. Those nested below another one are named `outer.inner`. */
export type IniSections = ReadonlyMap<string, Readonly<Record<string, string>>>;

/**
 * Reads the text of a file of settings as Amazon's tools write it.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export function parseIni(text: string): IniSections {
  const sections = new Map<string, Record<string, string>>();
  let section: Record<string, string> = {};
  let outer = "";
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const heading = /^\[\s*([^\]]*?)\s*\]/.exec(line)?.[1]?.replaceAll(/\s+/g, " ");
    if (heading !== undefined) {
      section = sections.get(heading) ?? {};
      sections.set(heading, section);
      continue;
    }
    const [, indent, name, value] = /^(\s*)([^\s=][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (indent === undefined || name === undefined || value === undefined) continue;
    if (indent === "") outer = value === "" ? `${name}.` : "";
    section[indent === "" ? name : `${outer}${name}`] = value.replace(/\s+[#;].*$/, "");
  }
  return sections;
}
