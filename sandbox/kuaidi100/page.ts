import { Hono } from 'hono';
import { escapeHtml, renderPage } from '../shared/page.ts';
import type { Books } from './books.ts';
import { nameOf } from './codes.ts';
import { CARRIERS, type Parcel, pagePath } from './parcel.ts';
import { labelPath, type Waybill, type WaybillBooks } from './waybill.ts';
import { beijing } from './wire.ts';

const SHOWN = 50;

/** What a person sees: the latest parcels and waybills, and each parcel with its events, newest first. */
export function createPages(books: Books, waybills: WaybillBooks): Hono {
  const pages = new Hono();
  pages.get('/', (c) => c.html(index(latest(books.all()), latest(waybills.all()))));
  pages.get('/parcel/:carrier/:no', (c) => {
    const parcel = books.find(c.req.param('carrier'), c.req.param('no'));
    if (parcel) return c.html(view(parcel));
    const problem = '<section class="card"><p class="notice bad">查无此单 · Unknown parcel</p></section>';
    return c.html(renderPage('未找到', problem), 404);
  });
  return pages;
}

function latest<Row>(rows: Iterable<Row>): Row[] {
  return [...rows].slice(-SHOWN).reverse();
}

function index(parcels: readonly Parcel[], waybills: readonly Waybill[]): string {
  const rows = parcels.map(
    (parcel) => `<tr><td>${CARRIERS[parcel.carrier]}</td>
<td><a href="${escapeHtml(pagePath(parcel))}">${escapeHtml(parcel.trackingNo)}</a></td>
<td>${escapeHtml(statusName(parcel))}</td><td>${beijing(parcel.createdMs)}</td></tr>`,
  );
  const empty = '<tr><td colspan="4" class="soft">还没有快件 · No parcels yet</td></tr>';
  const body = `<section class="card"><h1>快递 · Parcels</h1><div class="scroll"><table>
<thead><tr><th>快递公司 Carrier</th><th>运单号 Number</th><th>状态 Status</th><th>创建 Created</th></tr></thead>
<tbody>${rows.join('') || empty}</tbody></table></div></section>${waybillTable(waybills)}`;
  return renderPage('快递 Parcels', body, true);
}

function waybillTable(waybills: readonly Waybill[]): string {
  const rows = waybills.map(
    (waybill) => `<tr><td>${CARRIERS[waybill.carrier]}</td>
<td><a href="${labelPath(waybill)}">${escapeHtml(waybill.trackingNo)}</a></td>
<td>${escapeHtml(waybill.orderId)}</td><td>${waybill.cancelledMs === null ? '有效' : '已作废'}</td>
<td>${beijing(waybill.createdMs)}</td></tr>`,
  );
  const empty = '<tr><td colspan="5" class="soft">还没有面单 · No waybills yet</td></tr>';
  return `<section class="card"><h1>电子面单 · Waybills</h1><div class="scroll"><table>
<thead><tr><th>快递公司 Carrier</th><th>运单号 Number</th><th>订单号 Order</th><th>状态 Status</th><th>创建 Created</th></tr></thead>
<tbody>${rows.join('') || empty}</tbody></table></div></section>`;
}

/** The name of where it is. */
function statusName(parcel: Parcel): string {
  const newest = parcel.events.at(-1);
  return newest ? nameOf(newest.code, newest.state) : '待揽收';
}

function view(parcel: Parcel): string {
  const { carrier, trackingNo, events } = parcel;
  const rows = events
    .map(({ atMs, text, code, state }) => [beijing(atMs), nameOf(code, state), text])
    .reverse()
    .map((cells) => `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`);
  const empty = '<tr><td colspan="3" class="soft">暂无轨迹 · No events yet</td></tr>';
  const body = `<section class="card"><h1>${CARRIERS[carrier]} ${escapeHtml(trackingNo)}</h1>
<p class="notice good" role="status">${escapeHtml(statusName(parcel))}</p>
<div class="scroll"><table><thead><tr><th>北京时间 Time</th><th>状态 Status</th><th>轨迹 Event</th></tr></thead>
<tbody>${rows.join('') || empty}</tbody></table></div></section>`;
  return renderPage(`${CARRIERS[carrier]} ${trackingNo}`, body, true);
}
