import type { State } from './parcel.ts';

/** The basic code of each state, which is all that is told below `resultv2` 4. */
export const BASIC_CODES: Record<State, string> = {
  in_transit: '0',
  collected: '1',
  difficult: '2',
  signed: '3',
  returned: '4',
  delivering: '5',
  returning: '6',
  forwarded: '7',
  customs: '8',
  refused: '14',
};

const NAMES: Readonly<Record<string, string>> = {
  '0': '在途',
  '1': '揽收',
  '2': '疑难',
  '3': '签收',
  '4': '退签',
  '5': '派件',
  '6': '退回',
  '7': '转投',
  '8': '清关',
  '10': '待清关',
  '11': '清关中',
  '12': '已清关',
  '13': '清关异常',
  '14': '拒签',
  '101': '已下单',
  '102': '待揽收',
  '103': '已揽收',
  '201': '超时未签收',
  '202': '超时未更新',
  '203': '拒收',
  '204': '派件异常',
  '205': '柜或驿站超时未取',
  '206': '无法联系',
  '207': '超区',
  '208': '滞留',
  '209': '破损',
  '210': '销单',
  '301': '本人签收',
  '302': '派件异常后签收',
  '303': '代签',
  '304': '投柜或站签收',
  '401': '已销单',
  '501': '投柜或驿站',
  '1001': '到达派件城市',
  '1002': '干线',
  '1003': '转递',
};

/** Kuaidi100's name of a code; of an unknown one the name of its state. */
export function nameOf(code: string, state: State): string {
  return NAMES[code] ?? NAMES[BASIC_CODES[state]] ?? code;
}
