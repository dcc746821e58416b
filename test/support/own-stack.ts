import { seedDemo } from '../../cli/seed.ts';
import { type Stack, type StackOptions, startStack } from '../../cli/stack/index.ts';
import { migrate } from '../../db/migrate.ts';
import { leaveDatabase, useStack } from './stack-in-use.ts';

/** Starts a fresh stack for this process alone and lets `world.ts` act on it. */
export async function startOwnStack(options: Partial<StackOptions> = {}): Promise<Stack> {
  const stack = await startStack({
    ephemeral: true,
    prepareDatabase: async (databaseUrl) => {
      await migrate(databaseUrl);
      await seedDemo(databaseUrl);
    },
    ...options,
  });
  const { apiUrl, sandboxUrl, issuerUrl, databaseUrl, temporalAddress, env } = stack;
  useStack({ apiUrl, sandboxUrl, issuerUrl, databaseUrl, temporalAddress, env });
  return {
    ...stack,
    stop: async () => {
      await leaveDatabase();
      await stack.stop();
    },
  };
}
