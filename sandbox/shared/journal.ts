import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * An append-only file of JSON lines: what a provider booked survives the death of its process. Appends that arrive
 * while one is being written go out together in the next write.
 */
export class Journal<Entry> {
  readonly #file: FileHandle;
  #waiting: string[] = [];
  #written: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Opens the file and hands every entry of the past to `replay`. A line torn by a crash is cut off. */
  static async open<Entry>(path: string, replay: (entry: Entry) => void): Promise<Journal<Entry>> {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, 'a');
    const past = await readFile(path);
    const whole = past.subarray(0, past.lastIndexOf('\n') + 1);
    if (whole.length < past.length) await file.truncate(whole.length);
    for (const line of whole.toString('utf8').split('\n')) {
      if (line !== '') replay(JSON.parse(line) as Entry);
    }
    return new Journal<Entry>(file);
  }

  /** Resolves when the entry has been handed to the operating system. */
  append(entry: Entry): Promise<void> {
    this.#waiting.push(`${JSON.stringify(entry)}\n`);
    this.#next ??= this.#written.then(() => this.#write());
    this.#written = this.#next;
    return this.#next;
  }

  async close(): Promise<void> {
    await this.#written;
    await this.#file.close();
  }

  #write(): Promise<void> {
    const lines = this.#waiting.join('');
    this.#waiting = [];
    this.#next = null;
    return this.#file.appendFile(lines);
  }
}
