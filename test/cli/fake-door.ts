import type { CliContext, TextStream } from "../../src/cli/context.ts";

/** A stream that keeps what is written to it. */
export function fakeStream(terminal: { isTTY?: boolean; columns?: number } = {}): TextStream & { text: string } {
  return {
    ...terminal,
    text: "",
    write(text: string) {
      this.text += text;
      return true;
    },
  };
}

/** A door whose streams keep what is written to them. */
export function fakeDoor(signal: AbortSignal = new AbortController().signal) {
  const [stdout, stderr] = [fakeStream(), fakeStream()];
  const door: CliContext = { stdout, stderr, signal };
  return { door, stdout, stderr };
}
