import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { findTestServer } from './test-server.ts';

const attempts = 3;
let quiet = false;

/**
 * A Temporal test server of its own that skips time: while a workflow's result is awaited, timers fire at once.
 * It does not serve worker versioning, nor search attributes that were not registered. End it with `teardown()`.
 */
export async function createTimeSkippingEnv(): Promise<TestWorkflowEnvironment> {
  // The workers of a test report only what went wrong.
  if (!quiet) Runtime.install({ logger: new DefaultLogger('WARN') });
  quiet = true;
  const path = await findTestServer();
  // On a busy machine Java may need longer than the five seconds that the SDK waits.
  for (let attempt = 1; ; attempt++) {
    try {
      return await TestWorkflowEnvironment.createTimeSkipping({
        server: { executable: { type: 'existing-path', path } },
      });
    } catch (error) {
      if (attempt === attempts) throw error;
    }
  }
}

/** Longer than any activity that a test lets time wait for. */
const STUCK_MS = 35_000;

/** Lets time pass. On a busy machine the server can lose sight of a task and keep time still for it: not for ever. */
export async function letPass(env: TestWorkflowEnvironment, durationMs: number): Promise<void> {
  const stuck = setTimeout(() => letGoOn(env).catch(() => {}), STUCK_MS);
  await env.sleep(durationMs).finally(() => clearTimeout(stuck));
}

/** Time is kept still once less often. */
export async function letGoOn(env: TestWorkflowEnvironment): Promise<void> {
  await env.connection.testService?.unlockTimeSkipping({});
}
