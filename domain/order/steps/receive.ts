import { receiptVoucher } from '../../ledger/vouchers.ts';
import type { Fen } from '../../money.ts';
import { accept, change, type Decision, type NewSettlementLine, noEffects, refuse } from '../effects.ts';
import type { Contract, OrderLine, OrderNode } from '../node.ts';
import { isPossible } from '../states.ts';

export interface ReceiveInput {
  leaf: OrderNode;
  contract: Contract;
  by: 'buyer' | 'auto';
  operator: string;
  at: Date;
}

/**
 * The goods are received, by the buyer's word (ST-4) or by the clock (ST-3): the deal is done, the merchant's share
 * becomes payable and due N days later by contract (ST-5). Refused while a hold is open, whoever asks.
 */
export function receive({ leaf, contract, by, operator, at }: ReceiveInput): Decision {
  if (!isPossible('receive', leaf.state)) return refuse('not_awaiting_receipt', leaf.state);
  if (leaf.holds > 0) return refuse('held', leaf.state);
  if (by === 'auto' && leaf.autoReceiptAt !== null && at < leaf.autoReceiptAt)
    return refuse('auto_receipt_not_due', leaf.state);
  const { merchantId } = leaf;
  if (merchantId === null) throw new Error(`${leaf.orderNo} is not a leaf`);
  const effects = noEffects();
  effects.nodes.push(
    change(leaf, 'receive', 'completed', {
      endedAt: at,
      endReason: by === 'auto' ? 'auto_receipt' : 'received',
    }),
  );
  const { orderNo, rootNo, payableFen, pointsFen } = leaf;
  const platformDiscountFen = leaf.discountFen - leaf.shopDiscountFen;
  effects.vouchers.push(
    receiptVoucher(
      { orderNo, rootNo, operator, at },
      { payableFen, pointsFen, merchantId, platformDiscountFen },
    ),
  );
  effects.settlementLines.push(
    ...leaf.lines.map((line) => settlementLine(leaf, merchantId, line, contract, at)),
  );
  effects.notices.push(
    { orderNo, event: 'completed', recipient: `buyer:${leaf.buyerId}`, params: { by } },
    { orderNo, event: 'completed', recipient: `merchant:${merchantId}`, params: { by } },
  );
  return accept(effects);
}

/** What a received line brings its merchant (decision 31), due after the contract's period. */
function settlementLine(
  leaf: OrderNode,
  merchantId: string,
  line: OrderLine,
  contract: Contract,
  at: Date,
): NewSettlementLine {
  const commissionFen = commissionOf(line, contract);
  const baseFen = line.goodsFen - line.shopDiscountFen + line.freightFen;
  const dueAt = new Date(at.getTime() + contract.settleAfterSeconds * 1000);
  return {
    orderNo: leaf.orderNo,
    lineNo: line.lineNo,
    merchantId,
    dueAt,
    baseFen,
    commissionFen,
    netFen: baseFen - commissionFen,
  };
}

/** Category rate × (goods − shop-borne discounts), half up, freight excluded (decision 31). */
export function commissionOf(
  line: Pick<OrderLine, 'category' | 'goodsFen' | 'shopDiscountFen'>,
  contract: Contract,
): Fen {
  const bps = BigInt(contract.commissionBps[line.category] ?? contract.commissionBps.default);
  return ((line.goodsFen - line.shopDiscountFen) * bps + 5_000n) / 10_000n;
}
