/**
 * What of the money given back beside pieces is freight given back alone, and what the platform bears of it instead of the
 * merchant (RF-8), in fen. Unset amounts are zero.
 */
export interface Goodwill {
  freightFen?: number;
  platformFen?: number;
  /** Of both. */
  platformFreightFen?: number;
}
