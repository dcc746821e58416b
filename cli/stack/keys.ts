import { generateKeyPair, randomBytes, randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Paths of the JSON files with the keys of each provider, ours and the sandbox's, and the key that wraps data keys. */
export interface Keys {
  alipay: string;
  wechatpay: string;
  stripe: string;
  kuaidi100: string;
  /** The same on both sides. */
  s3: string;
  qimen: string;
  sandboxAlipay: string;
  sandboxWechatpay: string;
  sandboxStripe: string;
  sandboxKuaidi100: string;
  sandboxQimen: string;
  /** 32 bytes, base64. */
  masterKey: string;
}

/** The keys under `folder`, made at the first call: each provider knows us by ours, and we know it by its own. */
export async function ensureKeys(folder: string): Promise<Keys> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const masterFile = join(folder, 'master.key');
  if (!existsSync(masterFile)) await writePrivate(masterFile, randomBytes(32).toString('base64'));
  const file = (name: string) => join(folder, `${name}.json`);
  const keys: Keys = {
    alipay: file('alipay'),
    wechatpay: file('wechatpay'),
    stripe: file('stripe'),
    kuaidi100: file('kuaidi100'),
    s3: file('s3'),
    qimen: file('qimen'),
    sandboxAlipay: file('sandbox-alipay'),
    sandboxWechatpay: file('sandbox-wechatpay'),
    sandboxStripe: file('sandbox-stripe'),
    sandboxKuaidi100: file('sandbox-kuaidi100'),
    sandboxQimen: file('sandbox-qimen'),
    masterKey: (await readFile(masterFile, 'utf8')).trim(),
  };
  if (!existsSync(keys.s3)) await writePrivate(keys.s3, JSON.stringify(s3(), null, 2));
  await Promise.all([
    ensureBoth(keys.alipay, keys.sandboxAlipay, alipay),
    ensureBoth(keys.wechatpay, keys.sandboxWechatpay, wechatpay),
    ensureBoth(keys.stripe, keys.sandboxStripe, stripe),
    ensureBoth(keys.kuaidi100, keys.sandboxKuaidi100, kuaidi100),
    ensureBoth(keys.qimen, keys.sandboxQimen, qimen),
  ]);
  return keys;
}

interface BothSides {
  ours: object;
  theirs: object;
}

/** Both files belong together: where one is missing, both are made. */
async function ensureBoth(ours: string, theirs: string, make: () => Promise<BothSides>): Promise<void> {
  if (existsSync(ours) && existsSync(theirs)) return;
  const made = await make();
  await writePrivate(theirs, JSON.stringify(made.theirs, null, 2));
  await writePrivate(ours, JSON.stringify(made.ours, null, 2));
}

async function alipay(): Promise<BothSides> {
  const [app, provider] = await Promise.all([rsaPair(), rsaPair()]);
  return {
    ours: { privateKey: app.privateKey, alipayPublicKeys: [provider.publicKey] },
    theirs: { privateKey: provider.privateKey, appPublicKey: app.publicKey },
  };
}

async function wechatpay(): Promise<BothSides> {
  const [merchant, platform] = await Promise.all([rsaPair(), rsaPair()]);
  const serial = randomBytes(20).toString('hex').toUpperCase();
  const id = `PUB_KEY_ID_${randomBytes(16).toString('hex').toUpperCase()}`;
  const apiV3Key = randomBytes(16).toString('hex');
  return {
    ours: {
      merchant: { serial, privateKey: merchant.privateKey },
      platform: { [id]: platform.publicKey },
      apiV3Keys: [apiV3Key],
    },
    theirs: {
      merchant: { serial, publicKey: merchant.publicKey },
      platform: { id, privateKey: platform.privateKey },
      apiV3Key,
    },
  };
}

async function stripe(): Promise<BothSides> {
  const secretKey = `sk_test_${randomBytes(24).toString('hex')}`;
  const publishableKey = `pk_test_${randomBytes(24).toString('hex')}`;
  const webhookSecret = `whsec_${randomBytes(24).toString('hex')}`;
  return {
    ours: { secretKey, publishableKey, webhookSecrets: [webhookSecret] },
    theirs: { secretKey, publishableKey, webhookSecret },
  };
}

/** The merchants M1 and M2 have accounts for waybills at SF, which knows a monthly settlement number, and at ZTO. */
async function kuaidi100(): Promise<BothSides> {
  const common = {
    key: randomBytes(6).toString('base64url'),
    customer: randomBytes(16).toString('hex').toUpperCase(),
  };
  const secret = randomBytes(16).toString('hex');
  const template = () => randomBytes(12).toString('hex');
  const merchants = ['M1', 'M2'].map((merchantId) => ({
    merchantId,
    shunfeng: { partnerId: String(randomInt(1_000_000_000, 10_000_000_000)) },
    zhongtong: {
      partnerId: `ZTO${randomInt(1_000_000_000, 10_000_000_000)}`,
      partnerKey: randomBytes(6).toString('hex'),
    },
  }));
  const accounts = merchants.map(({ merchantId, shunfeng, zhongtong }) => [
    merchantId,
    {
      shunfeng: { ...shunfeng, template: template() },
      zhongtong: { ...zhongtong, template: template() },
    },
  ]);
  return {
    ours: { ...common, waybills: { secret, accounts: Object.fromEntries(accounts) } },
    theirs: {
      ...common,
      secret,
      accounts: merchants.flatMap(({ shunfeng, zhongtong }) => [
        { carrier: 'shunfeng', ...shunfeng },
        { carrier: 'zhongtong', ...zhongtong },
      ]),
    },
  };
}

function s3(): object {
  return {
    accessKeyId: `AKIA${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64'),
  };
}

async function qimen(): Promise<BothSides> {
  const appKey = String(randomInt(10_000_000, 100_000_000));
  const customerId = `c${randomInt(1_000_000_000, 10_000_000_000)}`;
  const secret = randomBytes(16).toString('hex');
  return {
    ours: { appKey, customerId, secrets: [secret] },
    theirs: { appKey, customerId, secret },
  };
}

/** A pair as PEM text: PKCS8 and SPKI. */
export function rsaPair(): Promise<{ privateKey: string; publicKey: string }> {
  return promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
}

function writePrivate(file: string, text: string): Promise<void> {
  return writeFile(file, text, { mode: 0o600 });
}
