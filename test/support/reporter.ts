import type { Reporter, TestModule, Vitest } from 'vitest/node';

/** Ends a run with `N passed, N failed`, as the last line, and fails a run in which no test ran. */
export default class ClosingLine implements Reporter {
  #watching = false;

  onInit(vitest: Vitest): void {
    this.#watching = vitest.config.watch;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      for (const test of tests) {
        const { state } = test.result();
        if (state !== 'pending') count[state] += 1;
      }
      // A file that could not be loaded, or whose hooks failed, counts as one failure.
      if (module.state() === 'failed' && tests.every((test) => test.result().state !== 'failed'))
        count.failed += 1;
    }
    if (count.passed + count.failed === 0) process.exitCode = 1;
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
    const line = `${count.passed} passed, ${count.failed} failed${skipped}\n`;
    // What the run started is stopped after this call and may still print; in watch mode nothing ends.
    if (this.#watching) process.stdout.write(line);
    else process.once('exit', () => process.stdout.write(line));
  }
}
