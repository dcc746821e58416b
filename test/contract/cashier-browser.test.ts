import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureKeys } from '../../cli/stack/keys.ts';
import { alipayKeys, stripeKeys, watchKeys, wechatpayKeys } from '../../config/keys.ts';
import { createAlipay } from '../../providers/alipay/index.ts';
import type { PaymentAction, PaymentMethod, PaymentProvider } from '../../providers/payments/port.ts';
import { createStripe } from '../../providers/stripe/index.ts';
import { createWechatpay } from '../../providers/wechatpay/index.ts';
import { type RunningSandbox, startSandbox } from '../../sandbox/app.ts';
import { loadSandboxConfig } from '../../sandbox/config.ts';

/** The cashiers of the three providers as a person with a phone uses them; only their own pages are on the screen. */

type ProviderName = 'alipay' | 'wechatpay' | 'stripe';

const PHONE = { width: 390, height: 844 };
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const START_MS = 60_000;

let dataDir: string;
let sandbox: RunningSandbox;
let providers: Record<ProviderName, PaymentProvider>;
let browser: Browser;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'cashier-'));
  const keys = await ensureKeys(join(dataDir, 'keys'));
  const known = {
    ALIPAY_APP_ID: '2021000000000001',
    ALIPAY_SELLER_ID: '2088000000000001',
    WECHATPAY_APP_ID: 'wx0000000000000001',
    WECHATPAY_MCH_ID: '1900000001',
  };
  // Nobody listens to the notifications: a cashier does not wait for the shop.
  const shop = 'http://127.0.0.1:9';
  const sandboxConfig = loadSandboxConfig({
    ...known,
    SANDBOX_PORT: '0',
    SANDBOX_DATA_DIR: join(dataDir, 'books'),
    SANDBOX_ALIPAY_KEYS: keys.sandboxAlipay,
    SANDBOX_WECHATPAY_KEYS: keys.sandboxWechatpay,
    SANDBOX_STRIPE_KEYS: keys.sandboxStripe,
    SANDBOX_STRIPE_WEBHOOK_URL: shop,
    SANDBOX_KUAIDI100_KEYS: keys.sandboxKuaidi100,
    SANDBOX_QIMEN_KEYS: keys.sandboxQimen,
    SANDBOX_QIMEN_NOTIFY_URL: shop,
    SANDBOX_S3_KEYS: keys.s3,
  });
  sandbox = await startSandbox(sandboxConfig);
  providers = {
    alipay: createAlipay({
      gateway: `${sandbox.url}/alipay/gateway.do`,
      appId: known.ALIPAY_APP_ID,
      sellerId: known.ALIPAY_SELLER_ID,
      keys: watchKeys(keys.alipay, alipayKeys),
      notifyUrl: shop,
    }),
    wechatpay: createWechatpay({
      baseUrl: sandbox.url,
      appId: known.WECHATPAY_APP_ID,
      mchId: known.WECHATPAY_MCH_ID,
      keys: watchKeys(keys.wechatpay, wechatpayKeys),
      notifyUrl: shop,
    }),
    stripe: createStripe({ baseUrl: sandbox.url, keys: watchKeys(keys.stripe, stripeKeys) }),
  };
  browser = await chromium.launch({ executablePath: findChromium(), args: ARGUMENTS });
}, START_MS);

afterAll(async () => {
  await browser?.close();
  await sandbox?.close();
  await rm(dataDir, { recursive: true });
});

test.each(['alipay_qr', 'alipay_page'] as const)(
  'PY-1 PY-4 %s on a phone: the cashier says 余额不足, keeps the trade open, and takes the money after',
  async (method) => {
    const { phone, isPaid } = await openCashier('alipay', method);
    await phone.press(/余额不足/);
    expect(await phone.reads('alert')).toBe('支付失败：余额不足 · Insufficient balance');
    expect(await isPaid()).toBe(false);
    await phone.press(/^支付 Pay ¥135\.00/);
    expect(await phone.reads('status')).toBe('支付成功 Paid');
    expect(await isPaid()).toBe(true);
  },
);

test('PY-1 wechat_native on a phone: the code opens WeChat Pay’s cashier, which takes the money', async () => {
  const { phone, isPaid } = await openCashier('wechatpay', 'wechat_native');
  await phone.press(/^支付 Pay ¥135\.00/);
  expect(await phone.reads('status')).toBe('支付成功 Paid');
  expect(await isPaid()).toBe(true);
});

test('PY-1 PY-4 PY-10 card on a phone: one card is declined, the next pays once the bank has its code by SMS', async () => {
  const { phone, isPaid } = await openCashier('stripe', 'card');
  await phone.press(/余额不足 Insufficient funds/);
  expect(await phone.reads('alert')).toBe('支付失败 Declined: Your card has insufficient funds.');
  expect(await isPaid()).toBe(false);
  await phone.press(/需短信验证的卡/);
  await phone.fill(/验证码/, '123456');
  expect(await isPaid()).toBe(false);
  await phone.press(/确认 Confirm/);
  expect(await phone.reads('status')).toContain('支付成功');
  expect(await isPaid()).toBe(true);
});

/** Starts a payment with the real adapter and opens what it answers on a phone; `isPaid` asks the provider. */
async function openCashier(
  name: ProviderName,
  method: PaymentMethod,
): Promise<{ phone: Phone; isPaid: () => Promise<boolean> }> {
  const provider = providers[name];
  const trade = { outTradeNo: `T${randomBytes(8).toString('hex')}`, amountFen: 13_500n };
  const { action, providerRef } = await provider.start({
    ...trade,
    method,
    subject: '订单 261123064534AH89CTKG1',
    expiresAt: new Date(Date.now() + 30 * 60_000),
  });
  const phone = await Phone.open(addressOf(action));
  const isPaid = async () => (await provider.query({ ...trade, providerRef })).state === 'paid';
  return { phone, isPaid };
}

/** Where a buyer gets to: a wallet opens the code that it scanned, Stripe.js shows its form for the client secret. */
function addressOf(action: PaymentAction): string {
  switch (action.kind) {
    case 'qr':
      return action.qrCode;
    case 'redirect':
      return action.url;
    case 'card_form':
      return `${sandbox.url}/stripe/pay/${action.clientSecret}`;
    case 'wechat_jsapi':
      throw new Error('only a page inside WeChat opens this');
  }
}

/** A phone's screen; every page on it must fit its width. */
class Phone {
  readonly #page: Page;

  private constructor(page: Page) {
    this.#page = page;
  }

  static async open(address: string): Promise<Phone> {
    const page = await browser.newPage({ viewport: PHONE, isMobile: true, hasTouch: true });
    await page.goto(address);
    const phone = new Phone(page);
    await phone.#mustFit();
    return phone;
  }

  press(button: RegExp): Promise<void> {
    return this.#page.getByRole('button', { name: button }).tap();
  }

  async fill(label: RegExp, text: string): Promise<void> {
    await this.#page.getByLabel(label).fill(text);
    await this.#mustFit();
  }

  /** What the page says in this role, once it says something. */
  async reads(role: 'alert' | 'status'): Promise<string | null> {
    const text = await this.#page.getByRole(role).textContent();
    await this.#mustFit();
    return text;
  }

  async #mustFit(): Promise<void> {
    const width = await this.#page.evaluate('document.documentElement.scrollWidth');
    if (width !== PHONE.width) throw new Error(`a page ${width} px wide on a screen of ${PHONE.width}`);
  }
}

/** Fails where there is none: the cashiers are not proven without. */
function findChromium(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  const found = names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
  if (!found) throw new Error('No Chromium on the PATH. On Debian: apt-get install chromium');
  return found;
}
