import { configDefaults, defineConfig } from 'vitest/config';

const exclude = [...configDefaults.exclude, '.dingdan/**'];

export default defineConfig({
  test: {
    reporters: ['default', './test/support/reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: [...exclude, 'test/{replay,workflow,acceptance}/**'],
        },
      },
      {
        test: {
          name: 'workflow',
          include: ['test/{replay,workflow}/**/*.test.ts'],
          exclude,
          globalSetup: 'test/support/global-test-server.ts',
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
