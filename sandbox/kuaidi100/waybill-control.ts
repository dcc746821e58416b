import { Hono } from 'hono';
import { iso, listing, page } from '../shared/control.ts';
import { labelPath, type Waybill, type WaybillBooks } from './waybill.ts';

/** The waybills in the control API: a listing, and one by its order number, the latest where there are several. */
export function createWaybillControl(books: WaybillBooks): Hono {
  return new Hono()
    .get('/', (c) => {
      const { trades: waybills, nextCursor } = page(books.all(), listing.parse(c.req.query()), view);
      return c.json({ waybills, nextCursor });
    })
    .get('/:orderId', (c) => {
      const waybill = books.byOrder(c.req.param('orderId'));
      if (waybill) return c.json(view(waybill));
      return c.json({ error: 'unknown_waybill', message: 'No waybill was ordered with this number.' }, 404);
    });
}

function view(waybill: Waybill): object {
  const { labelId: _labelId, createdMs, updatedMs, cancelledMs, ...shown } = waybill;
  return {
    ...shown,
    labelPath: labelPath(waybill),
    cancelledAt: iso(cancelledMs),
    createdAt: iso(createdMs),
    updatedAt: iso(updatedMs),
  };
}
