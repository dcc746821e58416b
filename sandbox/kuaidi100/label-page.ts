import { Hono } from 'hono';
import { escapeHtml, renderPage } from '../shared/page.ts';
import { CARRIERS } from './parcel.ts';
import type { Person, Waybill, WaybillBooks } from './waybill.ts';
import { beijing } from './wire.ts';

/** On paper there is the label alone, with its number in large. */
const STYLE = `<style>
.number { font: 650 2rem/1.2 ui-monospace, monospace; overflow-wrap: anywhere; }
@media print { body > header { display: none; } .card { border-color: #000; } }
</style>`;

/** `GET /label/{id}`: a label to print. It says so when its waybill is cancelled. */
export function createLabelPages(waybills: WaybillBooks): Hono {
  return new Hono().get('/label/:id', (c) => {
    // A cancelled label must not be printed from a copy.
    c.header('Cache-Control', 'no-store');
    const waybill = waybills.byLabel(c.req.param('id'));
    if (waybill) return c.html(view(waybill));
    const problem = '<section class="card"><p class="notice bad">查无此面单 · Unknown label</p></section>';
    return c.html(renderPage('未找到', problem), 404);
  });
}

function view(waybill: Waybill): string {
  const { carrier, trackingNo, sender, receiver, goods, weightKg, cancelledMs, createdMs, orderId } = waybill;
  const rows = [
    ['收件 To', personText(receiver)],
    ['寄件 From', personText(sender)],
    ['物品 Goods', goods],
    ['重量 Weight', weightKg === null ? '待称重' : `${weightKg} kg`],
    ['订单号 Order', orderId],
    ['下单 Issued', beijing(createdMs)],
  ] as const;
  const items = rows.map(([name, value]) => `<dt>${name}</dt><dd>${escapeHtml(value)}</dd>`);
  const cancelled = cancelledMs !== null && '<p class="notice bad" role="status">已作废 · Cancelled</p>';
  const body = `${STYLE}<section class="card">${cancelled || ''}<h1>${CARRIERS[carrier]}</h1>
<p class="number">${escapeHtml(trackingNo)}</p><dl>${items.join('')}</dl></section>`;
  return renderPage(`${CARRIERS[carrier]} ${trackingNo}`, body);
}

function personText({ name, phone, address }: Person): string {
  return `${name} ${phone} ${address}`;
}
