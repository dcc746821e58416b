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

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Throws an Error for anything but a UUID: no name leads out of where files are kept. */
export function requireUuid(name: string): void {
  if (!UUID.test(name)) throw new Error('a stored file is named by a UUID');
}
