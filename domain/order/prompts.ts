import type { ShipmentStage } from '../fulfilment/stages.ts';
import { CANCELLATION_WORDS, STAGE_WORDS } from '../fulfilment/words.ts';
import type { ParcelState } from '../logistics/tracks.ts';
import { STATE_WORDS } from '../logistics/words.ts';
import { type Fen, formatYuan } from '../money.ts';
import { beijing, capital, duration, joined, NOTHING, type Prompt } from './sentences.ts';
import type { OrderState, ReviewState } from './states.ts';

export interface PromptSubject {
  state: OrderState;
  payableFen: Fen;
  review: ReviewState;
  reviewReason: string | null;
  secondsLeft: number | null;
  /** Until when the shop promised to ship (FU-7); null before payment. */
  shipBy: Date | null;
  /** The promise to ship that was broken (FU-7), and whether the review waits too long (FU-1). */
  overdueSince: Date | null;
  reviewOverdue: boolean;
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
  /** What a warehouse is working on (FU-2). */
  inWarehouse: readonly { stage: ShipmentStage }[];
  /** A request to cancel it is open (CN-2). */
  isStopping: boolean;
  /** A cancel was refused, and its buyer has not chosen yet (CN-6). */
  mayChoose: boolean;
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
      return joined(choosing(order), awaitingShipment(order));
    case 'awaiting_receipt':
      return joined(choosing(order), awaitingReceipt(order));
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
    const rule = REVIEW_RULES[order.reviewReason ?? ''] ?? NOTHING;
    return joined(
      {
        zh: `已付款，${rule.zh}请核对商品与地址后确认订单。`,
        en: `Paid. ${rule.en}Check items and address, then confirm the order.`,
      },
      order.reviewOverdue ? { zh: '确认已超时，请尽快处理。', en: 'It has waited too long.' } : NOTHING,
      late(order, MERCHANT_ADVICE),
    );
  }
  if (order.state === 'awaiting_shipment' && order.isStopping)
    return {
      zh: '买家申请取消，出库已暂停。如已交给快递，请在时限内填写单号，否则将同意取消。',
      en: 'The buyer asks to cancel; outbound is paused. If it was handed over, enter the number in time, or it is agreed.',
    };
  if (order.state === 'awaiting_shipment' && order.inWarehouse.length > 0)
    return awaitingShipment(order, MERCHANT_ADVICE);
  if (order.state === 'awaiting_shipment')
    return joined(
      {
        zh: '请备货，发货后填写快递单号。',
        en: 'Pack the goods; once handed over, enter carrier and tracking number.',
      },
      late(order, MERCHANT_ADVICE),
    );
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

/** Why a rule sent an order to a person (FU-1). */
const REVIEW_RULES: Record<string, Prompt> = {
  rule_amount: { zh: '金额较大，', en: 'It is a large amount. ' },
  rule_new_buyer: { zh: '新买家首单，', en: 'It is the buyer’s first order. ' },
  rule_address: { zh: '收货地区需人工核对，', en: 'Its region is checked by hand. ' },
};

/** What to do about a broken promise to ship. */
const BUYER_ADVICE: Prompt = { zh: '可以催商家发货', en: 'you can urge the merchant' };
const MERCHANT_ADVICE: Prompt = { zh: '请尽快发货', en: 'ship it as soon as you can' };

/** That it should have been shipped by now (FU-7), with what to do; nothing where it is in time. */
function late({ overdueSince }: PromptSubject, advice: Prompt): Prompt {
  if (!overdueSince) return NOTHING;
  const promised = beijing(overdueSince);
  return {
    zh: `已超过承诺的发货时间 ${promised}，${advice.zh}。`,
    en: `It should have shipped by ${promised} (Beijing time); ${advice.en}.`,
  };
}

function awaitingShipment(order: PromptSubject, advice = BUYER_ADVICE): Prompt {
  const { review, reviewReason, shipBy, inWarehouse, shipments } = order;
  if (order.isStopping)
    return {
      zh: `取消申请处理中：${CANCELLATION_WORDS.asking.zh}。`,
      en: `Your request to cancel: ${CANCELLATION_WORDS.asking.en}.`,
    };
  if (review === 'held') {
    return joined(
      { zh: `商家暂缓发货：${reviewReason}。`, en: `The merchant put the order on hold: ${reviewReason}.` },
      late(order, advice),
    );
  }
  if (review === 'correction_asked') {
    return joined(
      {
        zh: `商家请您更正订单信息：${reviewReason}。请联系商家。`,
        en: `The merchant asks for a correction: ${reviewReason}. Please contact the merchant.`,
      },
      late(order, advice),
    );
  }
  const inTime = shipBy
    ? { zh: `预计 ${beijing(shipBy)} 前发货。`, en: `It should ship by ${beijing(shipBy)} (Beijing time).` }
    : NOTHING;
  const estimate = order.overdueSince ? late(order, advice) : inTime;
  const gone = shipments.length > 0;
  const [first] = inWarehouse;
  if (first || gone) {
    const words = first ? STAGE_WORDS[first.stage] : { zh: '商家备货中', en: 'being prepared' };
    return {
      zh: `${gone ? '部分商品已发货，其余' : ''}${words.zh}。${estimate.zh}`,
      en: `${capital(`${gone ? 'part of it has been shipped, the rest is: ' : ''}${words.en}`)}. ${estimate.en}`,
    };
  }
  return review === 'pending'
    ? joined(
        { zh: '已付款，等待商家确认订单。', en: 'Paid. Waiting for the merchant to confirm the order.' },
        order.reviewOverdue
          ? { zh: '商家确认超时，已提醒商家。', en: 'It takes too long; the merchant was reminded.' }
          : NOTHING,
        estimate,
      )
    : {
        zh: `商家已确认，正在备货。${estimate.zh}`,
        en: `Confirmed. The merchant is preparing the goods. ${estimate.en}`,
      };
}

/** A refused cancel leaves a choice (CN-6). */
function choosing({ mayChoose }: PromptSubject): Prompt {
  if (!mayChoose) return NOTHING;
  return {
    zh: '订单已经出库，未能取消。您可以保留订单，或在包裹退回后退款。',
    en: 'The order had left and was not cancelled. Keep it, or have it refunded once the parcel is back.',
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
