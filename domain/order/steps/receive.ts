import { receiptVoucher } from '../../ledger/vouchers.ts';
import type { Fen } from '../../money.ts';
import { apportion } from '../../pricing/apportion.ts';
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
      { payableFen: payableFen - leaf.givenBackFen, pointsFen, merchantId, platformDiscountFen },
    ),
  );
  const givenBack = apportion(
    leaf.givenBackFen,
    leaf.lines.map((line) => line.payableFen),
    leaf.lines.map((line) => line.skuId),
  );
  effects.settlementLines.push(
    ...leaf.lines.map((line, index) =>
      settlementLine(leaf, { merchantId, line, givenBackFen: givenBack[index] ?? 0n, contract, at }),
    ),
  );
  effects.notices.push(
    { orderNo, event: 'completed', recipient: `buyer:${leaf.buyerId}`, params: { by } },
    { orderNo, event: 'completed', recipient: `merchant:${merchantId}`, params: { by } },
  );
  return accept(effects);
}

/**
 * What a received line brings its merchant (decision 31), due after the contract's period. What was given back before
 * is the merchant's loss, and no commission is taken of it.
 */
function settlementLine(
  leaf: OrderNode,
  deal: { merchantId: string; line: OrderLine; givenBackFen: Fen; contract: Contract; at: Date },
): NewSettlementLine {
  const { merchantId, line, givenBackFen, contract, at } = deal;
  const commissionFen = commissionOf(line, contract, givenBackFen);
  const baseFen = line.goodsFen - line.shopDiscountFen + line.freightFen - givenBackFen;
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

/** Category rate × (goods − shop-borne discounts − what was given back), half up, freight excluded (decision 31). */
export function commissionOf(
  line: Pick<OrderLine, 'category' | 'goodsFen' | 'shopDiscountFen'>,
  contract: Contract,
  givenBackFen: Fen = 0n,
): Fen {
  const bps = BigInt(contract.commissionBps[line.category] ?? contract.commissionBps.default);
  const base = line.goodsFen - line.shopDiscountFen - givenBackFen;
  return base > 0n ? (base * bps + 5_000n) / 10_000n : 0n;
}
