import { routeOf } from './cities.ts';
import {
  CARRIERS,
  type Course,
  isOver,
  type Parcel,
  type ParcelEvent,
  STATES,
  type State,
} from './parcel.ts';

export type Step = Pick<ParcelEvent, 'state' | 'code' | 'text' | 'location'>;

/** What the carrier will still do with the parcel by its course, judged by what has happened to it. */
export function stepsLeft(parcel: Parcel): Step[] {
  if (isOver(parcel)) return [];
  const steps = stepsOf(parcel);
  let position = 0;
  for (const { state } of parcel.events) {
    const found = steps.findIndex((step, index) => index >= position && step.state === state);
    if (found >= 0) position = found + 1;
  }
  return steps.slice(position);
}

/** A course from its beginning. Those that have no end wait, after their trouble, for someone to do something. */
function stepsOf({ carrier, trackingNo, course }: Parcel): Step[] {
  const { origin, hubs, destination } = routeOf(trackingNo);
  const name = CARRIERS[carrier];
  const step = (state: State, place: typeof origin, text: string, code: string = STATES[state]): Step => ({
    state,
    code,
    text: `【${place.name}】${text}`,
    location: place,
  });
  const onTheWay = [
    step('collected', origin, `${name} 已揽收`),
    ...hubs.map((hub) => step('in_transit', hub, `快件已到达 ${hub.name}转运中心`)),
  ];
  const arrived = step('in_transit', destination, '快件已到达派件城市', '1001');
  const delivering = (turn: string) =>
    step('delivering', destination, `快递员正在${turn}派件，请保持电话畅通`);
  const toTheDoor = [...onTheWay, arrived, delivering('')];
  const signed = (code: string) => step('signed', destination, '快件已签收，签收人：本人', code);
  const difficult = (text: string, code: string) => step('difficult', destination, text, code);
  const courses: Record<Course, () => Step[]> = {
    signed: () => [...toTheDoor, signed('301')],
    refused: () => [
      ...toTheDoor,
      step('refused', destination, '收件人拒签快件'),
      step('returning', destination, '快件正在退回发件人'),
      step('returned', origin, '退回件已由发件人签收'),
    ],
    stalls: () => onTheWay.slice(0, 2),
    damaged: () => [...onTheWay, step('difficult', hubs[1], '快件外包装破损，已登记', '209')],
    lost: () => [...onTheWay, step('difficult', hubs[1], '快件丢失，已登记查找')],
    failed_delivery: () => [
      ...toTheDoor,
      difficult('派送失败，联系不上收件人，将再次派送', '206'),
      delivering('再次'),
      signed('302'),
    ],
    wrong_address: () => [...toTheDoor, difficult('地址不详，无法派送', '204')],
  };
  return courses[course]();
}
