import { type Fen, formatYuan } from '../money.ts';
import type { Coupon, CouponBenefit, NotApplied, Promotion } from './types.ts';

type Reason = NotApplied['reason'];
type Message = NotApplied['message'];

const MESSAGES: Record<Exclude<Reason, 'below_threshold'>, Message> = {
  not_in_scope: { zh: '所选商品不在适用范围内', en: 'None of the items is in its scope' },
  not_valid_yet: { zh: '尚未到可用时间', en: 'Not valid yet' },
  expired: { zh: '已过期', en: 'Expired' },
  another_saves_more: { zh: '这些商品已享受更优惠的活动', en: 'Another promotion saves more on these items' },
  another_coupon_used: { zh: '这些商品已使用另一张优惠券', en: 'Another coupon is used on these items' },
  nothing_left: { zh: '使用后不会再减少应付金额', en: 'It would not lower the price any further' },
};

/** Why a promotion does not apply; below its threshold also the tier next in reach and how much is missing (CK-10). */
export function promotionNotApplied(
  { promotionId: sourceId, name }: Promotion,
  reason: Reason,
  tier: { thresholdFen: Fen; saveFen: Fen; baseFen: Fen } | null = null,
): NotApplied {
  const source = { kind: 'promotion', sourceId, name } as const;
  if (reason !== 'below_threshold') return { ...source, reason, missingFen: null, message: MESSAGES[reason] };
  if (!tier) throw new TypeError('a threshold that is not reached needs its tier');
  const missingFen = tier.thresholdFen - tier.baseFen;
  return { ...source, reason, missingFen, message: missingMessage(missingFen, saving(tier.saveFen)) };
}

/** Why a coupon does not apply; below its threshold also how much is missing of `baseFen` (CK-10). */
export function couponNotApplied(coupon: Coupon, reason: Reason, baseFen: Fen): NotApplied {
  const source = { kind: 'coupon', sourceId: coupon.couponId, name: coupon.name } as const;
  if (reason !== 'below_threshold') return { ...source, reason, missingFen: null, message: MESSAGES[reason] };
  const missingFen = coupon.thresholdFen - baseFen;
  return { ...source, reason, missingFen, message: missingMessage(missingFen, benefitText(coupon.benefit)) };
}

function missingMessage(missingFen: Fen, benefit: Message): Message {
  const missing = formatYuan(missingFen);
  return { zh: `再买 ${missing} 元，${benefit.zh}`, en: `CNY ${missing} more to ${benefit.en}` };
}

function benefitText(benefit: CouponBenefit): Message {
  if (benefit.kind === 'fixed') return saving(benefit.saveFen);
  const cap = formatYuan(benefit.capFen);
  return {
    zh: `可减 ${benefit.percentOff}%（最多减 ${cap} 元）`,
    en: `save ${benefit.percentOff}% (up to CNY ${cap})`,
  };
}

function saving(saveFen: Fen): Message {
  return { zh: `立减 ${formatYuan(saveFen)} 元`, en: `save CNY ${formatYuan(saveFen)}` };
}
