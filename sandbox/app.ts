import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { type AlipaySandbox, openAlipay } from './alipay/index.ts';
import type { SandboxConfig } from './config.ts';
import { escapeHtml, renderPage } from './page.ts';

export interface RunningSandbox {
  /** Where browsers and the system reach it, without a trailing slash. */
  url: string;
  close(): Promise<void>;
}

/** Starts the payment providers' other side and resolves when it listens. */
export async function startSandbox(config: SandboxConfig): Promise<RunningSandbox> {
  let url = config.publicUrl?.replace(/\/+$/, '') ?? '';
  const alipay = await openAlipay({
    ...config.alipay,
    dataDir: config.dataDir,
    clockMultiplier: config.clockMultiplier,
    publicUrl: () => url,
  });
  const app = new Hono()
    .get('/health', (c) => c.json({ status: 'ok' }))
    .get('/', (c) => c.html(index(alipay)))
    .route('/alipay', alipay.pages)
    .route('/control/alipay', alipay.control);
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  await listen(server, config);
  url ||= `http://${config.host}:${(server.address() as AddressInfo).port}`;
  return {
    url,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await alipay.close();
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

function index(alipay: AlipaySandbox): string {
  const rows = alipay.recent(SHOWN).map(
    (trade) => `<tr><td><a href="${trade.path}">${escapeHtml(trade.outTradeNo)}</a></td>
<td>${escapeHtml(trade.subject)}</td><td>¥${trade.amount}</td><td>${trade.status}</td></tr>`,
  );
  const empty = '<tr><td colspan="4" class="soft">还没有交易 · No trades yet</td></tr>';
  const body = `<section class="card"><h1>支付宝沙箱 · Alipay sandbox</h1>
<p class="soft">最近的交易，点开即收银台 · Recent trades; each opens its cashier.</p><div class="scroll"><table>
<thead><tr><th>商户订单号 Order</th><th>商品 Subject</th><th>金额 Amount</th><th>状态 Status</th></tr></thead>
<tbody>${rows.join('') || empty}</tbody></table></div></section>`;
  return renderPage('沙箱 Sandbox', body, true);
}
