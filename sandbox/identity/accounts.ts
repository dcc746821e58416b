import { randomBytes } from 'node:crypto';
import type { Account, IdentityStore, SocialProvider } from './store.ts';

/** Staff of the local stack, by phone. Everybody else becomes a buyer at the first login. */
export const STAFF: readonly Pick<Account, 'phone' | 'roles' | 'merchantId'>[] = [
  { phone: '13900000001', roles: ['merchant'], merchantId: 'M1' },
  { phone: '13900000002', roles: ['merchant'], merchantId: 'M2' },
  { phone: '13900000011', roles: ['customer_service'], merchantId: null },
  { phone: '13900000012', roles: ['finance'], merchantId: null },
  { phone: '13900000013', roles: ['operations'], merchantId: null },
  { phone: '13900000014', roles: ['customer_service', 'finance'], merchantId: null },
];

/** The accounts of the issuer: one per phone, each with a random `sub` that never changes (ID-1). */
export class Accounts {
  readonly #store: IdentityStore;
  readonly #byPhone = new Map<string, Account>();
  readonly #bySub = new Map<string, Account>();
  readonly #bySocial = new Map<string, Account>();

  private constructor(store: IdentityStore) {
    this.#store = store;
    for (const account of store.contents.accounts) this.#index(account);
  }

  /** Reads the stored accounts and adds the staff that is not among them. */
  static async open(store: IdentityStore): Promise<Accounts> {
    const accounts = new Accounts(store);
    for (const { phone, roles, merchantId } of STAFF) {
      const account = accounts.#byPhone.get(phone) ?? accounts.#add(phone);
      account.roles = [...roles];
      account.merchantId = merchantId;
    }
    await store.save();
    return accounts;
  }

  bySub(sub: string): Account | undefined {
    return this.#bySub.get(sub);
  }

  bySocial(provider: SocialProvider, externalId: string): Account | undefined {
    return this.#bySocial.get(`${provider}:${externalId}`);
  }

  /** The account of a verified phone; an unknown phone becomes a buyer, stored before this resolves. */
  async ofPhone(phone: string): Promise<Account> {
    const known = this.#byPhone.get(phone);
    if (known) return known;
    const account = this.#add(phone);
    await this.#store.save();
    return account;
  }

  /** Links a social account. False when the phone's account already has another one of this provider. */
  async link(account: Account, provider: SocialProvider, externalId: string): Promise<boolean> {
    const linked = account.social[provider];
    if (linked !== undefined) return linked === externalId;
    account.social[provider] = externalId;
    this.#index(account);
    await this.#store.save();
    return true;
  }

  #add(phone: string): Account {
    const sub = `u_${randomBytes(10).toString('hex')}`;
    const account: Account = { sub, phone, roles: ['buyer'], merchantId: null, social: {} };
    this.#store.contents.accounts.push(account);
    this.#index(account);
    return account;
  }

  #index(account: Account): void {
    this.#byPhone.set(account.phone, account);
    this.#bySub.set(account.sub, account);
    for (const [provider, externalId] of Object.entries(account.social)) {
      this.#bySocial.set(`${provider}:${externalId}`, account);
    }
  }
}
