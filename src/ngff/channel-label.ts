import { IsoluxError } from "../errors.ts";

/** The longest name of a folder, in bytes, on the file systems in use, and room for what stands behind a file's. */
const mostBytes = 255 - "-ffp.tif".length;

/**
 * Checks that a channel's label can name a folder of saved profiles.
 * @throws IsoluxError `invalid` where it is empty, `.` or `..`, too long, or has a slash, backslash or control character
 */
export function checkChannelLabel(label: string): void {
  checkLength(label);
  const hasControl = [...label].some((character) => character < " " || character === "\u007f");
  if (label !== "" && label !== "." && label !== ".." && !/[/\\]/.test(label) && !hasControl) return;
  throw new IsoluxError({
    kind: "invalid",
    what: "A channel's label cannot name a folder of profiles",
    where: JSON.stringify(label),
    expected:
      "a label without slashes, backslashes and control characters, that is neither empty nor a single or double dot",
    advice: "Rename the channel in the image's metadata",
  });
}

function checkLength(label: string): void {
  const bytes = new TextEncoder().encode(label).length;
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

/**
 * Checks the labels of all channels, and that no two are equal: they would share one profile.
 * @throws IsoluxError `invalid`
 */
export function checkChannelLabels(labels: readonly string[], where: string): void {
  for (const [index, label] of labels.entries()) {
    checkChannelLabel(label);
    const earlier = labels.indexOf(label);
    if (earlier === index) continue;
    throw new IsoluxError({
      kind: "invalid",
      what: "Two channels have the same label",
      where,
      found: `${JSON.stringify(label)} for channels ${earlier + 1} and ${index + 1}`,
      expected: "a label of its own for each channel, as profiles are kept by label",
      advice: "Rename one of them in the image's metadata",
    });
  }
}
