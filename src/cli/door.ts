/** What the commands of the command line share: where they write to and what stops them. */

/** A stream to write texts to; a terminal says so and how wide it is. */
export interface TextStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** The world a command runs in. */
export interface Door {
  /** For results only. */
  readonly stdout: TextStream;
  /** For everything else. */
  readonly stderr: TextStream;
  /** Aborts when the user interrupts. */
  readonly signal: AbortSignal;
  /** Ends the program with this code once it is done, where the result is one that scripts ask about. */
  readonly endWith?: (code: number) => void;
}
