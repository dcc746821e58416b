import { findTestServer } from './test-server.ts';

/** Fetches the time-skipping server before the first test, so that no test waits for it. */
export default async function setup(): Promise<void> {
  await findTestServer((line) => console.log(line));
}
