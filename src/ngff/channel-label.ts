import { IsoluxError } from "../errors.ts";

/** The longest name of a folder, in bytes, on the file systems in use, less the ending of a file's. */
const mostBytes = 255 - "-ffp.tif".length;

/**
 * Checks that a channel's label can name a folder of saved profiles.
 * @throws IsoluxError `invalid` where it is empty, `.` or `..`, too long, or has a slash, backslash or control character
 */
export function checkChannelLabel(label: string): void {
  checkLength(label);
  if (namesFolder(label)) return;
  throw new IsoluxError({
    kind: "invalid",
    what: "A channel's label cannot name a folder of profiles",
    where: JSON.stringify(label),
    expected:
      "a label without slashes, backslashes and control characters, that is neither empty nor a single or double dot",
    advice: "Rename the channel in the image's metadata",
  });
}

function namesFolder(label: string): boolean {
  return label.trim() !== "" && label !== "." && label !== ".." && ![...label].some(isForbidden);
}

function isForbidden(character: string): boolean {
  return character === "/" || character === "\\" || character < " " || character === "\u007f";
}

/** Whether a folder or a file of profiles can have this name, on the file systems in use. */
export function canNameFolder(label: string): boolean {
  return namesFolder(label) && bytesOf(label) <= mostBytes;
}

/**
 * Names for channels that are unique and can name folders on every system: the labels themselves wherever they are so,
 * else as near to them as can be ("405/488 nm" is "405_488 nm", a second "GFP" or "gfp" is "GFP_2" or "gfp_2");
 * `channel_1`, `channel_2`, ... where there is no label.
 */
export function channelNames(labels: readonly (string | undefined)[]): string[] {
  const wanted = labels.map((label, index) => folderName(label) ?? `channel_${index + 1}`);
  const taken = new Set<string>();
  const stays = wanted.map((name, index) => labels[index] === name);
  const firstOf = new Map<string, number>();
  for (const [index, name] of wanted.entries()) {
    if (stays[index] && !firstOf.has(alike(name))) firstOf.set(alike(name), index);
  }
  const isFirst = wanted.map((name, index) => firstOf.get(alike(name)) === index);
  // Labels that can stay as they are come first, wherever they stand.
  for (const name of firstOf.keys()) taken.add(name);
  // The number that was given last to channels of a name
  const numbers = new Map<string, number>();
  return wanted.map((name, index) => {
    if (isFirst[index]) return name;
    let free = name;
    let number = numbers.get(alike(name)) ?? 1;
    while (taken.has(alike(free))) free = `${name}_${++number}`;
    numbers.set(alike(name), number);
    taken.add(alike(free));
    return free;
  });
}

/** What several file systems take for the same name: they tell neither case nor the forms of accents apart. */
function alike(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

/** Names of devices, and what else Windows cannot have as a folder. */
const deviceName = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(?=\.|$)/i;
const forbiddenOnWindows = /[<>:"|?*]/g;

function folderName(label: string | undefined): string | undefined {
  if (label === undefined) return undefined;
  // What is cut off has more than a name may have left.
  const characters = [...label.slice(0, 4 * mostBytes)].map((character) => (isForbidden(character) ? "_" : character));
  // No letter has less than a byte
  const name = shortened(characters.slice(0, mostBytes), mostBytes - 4);
  if (!namesFolder(name)) return undefined;
  const portable = name.replace(forbiddenOnWindows, "_").replace(/[. ]+$/, "");
  return portable === "" ? undefined : portable.replace(deviceName, "$1_");
}

function shortened(characters: readonly string[], most: number): string {
  let left = most;
  const end = characters.findIndex((character) => {
    left -= bytesOf(character);
    return left < 0;
  });
  return characters.slice(0, end < 0 ? undefined : end).join("");
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

function checkLength(label: string): void {
  const bytes = bytesOf(label);
  if (bytes <= mostBytes) return;
  throw new IsoluxError({
    kind: "invalid",
    what: "A channel's label is too long to name a folder of profiles",
    where: JSON.stringify(`${label.slice(0, 40)}...`),
    found: `${bytes} bytes`,
    expected: `at most ${mostBytes}`,
    advice: "Rename the channel in the image's metadata",
  });
}
