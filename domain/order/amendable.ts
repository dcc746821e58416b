import { isInWarehouse, type ShipmentStage } from '../fulfilment/stages.ts';
import type { NodeState } from './states.ts';

type Leaf = { state: NodeState; paymentDeadline: Date };

/**
 * Whether a leaf's address can still change (FU-6): it waits for its payment or its shipment, no warehouse may know the
 * old address, and nothing of it has left. A shipment that was refused or stopped goes nowhere and counts for nothing.
 */
export function isAmendable(leaf: Leaf, stages: readonly ShipmentStage[], at: Date): boolean {
  if (stages.some((stage) => isInWarehouse(stage) || stage === 'handed_over')) return false;
  return leaf.state === 'awaiting_shipment' || isPayable(leaf, at);
}

/** Whether the buyer's words about a leaf still reach someone who works on it (FU-6). */
export function isWritable(leaf: Leaf, at: Date): boolean {
  return leaf.state === 'awaiting_shipment' || leaf.state === 'awaiting_receipt' || isPayable(leaf, at);
}

const isPayable = ({ state, paymentDeadline }: Leaf, at: Date): boolean =>
  state === 'awaiting_payment' && at < paymentDeadline;
