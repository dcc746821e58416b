import { type Context, Hono } from 'hono';
import QRCode from 'qrcode';
import { Refusal } from '../shared/control.ts';
import { escapeHtml, renderPage } from '../shared/page.ts';
import type { Books } from './books.ts';
import { type Desk, overdue } from './desk.ts';
import { qrUrl } from './methods.ts';
import { DECLINE_REASONS, DECLINE_TEXTS, type DeclineReason, stateOf, type Trade } from './trade.ts';
import { beijing, type Keys, sign, signedText, yuan } from './wire.ts';

export interface CashierContext {
  books: Books;
  desk: Desk;
  keys: Keys;
  app: { appId: string; sellerId: string };
  publicUrl: () => string;
}

/** The provider's cashier: what a buyer sees after scanning the code or following the page payment. */
export function createCashier(context: CashierContext): Hono {
  const cashier = new Hono();
  const show = async (c: Context, token: string) => {
    const trade = context.books.findByToken(token);
    if (!trade)
      return c.html(renderPage('未找到', card('<p class="notice bad">二维码无效 · Unknown code</p>')), 404);
    await context.desk.open(trade);
    return c.html(await view(context, trade));
  };
  cashier.get('/qr/:token', (c) => show(c, c.req.param('token')));
  cashier.get('/cashier/:token', (c) => show(c, c.req.param('token')));
  cashier.post('/cashier/:token/pay', async (c) => {
    const trade = context.books.findByToken(c.req.param('token'));
    if (!trade) return show(c, '');
    try {
      await context.desk.pay(trade);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return c.html(await view(context, trade, `${error.message} · ${error.code}`), 409);
    }
    return c.redirect(
      trade.returnUrl ? returnAddress(context, trade) : `/alipay/cashier/${trade.token}`,
      303,
    );
  });
  cashier.post('/cashier/:token/decline', async (c) => {
    const trade = context.books.findByToken(c.req.param('token'));
    const reason = String((await c.req.parseBody()).reason) as DeclineReason;
    if (!trade || !DECLINE_REASONS.includes(reason)) return show(c, c.req.param('token'));
    try {
      await context.desk.decline(trade, reason);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
    return c.redirect(`/alipay/cashier/${trade.token}`, 303);
  });
  return cashier;
}

const card = (body: string): string => `<section class="card">${body}</section>`;

async function view(context: CashierContext, trade: Trade, problem?: string): Promise<string> {
  const scan = trade.kind === 'page' ? await code(qrUrl(context.publicUrl(), trade)) : '';
  const rows = [
    ['商户 Merchant', context.app.sellerId],
    ['商户订单号 Order', trade.outTradeNo],
    ['交易号 Trade', trade.opened?.tradeNo ?? '—'],
    ['截止 Pay before', trade.expiresMs === null ? '—' : `${beijing(trade.expiresMs)} (北京时间)`],
  ];
  const list = rows.map(([name, value]) => `<dt>${name}</dt><dd>${escapeHtml(value ?? '')}</dd>`).join('');
  const body = `<div class="center"><div>${escapeHtml(trade.subject)}</div>
<div class="amount">¥${yuan(trade.paid?.fen ?? trade.totalFen)}</div>${scan}</div>
<dl>${list}</dl>`;
  return renderPage('收银台 Cashier', banner(trade, problem) + card(body) + buttons(trade));
}

function banner(trade: Trade, problem?: string): string {
  const bad = (text: string) => `<p class="notice bad" role="alert">${escapeHtml(text)}</p>`;
  if (problem) return bad(problem);
  const state = stateOf(trade);
  if (trade.paid) {
    const refunded = state === 'TRADE_CLOSED' ? '，已全额退款 Fully refunded' : '';
    return `<p class="notice good" role="status">支付成功 Paid${refunded}</p>`;
  }
  if (trade.closed || overdue(trade)) return bad('交易已关闭 This trade is closed');
  const last = trade.declines.at(-1);
  return last ? bad(`支付失败：${DECLINE_TEXTS[last.reason].zh} · ${DECLINE_TEXTS[last.reason].en}`) : '';
}

/** Shown for a closed trade too: whether late money is taken is decided when it comes. */
function buttons(trade: Trade): string {
  if (trade.paid)
    return trade.returnUrl
      ? card(`<a href="${escapeHtml(trade.returnUrl)}">返回商户 Back to the shop</a>`)
      : '';
  const reasons = DECLINE_REASONS.map(
    (reason) =>
      `<button name="reason" value="${reason}">${DECLINE_TEXTS[reason].zh}<br><span class="soft">${DECLINE_TEXTS[reason].en}</span></button>`,
  );
  const action = `/alipay/cashier/${trade.token}`;
  return card(`<form method="post" action="${action}/pay"><button class="primary">支付 Pay ¥${yuan(trade.totalFen)}</button></form>
<p class="soft">或让支付失败 · or let the payment fail:</p>
<form method="post" action="${action}/decline" class="grid">${reasons.join('')}</form>`);
}

function code(url: string): Promise<string> {
  return QRCode.toString(url, { type: 'svg', margin: 1 });
}

/** The merchant's page with the signed parameters of a synchronous return. They prove nothing; the notification does. */
function returnAddress(context: CashierContext, trade: Trade): string {
  const params: Record<string, string> = {
    app_id: context.app.appId,
    charset: 'utf-8',
    method: 'alipay.trade.page.pay.return',
    out_trade_no: trade.outTradeNo,
    seller_id: context.app.sellerId,
    sign_type: 'RSA2',
    timestamp: beijing(Date.now()),
    total_amount: yuan(trade.paid?.fen ?? trade.totalFen),
    trade_no: trade.opened?.tradeNo ?? '',
    version: '1.0',
  };
  const address = new URL(trade.returnUrl ?? context.publicUrl());
  for (const [name, value] of Object.entries(params)) address.searchParams.set(name, value);
  address.searchParams.set('sign', sign(signedText(params, ['sign', 'sign_type']), context.keys.own));
  return address.toString();
}
