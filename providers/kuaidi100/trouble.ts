import type { TrackState, TrackTrouble } from '../tracking/port.ts';

/**
 * The codes that name a trouble. 202 (no news) and 208 (detained) do not: how long a parcel may stand still is for its
 * owner to judge.
 */
export const TROUBLE_CODES: Readonly<Record<string, TrackTrouble>> = {
  '201': 'failed_delivery',
  '204': 'failed_delivery',
  '205': 'failed_delivery',
  '206': 'failed_delivery',
  // Outside the carrier's area: the address has to change.
  '207': 'wrong_address',
  '209': 'damaged',
};

/** The words of carriers that name a trouble, the gravest first; Kuaidi100 has no code for a loss. */
const WORDS: readonly (readonly [RegExp, TrackTrouble])[] = [
  [/(?<!未|无|没有|未见)(丢失|遗失|丢件|灭失)/, 'lost'],
  [/(?<!未|无|没有|未见|无明显)(破损|破裂|损坏|损毁|浸湿)/, 'damaged'],
  [
    /地址(信息)?(不详|不清|不明|不全|不完整|不存在|不正确|错误|有误)|查无此(人|地|址)|超区|超出(派送|服务)范围/,
    'wrong_address',
  ],
  [
    /无人(?!机|车|柜|店|仓|驿站|配送|售)|联系不上|未联系上|无法联系|无法接通|无法接听|(派送|派件|投递|投妥|配送)(失败|不成功|未成功|异常)/,
    'failed_delivery',
  ],
];

/** A clause that advises or asks, instead of saying what happened. */
const ADVICE = /如|若|以免|避免|防止|谨防|是否|确保/;

/** While the parcel is on its way; what is said when it is signed or back is no trouble any more. */
const UNDER_WAY: ReadonlySet<TrackState> = new Set<TrackState>([
  'in_transit',
  'delivering',
  'difficult',
  'forwarded',
  'refused',
  'returning',
]);

/** What went wrong by an event: its words, which are more exact, and otherwise its code (LG-2). */
export function troubleOf(code: string | null, state: TrackState, text: string): TrackTrouble | null {
  if (!UNDER_WAY.has(state)) return null;
  const told = text
    .split(/[，。；！？,;!?]/)
    .filter((clause) => !ADVICE.test(clause))
    .join('，');
  const byWords = WORDS.find(([words]) => words.test(told))?.[1];
  const byCode = code !== null && Object.hasOwn(TROUBLE_CODES, code) ? TROUBLE_CODES[code] : undefined;
  return byWords ?? byCode ?? null;
}
