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
