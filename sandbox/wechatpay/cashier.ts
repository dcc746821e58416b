import { type Context, Hono } from 'hono';
import { Refusal } from '../shared/control.ts';
import { escapeHtml, renderPage } from '../shared/page.ts';
import type { Books } from './books.ts';
import type { Desk } from './desk.ts';
import type { App } from './fields.ts';
import {
  DECLINE_REASONS,
  DECLINE_TEXTS,
  type DeclineReason,
  refundedFen,
  stateOf,
  type Trade,
} from './trade.ts';
import { beijing, yuan } from './wire.ts';

export interface CashierContext {
  books: Books;
  desk: Desk;
  app: App;
}

/** The provider's cashier: what a buyer sees after scanning the code or being called from a page inside WeChat. */
export function createCashier(context: CashierContext): Hono {
  const { books, desk } = context;
  const cashier = new Hono();
  const show = async (c: Context, token: string) => {
    const trade = books.findByToken(token);
    if (!trade)
      return c.html(renderPage('未找到', card('<p class="notice bad">二维码无效 · Unknown code</p>')), 404);
    await desk.expire(trade);
    return c.html(view(context, trade, token));
  };
  cashier.get('/qr/:token', (c) => show(c, c.req.param('token')));
  cashier.get('/cashier/:token', (c) => show(c, c.req.param('token')));
  cashier.post('/cashier/:token/pay', (c) => act(c, context, (trade) => desk.pay(trade)));
  cashier.post('/cashier/:token/decline', async (c) => {
    const reason = String((await c.req.parseBody()).reason) as DeclineReason;
    if (!DECLINE_REASONS.includes(reason)) return show(c, c.req.param('token'));
    return act(c, context, (trade) => desk.decline(trade, reason));
  });
  return cashier;
}

/** Does what a button says and shows the trade again, with the refusal if there was one. */
async function act(
  c: Context,
  context: CashierContext,
  action: (trade: Trade) => Promise<void>,
): Promise<Response> {
  const token = c.req.param('token') ?? '';
  const trade = context.books.findByToken(token);
  try {
    if (trade) await action(trade);
  } catch (error) {
    if (!trade || !(error instanceof Refusal)) throw error;
    return c.html(view(context, trade, token, `${error.message} · ${error.code}`), 409);
  }
  return c.redirect(`/wechatpay/cashier/${token}`, 303);
}

const card = (body: string): string => `<section class="card">${body}</section>`;

function view({ app }: CashierContext, trade: Trade, token: string, problem?: string): string {
  const rows = [
    ['商户号 Merchant', app.mchId],
    ['商户订单号 Order', trade.outTradeNo],
    ['微信订单号 Trade', trade.paid?.tradeNo ?? '—'],
    ['截止 Pay before', `${beijing(trade.expiresMs)} (北京时间)`],
  ];
  const list = rows.map(([name, value]) => `<dt>${name}</dt><dd>${escapeHtml(value ?? '')}</dd>`).join('');
  const body = `<div class="center"><div>${escapeHtml(trade.description)}</div>
<div class="amount">¥${yuan(trade.paid?.fen ?? trade.totalFen)}</div></div>
<dl>${list}</dl>`;
  return renderPage('微信支付 WeChat Pay', banner(trade, problem) + card(body) + buttons(trade, token));
}

function banner(trade: Trade, problem?: string): string {
  const bad = (text: string) => `<p class="notice bad" role="alert">${escapeHtml(text)}</p>`;
  if (problem) return bad(problem);
  if (trade.paid) {
    const back = refundedFen(trade);
    const refunded = back > 0 ? `，已退款 Refunded ¥${yuan(back)}` : '';
    return `<p class="notice good" role="status">支付成功 Paid${refunded}</p>`;
  }
  if (stateOf(trade) === 'CLOSED') return bad('订单已关闭 This order is closed');
  const last = trade.declines.at(-1);
  return last ? bad(`支付失败：${DECLINE_TEXTS[last.reason].zh} · ${DECLINE_TEXTS[last.reason].en}`) : '';
}

/** Shown for a closed trade too: whether late money is taken is decided when it comes. */
function buttons(trade: Trade, token: string): string {
  if (trade.paid) return '';
  const reasons = DECLINE_REASONS.map(
    (reason) =>
      `<button name="reason" value="${reason}">${DECLINE_TEXTS[reason].zh}<br><span class="soft">${DECLINE_TEXTS[reason].en}</span></button>`,
  );
  const action = `/wechatpay/cashier/${token}`;
  return card(`<form method="post" action="${action}/pay"><button class="primary">支付 Pay ¥${yuan(trade.totalFen)}</button></form>
<p class="soft">或让支付失败 · or let the payment fail:</p>
<form method="post" action="${action}/decline" class="grid">${reasons.join('')}</form>`);
}
