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

/** Starts one fresh stack for all acceptance tests and ends it after the last. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startStack({
    ephemeral: true,
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
  return () => stack.stop();
}
