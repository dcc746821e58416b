import { type Context, Hono } from 'hono';
import { Refusal } from '../shared/control.ts';
import { escapeHtml, renderPage } from '../shared/page.ts';
import type { Books } from './books.ts';
import { TEST_CARDS } from './cards.ts';
import type { Desk } from './desk.ts';
import { Failure } from './failure.ts';
import { heldFen, type Intent, statusOf, tradeNameOf } from './intent.ts';

export interface CashierContext {
  books: Books;
  desk: Desk;
  onFile: () => Promise<void>;
}

/**
 * The provider's own form, which in a shop's page is Stripe.js: the buyer chooses a card, and the bank may ask for a
 * code. A client secret is all it needs; no card number is typed, for only named test cards exist.
 */
export function createCashier(context: CashierContext): Hono {
  const cashier = new Hono();
  cashier.get('/pay/:secret', (c) => {
    const intent = context.books.findBySecret(c.req.param('secret'));
    return intent ? c.html(view(intent)) : unknown(c);
  });
  cashier.post('/pay/:secret/confirm', (c) =>
    act(context, c, (intent, form) => {
      const card = TEST_CARDS.get(form.payment_method ?? '');
      if (card) context.desk.confirm(intent, card);
    }),
  );
  cashier.post('/pay/:secret/authenticate', (c) =>
    act(context, c, (intent, form) => context.desk.authenticate(intent, form.code ?? '')),
  );
  return cashier;
}

/** Does what the form says and shows what came of it. */
async function act(
  { books, onFile }: CashierContext,
  c: Context,
  perform: (intent: Intent, form: Record<string, string | undefined>) => void,
): Promise<Response> {
  const intent = books.findBySecret(c.req.param('secret') ?? '');
  if (!intent) return unknown(c);
  const form = Object.fromEntries(new URLSearchParams(await c.req.text()));
  try {
    perform(intent, form);
  } catch (error) {
    if (error instanceof Refusal || (error instanceof Failure && error.status !== 402))
      return c.html(view(intent, error.message), 409);
    // A declined card is a state of the payment like any other.
    if (!(error instanceof Failure)) throw error;
  }
  await onFile();
  return c.redirect(`/stripe/pay/${intent.clientSecret}`, 303);
}

function unknown(c: Context): Response | Promise<Response> {
  return c.html(
    renderPage(
      '未找到 Not found',
      card('<p class="notice bad" role="alert">没有这笔付款 · No such payment</p>'),
    ),
    404,
  );
}

const card = (body: string): string => `<section class="card">${body}</section>`;
const yuan = (fen: number): string => (fen / 100).toFixed(2);

function view(intent: Intent, problem?: string): string {
  const rows = [
    ['商户订单号 Order', tradeNameOf(intent)],
    ['交易号 Payment', intent.id],
  ];
  const details = rows.map(([name, value]) => `<dt>${name}</dt><dd>${escapeHtml(value ?? '')}</dd>`).join('');
  const body = `<div class="center"><div>${escapeHtml(intent.description ?? '')}</div>
<div class="amount">¥${yuan(intent.paid?.fen ?? intent.amountFen)}</div></div><dl>${details}</dl>`;
  return renderPage('银行卡支付 Card payment', banner(intent, problem) + card(body) + forms(intent));
}

function banner(intent: Intent, problem?: string): string {
  const bad = (text: string) => `<p class="notice bad" role="alert">${escapeHtml(text)}</p>`;
  if (problem !== undefined) return bad(problem);
  const status = statusOf(intent);
  if (intent.paid) {
    const refunded = heldFen(intent) === intent.paid.fen ? '，已全额退款 Fully refunded' : '';
    return `<p class="notice good" role="status">支付成功，可以关闭本页 · Paid, you may close this page${refunded}</p>`;
  }
  if (status === 'canceled') return bad('付款已取消 · This payment was canceled');
  const last = intent.declines.at(-1);
  return last && status === 'requires_payment_method' ? bad(`支付失败 Declined: ${last.message}`) : '';
}

/** Shown for a canceled intent too: whether late money is taken is decided when it comes. */
function forms(intent: Intent): string {
  if (intent.paid) return '';
  const action = `/stripe/pay/${intent.clientSecret}`;
  if (intent.challenge) return challenge(action, intent.challenge.card.last4);
  const buttons = [...TEST_CARDS].map(
    ([
      id,
      {
        outcome,
        label,
        card: { brand, last4 },
      },
    ]) => {
      const style = outcome === 'pays' ? ' class="primary"' : '';
      return `<button${style} name="payment_method" value="${id}">${label.zh} ${label.en}<br><small>${brand} •••• ${last4}</small></button>`;
    },
  );
  return card(`<p class="soft">选择一张测试卡 · Choose a test card</p>
<form method="post" action="${action}/confirm" class="grid">${buttons.join('')}</form>`);
}

function challenge(action: string, last4: string): string {
  return card(`<h1>银行验证 · Your bank asks for a code</h1>
<p class="soft">短信验证码已发送到卡 •••• ${last4} 预留的手机。 · A code was sent to the phone of the card. (123456)</p>
<form method="post" action="${action}/authenticate">
<p><label>验证码 Code <input name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="6" required></label></p>
<button class="primary">确认 Confirm</button></form>
<form method="post" action="${action}/authenticate"><p><button name="code" value="">取消验证 Cancel</button></p></form>`);
}
