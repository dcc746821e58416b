import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Accounts } from './accounts.ts';
import type { PhoneCodes, RedeemResult } from './codes.ts';
import type { Account, SocialProvider } from './store.ts';

/** A mainland mobile number, with or without +86; the account knows it without. */
export const phoneNumber = z
  .string()
  .regex(/^(\+86)?1[3-9]\d{9}$/, 'must be a mainland mobile number such as 13800000001')
  .transform((phone) => phone.slice(-11));

export const socialProvider = z.enum(['wechat', 'qq']) satisfies z.ZodType<SocialProvider>;

/** A verified phone or the reason why it is not one, in words for the person who logs in. */
export type LoginResult =
  | { readonly ok: true; readonly account: Account }
  | { readonly ok: false; readonly code: string; readonly message: string };

export interface PhoneProof {
  readonly phone: string;
  readonly code: string;
}

export interface SocialLogin {
  readonly provider: SocialProvider;
  readonly externalId: string;
  /** Needed once, to link the social account to a phone. */
  readonly proof?: PhoneProof | undefined;
}

export const TICKET_TTL_SECONDS = 60;

/** The ways to prove who one is. Each ends in the account of a verified phone (ID-1). */
export class Login {
  readonly #accounts: Accounts;
  readonly #codes: PhoneCodes;
  readonly #now: () => number;
  readonly #tickets = new Map<string, { account: Account; expiresAtMs: number }>();

  constructor(accounts: Accounts, codes: PhoneCodes, now: () => number) {
    this.#accounts = accounts;
    this.#codes = codes;
    this.#now = now;
  }

  /** Phone and the code that was sent to it. */
  async byPhone({ phone, code }: PhoneProof): Promise<LoginResult> {
    const redeemed = this.#codes.redeem(phone, code);
    if (!redeemed.ok) return { ok: false, code: redeemed.reason, message: refusal(redeemed) };
    return { ok: true, account: await this.#accounts.ofPhone(phone) };
  }

  /** A sandbox WeChat or QQ account: known ones log in, unknown ones are linked by a verified phone first. */
  async bySocial({ provider, externalId, proof }: SocialLogin): Promise<LoginResult> {
    const known = this.#accounts.bySocial(provider, externalId);
    if (known) return { ok: true, account: known };
    if (!proof) {
      const message = '请先验证手机号以绑定账号。Verify a phone once to link this account.';
      return { ok: false, code: 'phone_required', message };
    }
    const verified = await this.byPhone(proof);
    if (!verified.ok) return verified;
    if (await this.#accounts.link(verified.account, provider, externalId)) return verified;
    const message = '该手机号已绑定其他账号。This phone is linked to another account of this provider.';
    return { ok: false, code: 'already_linked', message };
  }

  /** A ticket to be exchanged once at the token endpoint. */
  issueTicket(account: Account): string {
    const now = this.#now();
    for (const [ticket, { expiresAtMs }] of this.#tickets) {
      if (expiresAtMs > now) break;
      this.#tickets.delete(ticket);
    }
    const ticket = randomBytes(24).toString('base64url');
    this.#tickets.set(ticket, { account, expiresAtMs: now + TICKET_TTL_SECONDS * 1000 });
    return ticket;
  }

  /** The account of a ticket, which this uses up. */
  redeemTicket(ticket: string): LoginResult {
    const issued = this.#tickets.get(ticket);
    this.#tickets.delete(ticket);
    if (issued && issued.expiresAtMs > this.#now()) return { ok: true, account: issued.account };
    return {
      ok: false,
      code: 'ticket_unknown',
      message: 'The ticket is unknown, used or expired. Log in again.',
    };
  }
}

function refusal(redeemed: Exclude<RedeemResult, { ok: true }>): string {
  switch (redeemed.reason) {
    case 'no_code':
      return '请先获取验证码。Ask for a code first.';
    case 'expired':
      return '验证码已过期，请重新获取。The code has expired. Ask for a new one.';
    case 'too_many_tries':
      return '错误次数过多，请重新获取验证码。Too many wrong tries. Ask for a new code.';
    case 'wrong_code':
      return `验证码错误，还可尝试 ${redeemed.triesLeft} 次。The code is wrong. Tries left: ${redeemed.triesLeft}.`;
  }
}
