/** Where files are kept: by a name of ours, never changed once they are there. */
export interface ObjectStorage {
  /**
   * Keeps what is read, all of it or nothing: if reading fails, so does this, with the same error. `name` is a new
   * random UUID; Error for any other.
   */
  put(name: string, content: AsyncIterable<Uint8Array>, mediaType: string): Promise<void>;
  /** What is kept under a name, read bit by bit as it is asked for; null if there is nothing. */
  get(name: string): Promise<AsyncIterable<Uint8Array> | null>;
  /** Forgets a name; nothing happens if there is nothing. */
  remove(name: string): Promise<void>;
}
