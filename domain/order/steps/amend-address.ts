import type { ShipmentStage } from '../../fulfilment/stages.ts';
import { isAmendable } from '../amendable.ts';
import { accept, change, type Decision, noEffects, refuse } from '../effects.ts';
import type { OrderNode } from '../node.ts';

/**
 * The buyer changes where a leaf goes, before a warehouse may know the old address (FU-6): the merchant is told. `stages`
 * are those of its shipments; `version` is the address's. Refused with `not_amendable`.
 */
export function amendAddress(
  leaf: OrderNode,
  { version, stages }: { version: number; stages: readonly ShipmentStage[] },
  at: Date,
): Decision {
  if (!isAmendable(leaf, stages, at)) return refuse('not_amendable', leaf.state);
  const effects = noEffects();
  effects.nodes.push(change(leaf, 'amend_address', leaf.state));
  effects.notices.push({
    orderNo: leaf.orderNo,
    event: `address_amended:${version}`,
    recipient: `merchant:${leaf.merchantId}`,
    params: { version },
  });
  return accept(effects);
}
