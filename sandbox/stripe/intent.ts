import { randomBytes } from 'node:crypto';

/** A PaymentIntent in Stripe's books, with its charge and refunds. Amounts are fen; times are milliseconds since 1970. */
export interface Intent {
  id: string;
  clientSecret: string;
  amountFen: number;
  description: string | null;
  metadata: Record<string, string>;
  createdMs: number;
  /** A bank asks the payer for a code: 3-D Secure. */
  challenge: { card: Card; atMs: number } | null;
  paid: Charge | null;
  canceled: { atMs: number; reason: string | null } | null;
  declines: Decline[];
  refunds: Refund[];
  updatedMs: number;
}

export interface Card {
  brand: string;
  funding: 'debit' | 'credit' | 'prepaid';
  last4: string;
}

export interface Charge {
  id: string;
  fen: number;
  atMs: number;
  card: Card;
}

/** A failed try. Only what a bank declined has a charge and a `declineCode`; a failed 3-D Secure has neither. */
export interface Decline {
  chargeId: string | null;
  code: string;
  declineCode: string | null;
  message: string;
  card: Card;
  atMs: number;
}

export interface Refund {
  id: string;
  fen: number;
  metadata: Record<string, string>;
  reason: string | null;
  createdMs: number;
  status: 'pending' | 'succeeded' | 'failed';
  failureReason: string | null;
  /** When the money left the merchant's balance; null while the refund is stuck. */
  movedMs: number | null;
  /** When it failed and the money came back to the merchant. */
  failedMs: number | null;
}

export type IntentStatus = 'requires_payment_method' | 'requires_action' | 'canceled' | 'succeeded';

export function statusOf(intent: Intent): IntentStatus {
  if (intent.paid) return 'succeeded';
  if (intent.canceled) return 'canceled';
  return intent.challenge ? 'requires_action' : 'requires_payment_method';
}

/** What went back to the buyer. */
export function refundedFen(intent: Intent): number {
  return sumOf(intent.refunds.filter(({ status }) => status === 'succeeded'));
}

/** What refunds hold of the charge: those that are stuck too, those that failed no more. */
export function heldFen(intent: Intent): number {
  return sumOf(intent.refunds.filter(({ status }) => status !== 'failed'));
}

const sumOf = (refunds: readonly Refund[]): number => refunds.reduce((sum, { fen }) => sum + fen, 0);

/** How tests and faults name it: the merchant's number in its metadata; its own id where another product opened it. */
export function tradeNameOf({ id, metadata }: Intent): string {
  return metadata.out_trade_no ?? id;
}

/** An id in Stripe's form: `pi_` and 24 characters. */
export function newId(prefix: string): string {
  return `${prefix}_${randomBytes(12).toString('hex')}`;
}
