import type { TrackState } from '../tracking/port.ts';

interface Code {
  name: string;
  state: TrackState;
}

/** Kuaidi100's codes with their names: the ten basic states, and the finer ones of `resultv2` 4. */
export const CODES: Readonly<Record<string, Code>> = {
  '0': { name: '在途', state: 'in_transit' },
  '1001': { name: '到达派件城市', state: 'in_transit' },
  '1002': { name: '干线', state: 'in_transit' },
  '1003': { name: '转递', state: 'in_transit' },
  '1': { name: '揽收', state: 'collected' },
  '101': { name: '已下单', state: 'collected' },
  '102': { name: '待揽收', state: 'collected' },
  '103': { name: '已揽收', state: 'collected' },
  '2': { name: '疑难', state: 'difficult' },
  '201': { name: '超时未签收', state: 'difficult' },
  '202': { name: '超时未更新', state: 'difficult' },
  // Among the difficult ones at Kuaidi100; what it means is a refusal.
  '203': { name: '拒收', state: 'refused' },
  '204': { name: '派件异常', state: 'difficult' },
  '205': { name: '柜或驿站超时未取', state: 'difficult' },
  '206': { name: '无法联系', state: 'difficult' },
  '207': { name: '超区', state: 'difficult' },
  '208': { name: '滞留', state: 'difficult' },
  '209': { name: '破损', state: 'difficult' },
  '210': { name: '销单', state: 'difficult' },
  '3': { name: '签收', state: 'signed' },
  '301': { name: '本人签收', state: 'signed' },
  '302': { name: '派件异常后签收', state: 'signed' },
  '303': { name: '代签', state: 'signed' },
  '304': { name: '投柜或站签收', state: 'signed' },
  '4': { name: '退签', state: 'returned' },
  // Among the returned ones at Kuaidi100; but the waybill was withdrawn, and nobody got the parcel back.
  '401': { name: '已销单', state: 'difficult' },
  '5': { name: '派件', state: 'delivering' },
  '501': { name: '投柜或驿站', state: 'delivering' },
  '6': { name: '退回', state: 'returning' },
  '7': { name: '转投', state: 'forwarded' },
  '8': { name: '清关', state: 'customs' },
  '10': { name: '待清关', state: 'customs' },
  '11': { name: '清关中', state: 'customs' },
  '12': { name: '已清关', state: 'customs' },
  '13': { name: '清关异常', state: 'customs' },
  '14': { name: '拒签', state: 'refused' },
};

const BY_NAME: ReadonlyMap<string, TrackState> = new Map([
  ...Object.values(CODES).map(({ name, state }) => [name, state] as const),
  // The older name of 转投.
  ['转单', 'forwarded'],
]);

/** The state of a code; of a finer one that Kuaidi100 added since, the state of its group. Null for anything else. */
export function stateOfCode(code: string | null | undefined): TrackState | null {
  if (!code) return null;
  const group = /^10(?=0\d$)|^[1-8](?=\d\d$)/.exec(code)?.[0];
  return (known(code) ?? known(group === '10' ? '0' : group))?.state ?? null;
}

/** The state of a code's name. */
export function stateOfName(name: string | null | undefined): TrackState | null {
  return (name && BY_NAME.get(name)) || null;
}

function known(code: string | undefined): Code | undefined {
  return code !== undefined && Object.hasOwn(CODES, code) ? CODES[code] : undefined;
}
