/** Why, and at whose fault it is: the faulty side bears the freight (RF-5, decision 28). */
export const REASONS = {
  no_reason: 'buyer',
  wrong_size: 'buyer',
  not_received: 'merchant',
  damaged: 'merchant',
  defective: 'merchant',
  not_as_described: 'merchant',
  wrong_item: 'merchant',
  missing_pieces: 'merchant',
  /** At the door (LG-3): the carrier's word, nobody applies for it. */
  refused_delivery: 'buyer',
  /** Cancelled when it had left, and wanted no more (CN-6, decision 28). */
  cancelled_late: 'buyer',
} as const satisfies Record<string, 'buyer' | 'merchant'>;
export type Reason = keyof typeof REASONS;
export const REASON_CODES = Object.keys(REASONS) as Reason[];
/** What a buyer can apply with. */
export const APPLIED_REASONS = REASON_CODES.filter(
  (reason) => reason !== 'refused_delivery' && reason !== 'cancelled_late',
);
