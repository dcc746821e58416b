/** Every role a caller can have (ID-2). A token's other roles are ignored. */
export const ROLES = ['buyer', 'merchant', 'customer_service', 'finance', 'operations', 'service'] as const;

export type Role = (typeof ROLES)[number];

/** Who calls. `sub` is the issuer's stable id of the account; it is not personal data. */
export interface Principal {
  readonly sub: string;
  readonly roles: ReadonlySet<Role>;
  /** The merchant a member of staff acts for; null for everybody who lacks the role `merchant`. */
  readonly merchantId: string | null;
}
