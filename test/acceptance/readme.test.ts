import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { stack } from '../support/world.ts';

test('ST-1 FU-3 the README’s curl commands take an order from login to receipt', async () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const block = /is run by test\/acceptance\/readme\.test\.ts -->\n```sh\n(.*?)```/s.exec(readme)?.[1];
  expect(block).toBeDefined();
  const { apiUrl, issuerUrl, sandboxUrl } = stack();
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', block ?? ''], {
    env: { ...process.env, API: apiUrl, ISSUER: issuerUrl, SANDBOX: sandboxUrl },
    timeout: 50_000,
  });
  const [toPay, shipped, state] = stdout.trim().split('\n');
  expect(toPay).toContain('Pay CNY 150.00');
  expect(shipped).toContain('Shipped (shunfeng SF1234567890123');
  expect(state).toBe('completed');
});
