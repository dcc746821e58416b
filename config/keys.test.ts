import { mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfig } from './index.ts';
import { stripeKeys, watchKeys } from './keys.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keys-'));
  file = join(folder, 'stripe.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

const keys = (name: string, webhookSecrets = [`whsec_${name}`]) => ({
  secretKey: `sk_test_${name}`,
  publishableKey: `pk_test_${name}`,
  webhookSecrets,
});
const replace = (content: unknown): void => {
  const next = `${file}.next`;
  writeFileSync(next, typeof content === 'string' ? content : JSON.stringify(content));
  renameSync(next, file);
};

test('PY-2 a replaced key file is in use within a second, without a restart', () => {
  replace(keys('old'));
  let now = 0;
  const current = watchKeys(file, stripeKeys, undefined, () => now);
  expect(current()).toEqual(keys('old'));
  replace(keys('new', ['whsec_old', 'whsec_new']));
  now = 999;
  expect(current()).toEqual(keys('old'));
  now = 1_000;
  expect(current()).toEqual(keys('new', ['whsec_old', 'whsec_new']));
  const same = current();
  now = 5_000;
  expect(current()).toBe(same);
});

test('PY-2 a key file that is broken or gone leaves the last good keys in use, and says so once', () => {
  replace(keys('old'));
  let now = 0;
  const problems: string[] = [];
  const current = watchKeys(
    file,
    stripeKeys,
    (problem) => problems.push(problem),
    () => now,
  );
  replace({ ...keys('new'), secretKey: 'nonsense' });
  now = 1_000;
  expect(current()).toEqual(keys('old'));
  now = 2_000;
  expect(current()).toEqual(keys('old'));
  expect(problems).toEqual([expect.stringMatching(/stripe\.json.*secretKey: a secret key begins with sk_/)]);
  unlinkSync(file);
  now = 3_000;
  expect(current()).toEqual(keys('old'));
  replace(keys('new'));
  now = 4_000;
  expect(current()).toEqual(keys('new'));
});

test.each([
  ['no file', undefined, /STRIPE_KEYS: .*no such file/],
  ['not JSON', 'whsec', /STRIPE_KEYS: .*not JSON/],
  ['a field missing', { ...keys('a'), secretKey: undefined }, /STRIPE_KEYS: .*secretKey/],
  [
    'an empty secret',
    keys('a', ['']),
    /STRIPE_KEYS: .*webhookSecrets\.0: a webhook secret begins with whsec_/,
  ],
  ['no secret at all', keys('a', []), /STRIPE_KEYS: .*webhookSecrets/],
])('PY-2 the process refuses to start and names the field: %s', (_name, content, message) => {
  if (content !== undefined) replace(content);
  expect(() => loadConfig({ STRIPE_KEYS: file })).toThrow(message);
});

test('PY-2 keys that are not set at all are named too', () => {
  expect(() => loadConfig({})).toThrow(/ALIPAY_KEYS[\s\S]*WECHATPAY_KEYS[\s\S]*STRIPE_KEYS/);
});
