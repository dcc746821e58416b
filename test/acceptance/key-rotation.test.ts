import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Stack } from '../../cli/stack/index.ts';
import { startOwnStack } from '../support/own-stack.ts';
import { paymentsOf } from '../support/payments.ts';
import { open, PROVIDER_WAYS, type ProviderName, payAt, payBy, wayOf } from '../support/providers.ts';
import {
  eventually,
  givenShop,
  givenSku,
  newBuyer,
  sandbox,
  stack,
  submit,
  waitFor,
} from '../support/world.ts';

/** PY-2: keys change while the system runs, and no payment notices. Changes keys, so it has a stack of its own. */

let own: Stack;
beforeAll(async () => {
  own = await startOwnStack();
}, 300_000);
afterAll(() => own.stop());

type KeyFile = Record<string, unknown>;

/** Replaces a provider's key file of ours, as a secret mount does. */
function replaceKeys(provider: ProviderName, change: (keys: KeyFile) => KeyFile): void {
  const file = stack().env[`${provider.toUpperCase()}_KEYS`] as string;
  const keys = JSON.parse(readFileSync(file, 'utf8')) as KeyFile;
  writeFileSync(`${file}.next`, JSON.stringify(change(keys)), { mode: 0o600 });
  renameSync(`${file}.next`, file);
}

const rsaPair = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });

/** Puts the provider's new key beside the old one with us, then has the provider use it, then takes the old one away. */
const ROTATIONS: Record<
  ProviderName,
  () => { accept: () => void; use: () => Promise<unknown>; drop: () => void }
> = {
  alipay: () => {
    const pair = rsaPair();
    return {
      accept: () =>
        replaceKeys('alipay', (keys) => ({
          ...keys,
          alipayPublicKeys: [...(keys['alipayPublicKeys'] as string[]), pair.publicKey],
        })),
      use: () => sandbox('alipay', '/keys', { privateKey: pair.privateKey }),
      drop: () => replaceKeys('alipay', (keys) => ({ ...keys, alipayPublicKeys: [pair.publicKey] })),
    };
  },
  wechatpay: () => {
    const pair = rsaPair();
    const id = `PUB_KEY_ID_${randomBytes(16).toString('hex').toUpperCase()}`;
    const apiV3Key = randomBytes(16).toString('hex');
    return {
      accept: () =>
        replaceKeys('wechatpay', (keys) => ({
          ...keys,
          platform: { ...(keys['platform'] as object), [id]: pair.publicKey },
          apiV3Keys: [...(keys['apiV3Keys'] as string[]), apiV3Key],
        })),
      use: () => sandbox('wechatpay', '/keys', { platform: { id, privateKey: pair.privateKey }, apiV3Key }),
      drop: () =>
        replaceKeys('wechatpay', (keys) => ({
          ...keys,
          platform: { [id]: pair.publicKey },
          apiV3Keys: [apiV3Key],
        })),
    };
  },
  stripe: () => {
    const secretKey = `sk_test_${randomBytes(24).toString('hex')}`;
    const webhookSecret = `whsec_${randomBytes(24).toString('hex')}`;
    return {
      accept: () =>
        replaceKeys('stripe', (keys) => ({
          ...keys,
          webhookSecrets: [...(keys['webhookSecrets'] as string[]), webhookSecret],
        })),
      use: () => sandbox('stripe', '/keys', { secretKey, webhookSecret }),
      drop: () => replaceKeys('stripe', (keys) => ({ ...keys, secretKey, webhookSecrets: [webhookSecret] })),
    };
  },
};

test.each(PROVIDER_WAYS)(
  'PY-2 $provider: old key, both, new key: every payment is heard, without a restart',
  async (way) => {
    const skuId = await givenSku(await givenShop(), 10);
    const buyer = await newBuyer();
    const payOnce = async () => payBy(buyer, await submit(buyer, { [skuId]: 1 }), way);
    await payOnce();
    const rotation = ROTATIONS[way.provider]();
    // Opened with the old key, told with the new one.
    const orderNo = await submit(buyer, { [skuId]: 1 });
    const { outTradeNo } = await open(buyer, orderNo, way);
    rotation.accept();
    await rotation.use();
    await payAt(way, outTradeNo);
    // What came before the file was read again is told again.
    await eventually(async () => {
      const [payment] = await paymentsOf(buyer, orderNo);
      if (payment?.state !== 'succeeded') await sandbox(way.provider, `/trades/${outTradeNo}/notify`);
      return payment?.state === 'succeeded';
    }, 'the payment to be heard with the new key');
    rotation.drop();
    const last = await submit(buyer, { [skuId]: 1 });
    const payment = await eventually(
      async () => open(buyer, last, way).catch(() => null),
      'a payment opened with the new key alone',
    );
    await payAt(way, payment.outTradeNo);
    await waitFor(buyer, last, (order) => order.state === 'awaiting_shipment');
  },
);

test('PY-2 PY-7 a wrong key of ours is a provider that does not answer: nothing is lost, and the right one serves', async () => {
  const skuId = await givenSku(await givenShop(), 1_000);
  const buyer = await newBuyer();
  const way = wayOf('wechat_native');
  let right: KeyFile = {};
  replaceKeys('wechatpay', (keys) => {
    right = keys;
    return { ...keys, merchant: { ...(keys['merchant'] as object), privateKey: rsaPair().privateKey } };
  });
  // Each time a new order: an attempt that was opened is given again without asking the provider.
  const refused = await eventually<{ orderNo: string; problem: unknown }>(async () => {
    const orderNo = await submit(buyer, { [skuId]: 1 });
    const problem = await open(buyer, orderNo, way).then(
      () => null,
      (error: unknown) => error,
    );
    return problem === null ? null : { orderNo, problem };
  }, 'the wrong key to be in use');
  expect(refused.problem).toMatchObject({ status: 503, code: 'payment_unavailable' });
  replaceKeys('wechatpay', () => right);
  const payment = await eventually(
    async () => open(buyer, refused.orderNo, way).catch(() => null),
    'the right key to be in use',
  );
  await payAt(way, payment.outTradeNo);
  await waitFor(buyer, refused.orderNo, (order) => order.state === 'awaiting_shipment');
});
