import type { Effects } from '../order/effects.ts';
import type { AfterSale, CaseCommand } from './case.ts';
import { correctableParcel } from './parcels.ts';

/**
 * The buyer's parcel becomes a watched one in the case's own step (RT-4); another number for it is a correction, if
 * nothing was heard of it until this step is written.
 */
export function sendBack(
  effects: Effects,
  theCase: AfterSale,
  { carrier, trackingNo }: Extract<CaseCommand, { do: 'send_back' }>,
): void {
  const { caseNo, parcels } = theCase;
  const wrong = correctableParcel(theCase);
  if (!wrong) {
    effects.sentBack.push({ shipmentNo: `${caseNo}P${parcels.length + 1}`, caseNo, carrier, trackingNo });
    return;
  }
  const from = { carrier: wrong.carrier ?? '', trackingNo: wrong.trackingNo ?? '' };
  effects.corrections.push({
    ...{ shipmentNo: wrong.shipmentNo, from, to: { carrier, trackingNo } },
    onlyUnheard: true,
  });
}
