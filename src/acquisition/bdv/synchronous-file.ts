/**
 * A file whose bytes come at once: the HDF5 library asks for them from within WebAssembly, where nothing can wait.
 * On Node a file descriptor gives them, in a browser's worker `FileReaderSync`.
 */
export interface SynchronousFile {
  /** A path or URL, for messages. */
  readonly location: string;
  readonly byteLength: number;
  /**
   * Fills `into` with the bytes from `offset` on and says how many there were: fewer only where the file ends.
   * @throws IsoluxError `storage`
   */
  read(into: Uint8Array, offset: number): number;
  /** Lets go of what reading holds, such as a file descriptor; reading may go on afterwards. */
  release(): void;
}

/** Opens the file at a store's location joined with a key. @throws IsoluxError `not-found`, `storage` */
export type OpenSynchronously = (location: string) => SynchronousFile;
