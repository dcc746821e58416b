import { randomBytes } from 'node:crypto';
import type { Database } from '../../db/client.ts';
import type { Considered } from '../../db/commands/run-step.ts';
import { type CaseRow, replacementFacts } from '../../db/queries/after-sales.ts';
import { contractsInForce } from '../../db/queries/order-nodes.ts';
import type { Replacement } from '../../domain/order/exchange.ts';
import type { OrderNode } from '../../domain/order/node.ts';
import { newOrderNo } from '../../domain/order/order-no.ts';
import { orderRow } from '../orders/order-row.ts';

/** What an exchange gives for what came back, and the rows of the order that it becomes (RT-8). */
export async function prepareReplacement(
  db: Database,
  { caseNo, orderNo, merchantId, lines }: CaseRow,
  at: Date,
): Promise<{ replacement: Replacement; rowsOf: (made: readonly OrderNode[]) => Considered['newOrders'] }> {
  const skuIds = [...new Set(lines.flatMap(({ wantSkuId }) => (wantSkuId === null ? [] : [wantSkuId])))];
  const [facts, contractOf] = await Promise.all([
    replacementFacts(db, { orderNo, skuIds }),
    contractsInForce(db, at, { merchantIds: [merchantId] }),
  ]);
  const { items, paymentTimeoutMs, region, sealedContact } = facts;
  return {
    replacement: {
      orderNo: newOrderNo(at, () => randomBytes(1)[0] as number),
      ...{ items, paymentTimeoutMs, contractId: contractOf(merchantId) },
    },
    // A case makes one order: its number stands where the quote's is, which is unique.
    rowsOf: (made) =>
      made.map((node) =>
        orderRow(node, { lines: node.lines, priceSteps: [], region, sealedContact, quoteId: caseNo }),
      ),
  };
}
