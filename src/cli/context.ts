/** The environment of a command: its output streams and its interruption. */

/** A stream for text; a terminal also has a width. */
export interface TextStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** The streams, the signal and the exit code of a command. */
export interface CliContext {
  /** For results only. */
  readonly stdout: TextStream;
  /** For all other messages. */
  readonly stderr: TextStream;
  /** Aborts when the user interrupts. */
  readonly signal: AbortSignal;
  /** Sets the exit code for the end of the program, where the result has one for scripts. */
  readonly endWith?: (code: number) => void;
}
