import { z } from 'zod';
import { type Endpoint, endpoint, existing, pageOf } from './endpoint.ts';
import { missing } from './failure.ts';
import { tradeNameOf } from './intent.ts';
import { list, refundObject } from './objects.ts';
import { amount, metadata, paging } from './params.ts';

const toCreate = z.strictObject({
  payment_intent: z.string(),
  amount: amount.optional(),
  metadata: metadata.default({}),
  reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
});
const toList = z.strictObject({ payment_intent: z.string(), ...paging });

/** https://docs.stripe.com/api/refunds. */
export const REFUND_ENDPOINTS: readonly Endpoint[] = [
  endpoint(
    { method: 'POST', path: '/v1/refunds', operation: 'refund' },
    toCreate,
    ({ books, desk }, { payment_intent: id, amount: fen, metadata: pairs, reason = null }) => {
      const intent = existing(books, id, 'payment_intent');
      return { tradeName: tradeNameOf(intent), body: desk.refund(intent, { fen, metadata: pairs, reason }) };
    },
  ),
  endpoint(
    { method: 'GET', path: '/v1/refunds', operation: 'listRefunds' },
    toList,
    ({ books }, { payment_intent: id, ...asked }) => {
      const intent = existing(books, id, 'payment_intent');
      const { items, hasMore } = pageOf([...intent.refunds].reverse(), asked, 'refund');
      const objects = items.map((refund) => refundObject(intent, refund));
      return { tradeName: tradeNameOf(intent), body: list('/v1/refunds', objects, hasMore) };
    },
  ),
  endpoint(
    { method: 'GET', path: '/v1/refunds/:id', operation: null },
    z.strictObject({}),
    ({ books }, _params, id) => {
      const intent = books.findByRefund(id);
      const refund = intent?.refunds.find((one) => one.id === id);
      if (!intent || !refund) throw missing('refund', id, 'id');
      return { tradeName: tradeNameOf(intent), body: refundObject(intent, refund) };
    },
  ),
];
