import type { orders } from '../../db/schema/index.ts';
import { sumFen } from '../../domain/money.ts';
import type { OrderLine, OrderNode } from '../../domain/order/node.ts';

type Row = typeof orders.$inferInsert;

/** The row of a new node (SB-4): itself, and what of its snapshot the steps do not look at. */
export function orderRow(
  node: OrderNode,
  snapshot: Pick<Row, 'priceSteps' | 'region' | 'sealedContact' | 'quoteId'> & {
    lines: readonly OrderLine[];
  },
): Row {
  const { lines: _lines, couponIds, ...columns } = node;
  const { lines, ...rest } = snapshot;
  return {
    ...columns,
    ...rest,
    couponIds: [...couponIds],
    splitRule: node.kind === 'child' ? 'shop' : null,
    goodsFen: sumFen(lines.map((line) => line.goodsFen)),
    attempts: 0,
    ...(node.state === 'awaiting_payment' ? {} : { paidAt: node.createdAt }),
  };
}
