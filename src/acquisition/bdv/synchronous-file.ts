/**
 * A file that is read synchronously: the HDF5 library reads from within WebAssembly, which cannot await. On Node it is
 * a file descriptor, in a browser's worker `FileReaderSync`.
 */
export interface SynchronousFile {
  /** A path or URL, for messages. */
  readonly location: string;
  readonly byteLength: number;
  /**
   * Reads bytes from `offset` on into `into` and returns their number, which is smaller only at the end of the file.
   * @throws IsoluxError `storage`
   */
  read(into: Uint8Array, offset: number): number;
  /** Closes what reading keeps open, such as a file descriptor; reading opens it again. */
  release(): void;
}

/** Opens the file at a store's location joined with a key. @throws IsoluxError `not-found`, `storage` */
export type OpenSynchronously = (location: string) => SynchronousFile;
