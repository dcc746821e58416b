import { readFileSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { startStack } from '../../cli/stack/index.ts';

/** What acceptance tests know of the running stack: `inject('stack')`. */
export interface StackAddresses {
  apiUrl: string;
  sandboxUrl: string;
  issuerUrl: string;
  databaseUrl: string;
  temporalAddress: string;
  /** The environment its programs run with. */
  env: Record<string, string>;
}

declare module 'vitest' {
  interface ProvidedContext {
    stack: StackAddresses;
  }
}

const SHOWN_ERRORS = 20;

/** Starts one fresh stack for all acceptance tests and ends it after the last. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startStack({
    ephemeral: true,
    // What only the sweeper delivers, such as money for an order that has ended, need not be waited for so long.
    env: { SWEEP_INTERVAL_SECONDS: '2', REMIND_INTERVAL_SECONDS: '1' },
    log: (line) => console.log(`[stack] ${line}`),
    prepareDatabase: async (databaseUrl) => {
      const { migrate } = await import('../../db/migrate.ts');
      const { seedDemo } = await import('../../cli/seed.ts');
      await migrate(databaseUrl);
      await seedDemo(databaseUrl);
    },
  });
  const { apiUrl, sandboxUrl, issuerUrl, databaseUrl, temporalAddress, env } = stack;
  project.provide('stack', { apiUrl, sandboxUrl, issuerUrl, databaseUrl, temporalAddress, env });
  // Parcels and delivery orders stay where they are unless a test moves them.
  for (const provider of ['kuaidi100', 'qimen'])
    await fetch(`${sandboxUrl}/control/${provider}/settings`, {
      method: 'POST',
      body: JSON.stringify({ autoAdvance: false }),
    });
  return async () => {
    tellErrors(stack.process('api').logFile);
    await stack.stop();
  };
}

/** What the API logged as an error: a test that failed on a 500 finds its cause here, for the log goes with the stack. */
function tellErrors(logFile: string): void {
  const lines = readFileSync(logFile, 'utf8').split('\n');
  const errors = lines.filter((line) => line.includes('"level":50'));
  for (const line of errors.slice(0, SHOWN_ERRORS)) console.log(`[api] ${line.slice(0, 1_500)}`);
  if (errors.length > SHOWN_ERRORS) console.log(`[api] … and ${errors.length - SHOWN_ERRORS} more errors`);
}
