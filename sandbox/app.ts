import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { openAlipay } from './alipay/index.ts';
import type { SandboxConfig } from './config.ts';
import { openKuaidi100 } from './kuaidi100/index.ts';
import { openQimen } from './qimen/index.ts';
import { openS3 } from './s3/index.ts';
import { escapeHtml, renderPage } from './shared/page.ts';
import type { SandboxProvider } from './shared/provider.ts';
import { openStripe } from './stripe/index.ts';
import { openWechatpay } from './wechatpay/index.ts';

export interface RunningSandbox {
  /** Where browsers and the system reach it, without a trailing slash. */
  url: string;
  close(): Promise<void>;
}

/** Starts the providers' other side and resolves when it listens. */
export async function startSandbox(config: SandboxConfig): Promise<RunningSandbox> {
  let url = config.publicUrl?.replace(/\/+$/, '') ?? '';
  const { dataDir, clockMultiplier } = config;
  const shared = { dataDir, clockMultiplier, publicUrl: () => url };
  const providers = {
    alipay: await openAlipay({ ...config.alipay, ...shared }),
    wechatpay: await openWechatpay({ ...config.wechatpay, ...shared }),
    stripe: await openStripe({ ...config.stripe, ...shared }),
    kuaidi100: await openKuaidi100({ ...config.kuaidi100, ...shared }),
    qimen: await openQimen({ ...config.qimen, ...shared }),
    s3: await openS3({ ...config.s3, ...shared }),
  };
  const app = new Hono()
    .get('/health', (c) => c.json({ status: 'ok' }))
    .get('/', (c) => c.html(index(providers)));
  for (const [name, { pages, control, root }] of Object.entries(providers)) {
    app.route(`/${name}`, pages).route(`/control/${name}`, control);
    if (root) app.route('/', root);
  }
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  await listen(server, config);
  url ||= `http://${config.host}:${(server.address() as AddressInfo).port}`;
  return {
    url,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await Promise.all(Object.values(providers).map((provider) => provider.close()));
    },
  };
}

function listen(server: Server, { port, host }: SandboxConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

const SHOWN = 50;

function index(providers: Readonly<Record<string, SandboxProvider>>): string {
  const trades = Object.values(providers)
    .flatMap(({ title, recent }) => (recent?.(SHOWN) ?? []).map((trade) => ({ ...trade, title })))
    .sort((a, b) => b.createdMs - a.createdMs)
    .slice(0, SHOWN);
  const rows = trades.map(
    (trade) => `<tr><td>${escapeHtml(trade.title)}</td>
<td><a href="${escapeHtml(trade.path)}">${escapeHtml(trade.outTradeNo)}</a></td>
<td>${escapeHtml(trade.subject)}</td><td>¥${trade.amount}</td><td>${escapeHtml(trade.status)}</td></tr>`,
  );
  const empty = '<tr><td colspan="5" class="soft">还没有交易 · No trades yet</td></tr>';
  const others = Object.entries(providers)
    .filter(([, { recent }]) => !recent)
    .map(([name, { title }]) => `<li><a href="/${name}">${escapeHtml(title)}</a> <code>/${name}</code></li>`);
  const body = `<section class="card"><h1>支付 · Payments</h1>
<p class="soft">最近的交易，点开即收银台 · Recent trades; each opens its cashier.</p><div class="scroll"><table>
<thead><tr><th>渠道 Provider</th><th>商户订单号 Order</th><th>商品 Subject</th><th>金额 Amount</th><th>状态 Status</th></tr></thead>
<tbody>${rows.join('') || empty}</tbody></table></div></section>
<section class="card"><h1>其他 · Other providers</h1><ul>${others.join('')}</ul></section>`;
  return renderPage('沙箱 Sandbox', body, true);
}
