import { configDefaults, defineConfig } from 'vitest/config';
import ByName from './test/support/sequencer.ts';

const exclude = [...configDefaults.exclude, '.dingdan/**'];

export default defineConfig({
  test: {
    sequence: { sequencer: ByName },
    reporters: ['default', './test/support/reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: [...exclude, 'test/{replay,workflow,acceptance}/**'],
          // Property tests search; on a busy machine that takes its time.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'workflow',
          include: ['test/{replay,workflow}/**/*.test.ts'],
          exclude,
          globalSetup: ['test/support/global-test-server.ts', 'test/support/global-database.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'acceptance',
          include: ['test/acceptance/**/*.test.ts'],
          exclude,
          globalSetup: 'test/support/global-stack.ts',
          // They share one stack and its stock.
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
