import type { AfterSale } from '../../after-sale/case.ts';
import { joinRefusal } from '../../after-sale/join.ts';
import { type OpenInput, openRefusal } from '../../after-sale/open.ts';
import type { Anomaly } from '../../logistics/tracks.ts';
import type { ChoosableRequest, LineQuantity } from '../cancellation.ts';
import { accept, change, type Decision, noEffects, refuse } from '../effects.ts';
import type { OrderNode } from '../node.ts';
import { isFinal } from '../states.ts';
import { placeHold, releaseHold } from './holds.ts';

/** What became of a leaf's parcel, as far as the order is concerned. */
export type ParcelReport =
  | { what: 'signed'; signedAt: Date }
  /** Refused, with what is in it (LG-3). */
  | ({
      what: 'refused';
      shipmentNo: string;
      lines: readonly LineQuantity[];
      /** The open case about this parcel: it goes on with it. */
      joins: AfterSale | null;
      /** The requests to stop the leaf. */
      cancellations: readonly ChoosableRequest[];
    } & Pick<OpenInput, 'inCases' | 'periods'>)
  | (ParcelTrouble & { what: 'opened' })
  /** Its hold is open: a trouble that began when the leaf had ended has none. */
  | (ParcelTrouble & { what: 'closed'; isHeld: boolean });

/** `id` sets apart the times that a parcel had the same trouble. */
export interface ParcelTrouble {
  shipmentNo: string;
  anomaly: Anomaly;
  id?: number;
}

/** The anomalies that stop the auto-receipt clock while they last (decision 27); a refusal opens a case, which does. */
export const STOPPING: ReadonlySet<Anomaly> = new Set<Anomaly>(['stalled', 'lost']);

/**
 * A milestone of a parcel (LG-2, LG-3, LG-4). The carrier's word that all of it is signed for shortens the wait for
 * auto-receipt by the shop's policy, and never lengthens it; silence and a loss stop the clock until they are over,
 * and a refusal opens the case of its return.
 */
export function reportParcel(
  leaf: OrderNode,
  report: ParcelReport,
  policy: { signedReceiptSeconds: number | null },
  at: Date,
): Decision {
  if (report.what === 'refused')
    return report.joins ? joinRefusal(leaf, report.joins, at) : openRefusal(leaf, report, report, at);
  if (report.what === 'signed') return signed(leaf, report.signedAt, policy.signedReceiptSeconds, at);
  const hold = { holdId: troubleHoldId(report), reason: `parcel ${report.anomaly}`, placedBy: 'carrier' };
  if (report.what === 'closed')
    return report.isHeld ? releaseHold(leaf, hold, at, 'parcel') : refuse('not_held', leaf.state);
  return isFinal(leaf.state) ? refuse('not_holdable', leaf.state) : placeHold(leaf, hold, at, 'parcel');
}

/** The hold of a parcel's trouble. */
export const troubleHoldId = ({ shipmentNo, anomaly, id }: ParcelTrouble): string =>
  [shipmentNo, anomaly, ...(id ? [id] : [])].join('-');

function signed(leaf: OrderNode, signedAt: Date, seconds: number | null, at: Date): Decision {
  if (leaf.state !== 'awaiting_receipt') return refuse('not_awaiting_receipt', leaf.state);
  const effects = noEffects();
  const bySignature =
    seconds === null ? null : new Date(Math.max(at.getTime(), signedAt.getTime() + seconds * 1000));
  const sooner = bySignature !== null && leaf.autoReceiptAt !== null && bySignature < leaf.autoReceiptAt;
  effects.nodes.push(
    change(leaf, 'parcel', leaf.state, sooner && leaf.holds === 0 ? { autoReceiptAt: bySignature } : {}),
  );
  effects.notices.push({
    orderNo: leaf.orderNo,
    event: 'parcel_signed',
    recipient: `buyer:${leaf.buyerId}`,
    params: { signedAt: signedAt.toISOString() },
  });
  return accept(effects);
}
