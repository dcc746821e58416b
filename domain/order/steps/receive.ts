import { receiptVoucher } from '../../ledger/vouchers.ts';
import { earnedBy, settlementLines, sumsOf } from '../earned.ts';
import { earnPoints } from '../earned-points.ts';
import { accept, change, type Decision, noEffects, refuse } from '../effects.ts';
import type { Contract, OrderNode } from '../node.ts';
import { isPossible } from '../states.ts';
import { endRequest } from './conclude-cancel.ts';

export interface ReceiveInput {
  leaf: OrderNode;
  contract: Contract;
  /** Points that its shop gives per whole yuan (CK-12). */
  earnRate: number;
  by: 'buyer' | 'auto';
  operator: string;
  at: Date;
}

/**
 * The goods are received, by the buyer's word (ST-4) or by the clock (ST-3): the deal is done, the merchant's share
 * becomes payable and due N days later by contract (ST-5), and the buyer earns points (CK-12). Refused while a hold is
 * open, whoever asks.
 */
export function receive({ leaf, contract, earnRate, by, operator, at }: ReceiveInput): Decision {
  if (!isPossible('receive', leaf.state)) return refuse('not_awaiting_receipt', leaf.state);
  if (leaf.holds > 0) return refuse('held', leaf.state);
  if (by === 'auto' && leaf.autoReceiptAt !== null && at < leaf.autoReceiptAt)
    return refuse('auto_receipt_not_due', leaf.state);
  const { merchantId } = leaf;
  if (merchantId === null) throw new Error(`${leaf.orderNo} is not a leaf`);
  const effects = noEffects();
  effects.nodes.push(
    change(leaf, 'receive', 'completed', {
      ...endRequest(effects, leaf),
      earnRate,
      endedAt: at,
      endReason: by === 'auto' ? 'auto_receipt' : 'received',
    }),
  );
  const { orderNo, rootNo } = leaf;
  const lines = earnedBy(leaf, contract);
  effects.vouchers.push(receiptVoucher({ orderNo, rootNo, operator, at }, { merchantId, ...sumsOf(lines) }));
  effects.settlementLines.push(...settlementLines(leaf, lines, { contract, at, seq: 0 }));
  const pointsEarned = earnPoints(effects, { ...leaf, earnRate }, { operator, at });
  effects.notices.push(
    { orderNo, event: 'completed', recipient: `buyer:${leaf.buyerId}`, params: { by, pointsEarned } },
    { orderNo, event: 'completed', recipient: `merchant:${merchantId}`, params: { by } },
  );
  return accept(effects);
}
