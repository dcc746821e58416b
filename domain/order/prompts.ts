import type { ParcelState } from '../logistics/tracks.ts';
import { STATE_WORDS } from '../logistics/words.ts';
import { type Fen, formatYuan } from '../money.ts';
import type { OrderState, ReviewState } from './states.ts';

export interface Prompt {
  zh: string;
  en: string;
}

export interface PromptSubject {
  state: OrderState;
  payableFen: Fen;
  review: ReviewState;
  reviewReason: string | null;
  secondsLeft: number | null;
  /** Until when the shop promised to ship (FU-7); null before payment. */
  shipBy: Date | null;
  /** The provider's words for the newest attempt's failure, where it gave any (PY-4). */
  lastFailure: Prompt | null;
  autoReceiptAt: Date | null;
  held: boolean;
  shipments: readonly {
    carrier: string;
    trackingNo: string;
    trackState: ParcelState;
    lastEventText: string | null;
  }[];
  endReason: string | null;
  refunds: readonly { amountFen: Fen; state: string }[];
  settlementDueAt: Date | null;
}

/** What an order in this state says to its buyer (NT-1). */
export function promptOf(order: PromptSubject): Prompt {
  switch (order.state) {
    case 'awaiting_payment':
      return awaitingPayment(order);
    case 'awaiting_shipment':
      return awaitingShipment(order);
    case 'awaiting_receipt':
      return awaitingReceipt(order);
    case 'completed':
      return {
        zh: '交易成功。可以在订单中查看交易记录。',
        en: 'Completed. The record of the deal is with the order.',
      };
    case 'cancelled':
    case 'closed':
      return ended(order);
  }
}

/** What it says to its merchant where that differs (NT-1: review, settlement). */
export function merchantPromptOf(order: PromptSubject): Prompt {
  if (order.state === 'awaiting_shipment' && order.review !== 'confirmed') {
    return {
      zh: '已付款，请核对商品与地址后确认订单。',
      en: 'Paid. Check items and address, then confirm the order.',
    };
  }
  if (order.state === 'awaiting_shipment')
    return {
      zh: '请备货，发货后填写快递单号。',
      en: 'Pack the goods; once handed over, enter carrier and tracking number.',
    };
  if (order.state === 'completed' && order.settlementDueAt) {
    const due = beijing(order.settlementDueAt);
    return {
      zh: `交易完成，货款将于 ${due} 起结算，可查看结算清单。`,
      en: `Completed. Settlement is due from ${due} (Beijing time); see the settlement list.`,
    };
  }
  return promptOf(order);
}

function awaitingPayment({ payableFen, secondsLeft, lastFailure }: PromptSubject): Prompt {
  const amount = formatYuan(payableFen);
  const left = Math.max(0, secondsLeft ?? 0);
  const prompt = {
    zh: `请在 ${duration(left, 'zh')}内支付 ¥${amount}，超时订单将自动取消。`,
    en: `Pay CNY ${amount} within ${duration(left, 'en')}; after that the order is cancelled.`,
  };
  if (!lastFailure) return prompt;
  return {
    zh: `支付未成功：${lastFailure.zh}${prompt.zh}`,
    en: `The payment did not go through. ${lastFailure.en} ${prompt.en}`,
  };
}

function awaitingShipment({ review, reviewReason, shipBy }: PromptSubject): Prompt {
  if (review === 'held') {
    return {
      zh: `商家暂缓发货：${reviewReason}。`,
      en: `The merchant put the order on hold: ${reviewReason}.`,
    };
  }
  if (review === 'correction_asked') {
    return {
      zh: `商家请您更正订单信息：${reviewReason}。请联系商家。`,
      en: `The merchant asks for a correction: ${reviewReason}. Please contact the merchant.`,
    };
  }
  const estimate = shipBy
    ? { zh: `预计 ${beijing(shipBy)} 前发货。`, en: `It should ship by ${beijing(shipBy)} (Beijing time).` }
    : { zh: '', en: '' };
  return review === 'pending'
    ? {
        zh: `已付款，等待商家确认订单。${estimate.zh}`,
        en: `Paid. Waiting for the merchant to confirm the order. ${estimate.en}`,
      }
    : {
        zh: `商家已确认，正在备货。${estimate.zh}`,
        en: `Confirmed. The merchant is preparing the goods. ${estimate.en}`,
      };
}

function awaitingReceipt({ shipments, held, autoReceiptAt }: PromptSubject): Prompt {
  const parcels = (language: 'zh' | 'en') =>
    shipments
      .map(({ carrier, trackingNo, trackState, lastEventText }) =>
        // The latest of its track (NT-1).
        [`${carrier} ${trackingNo}`, STATE_WORDS[trackState][language], lastEventText]
          .filter(Boolean)
          .join(' · '),
      )
      .join(language === 'zh' ? '；' : '; ');
  if (held)
    return {
      zh: `已发货（${parcels('zh')}）。售后处理中，自动确认收货已暂停。`,
      en: `Shipped (${parcels('en')}). A case is open; auto-receipt stands still.`,
    };
  const until = autoReceiptAt ? beijing(autoReceiptAt) : '';
  return {
    zh: `已发货（${parcels('zh')}）。收到商品后请确认收货，${until} 将自动确认。`,
    en: `Shipped (${parcels('en')}). Confirm when it has arrived; it counts as received at ${until} (Beijing time).`,
  };
}

const END_REASONS: Record<string, Prompt> = {
  payment_timeout: { zh: '超时未支付，订单已自动取消', en: 'not paid in time, cancelled' },
  buyer_request: { zh: '您已取消订单', en: 'cancelled at your request' },
  refunded: { zh: '订单已全额退款', en: 'refunded in full' },
  out_of_stock: {
    zh: '付款时库存已售罄，订单已取消',
    en: 'the stock was gone when the payment arrived, cancelled',
  },
};

/** Ended by a person with a reason of their own: that is shown as it is (ST-8). */
function endedBecause(endReason: string | null): Prompt {
  return endReason
    ? { zh: `订单已取消：${endReason}`, en: `cancelled: ${endReason}` }
    : { zh: '订单已取消', en: 'cancelled' };
}

function ended({ endReason, refunds }: PromptSubject): Prompt {
  const reason = END_REASONS[endReason ?? ''] ?? endedBecause(endReason);
  const done = refunds
    .filter((refund) => refund.state === 'succeeded')
    .reduce((sum, refund) => sum + refund.amountFen, 0n);
  const open = refunds
    .filter((refund) => refund.state !== 'succeeded')
    .reduce((sum, refund) => sum + refund.amountFen, 0n);
  const zh = [
    reason.zh,
    open > 0n ? `¥${formatYuan(open)} 退款处理中，将原路退回` : '',
    done > 0n ? `¥${formatYuan(done)} 已原路退回` : '',
  ];
  const en = [
    reason.en,
    open > 0n ? `CNY ${formatYuan(open)} is on its way back by the original route` : '',
    done > 0n ? `CNY ${formatYuan(done)} was refunded by the original route` : '',
  ];
  return { zh: `${zh.filter(Boolean).join('；')}。`, en: `${capital(en.filter(Boolean).join('; '))}.` };
}

function duration(seconds: number, language: 'zh' | 'en'): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = seconds % 60;
  const units = language === 'zh' ? ['小时', '分', '秒'] : [' h ', ' min ', ' s'];
  return `${hours ? hours + (units[0] as string) : ''}${hours || minutes ? minutes + (units[1] as string) : ''}${rest}${units[2]}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function beijing(at: Date): string {
  return new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');
}
