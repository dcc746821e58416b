import { type Context, Hono } from 'hono';
import { Refusal } from '../shared/control.ts';
import { escapeHtml, renderPage } from '../shared/page.ts';
import type { Books } from './books.ts';
import { carrierName } from './carriers.ts';
import type { Desk } from './desk.ts';
import { type DeliveryOrder, type End, ended, parcelsOf, STAGES, type Stage, stagesAhead } from './order.ts';
import { beijing } from './wire.ts';

const TITLE = '仓库 WMS';
const SHOWN = 50;

const STAGE_NAMES: Record<Stage | End, string> = {
  accepted: '已接单 Accepted',
  picking: '拣货中 Picking',
  checked: '已复核 Checked',
  packed: '已打包 Packed',
  weighed: '已称重 Weighed',
  handed_over: '已出库 Handed over',
  exception: '异常 Exception',
  refused: '已拒单 Refused',
  cancelled: '已取消 Cancelled',
  closed: '已关闭 Closed',
};

/** The warehouse as its staff sees it: the latest delivery orders, and each with what can be done next. */
export function createPages({ books, desk }: { books: Books; desk: Desk }): Hono {
  const pages = new Hono();
  pages.get('/', (c) => c.html(index([...books.all()].slice(-SHOWN).reverse())));
  pages.get('/orders/:no', (c) => {
    const order = books.find(c.req.param('no'));
    return order ? c.html(view(order)) : unknown(c);
  });
  pages.post('/orders/:no/advance', async (c) => {
    const to = String((await c.req.parseBody()).to) as Stage;
    return act(c, books, (order) => desk.advance(order, STAGES.includes(to) ? to : undefined));
  });
  pages.post('/orders/:no/exception', (c) => act(c, books, (order) => desk.report(order, 'EXCEPTION')));
  return pages;
}

/** Does what a button says and shows the order again, with the refusal if there was one. */
async function act(
  c: Context,
  books: Books,
  action: (order: DeliveryOrder) => Promise<void>,
): Promise<Response> {
  const order = books.find(c.req.param('no') ?? '');
  if (!order) return unknown(c);
  try {
    await action(order);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return c.html(view(order, error.message), 409);
  }
  return c.redirect(pathOf(order), 303);
}

const card = (body: string): string => `<section class="card">${body}</section>`;
const bad = (text: string): string => `<p class="notice bad" role="alert">${escapeHtml(text)}</p>`;

function unknown(c: Context): Response | Promise<Response> {
  return c.html(renderPage(TITLE, card(bad('没有这个出库单 Unknown delivery order'))), 404);
}

const pathOf = ({ shipmentNo }: DeliveryOrder): string => `/qimen/orders/${encodeURIComponent(shipmentNo)}`;

function index(orders: readonly DeliveryOrder[]): string {
  const rows = orders.map(
    (order) => `<tr><td><a href="${escapeHtml(pathOf(order))}">${escapeHtml(order.shipmentNo)}</a></td>
<td>${escapeHtml(order.warehouseCode)}</td><td>${STAGE_NAMES[order.stage]}</td>
<td>${beijing(order.createdMs)}</td></tr>`,
  );
  const empty = '<tr><td colspan="4" class="soft">还没有出库单 No delivery orders yet</td></tr>';
  return renderPage(
    TITLE,
    card(`<h1>${TITLE} · Qimen</h1><div class="scroll"><table>
<thead><tr><th>出库单 Order</th><th>仓库 Warehouse</th><th>状态 Stage</th><th>创建 Created</th></tr></thead>
<tbody>${rows.join('') || empty}</tbody></table></div>`),
    true,
  );
}

function view(order: DeliveryOrder, problem?: string): string {
  const { receiver } = order;
  const rows = [
    ['仓库单号 Warehouse no.', order.warehouseOrderId],
    ['仓库 Warehouse', order.warehouseCode],
    ['收件人 Receiver', `${receiver.name} ${receiver.mobile}`],
    ['地址 Address', [receiver.province, receiver.city, receiver.area, receiver.detailAddress].join(' ')],
    ...order.lines.map((line) => [`${line.itemName} (${line.itemCode})`, `× ${line.quantity}`]),
    ...parcelsOf(order).map((parcel) => [
      carrierName(parcel.logisticsCode),
      `${parcel.trackingNo} · ${parcel.weightGrams} g`,
    ]),
    ['备注 Remark', order.remark || '—'],
  ];
  const list = rows.map(
    ([name, value]) => `<dt>${escapeHtml(name ?? '')}</dt><dd>${escapeHtml(value ?? '')}</dd>`,
  );
  const head = `<div class="center"><div>${escapeHtml(order.shipmentNo)}</div>
<div class="amount">${STAGE_NAMES[order.stage]}</div></div>`;
  const notice = problem === undefined ? '' : bad(problem);
  return renderPage(TITLE, notice + card(`${head}<dl>${list.join('')}</dl>`) + buttons(order));
}

function buttons(order: DeliveryOrder): string {
  if (ended(order)) return '';
  const action = escapeHtml(pathOf(order));
  const ahead = stagesAhead(order).map(
    (stage, position) =>
      `<button name="to" value="${stage}"${position === 0 ? ' class="primary"' : ''}>${STAGE_NAMES[stage]}</button>`,
  );
  return card(`<form method="post" action="${action}/advance" class="grid">${ahead.join('')}</form>
<p class="soft">或报告异常 · or report an exception:</p>
<form method="post" action="${action}/exception"><button>${STAGE_NAMES.exception}</button></form>`);
}
