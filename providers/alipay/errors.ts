import { AlipayRequestError } from 'alipay-sdk';
import { ProviderError } from '../payments/port.ts';
import { type BuyerReason, REASONS } from '../payments/reasons.ts';

/** The parts of an answer that every method of Alipay shares, in the SDK's camel case. */
export interface AlipayAnswer {
  code: string;
  msg?: string;
  subCode?: string;
  subMsg?: string;
  [field: string]: unknown;
}

/**
 * What Alipay's sub codes mean for us (PY-4, PY-7): whether the same request may be sent again, and the words for the
 * buyer where the code speaks about the buyer. A code that is not listed is final and has no words for the buyer.
 */
const SUB_CODES: Record<string, { retryable?: true; buyerReason?: BuyerReason }> = {
  'ACQ.SYSTEM_ERROR': { retryable: true },
  'AQC.SYSTEM_ERROR': { retryable: true },
  'aop.ACQ.SYSTEM_ERROR': { retryable: true },
  'isp.unknow-error': { retryable: true },
  'aop.unknow-error': { retryable: true },
  'isv.app-call-limited': { retryable: true },
  // Nothing was done, and the key file may just be changing (ADR 10).
  'isv.invalid-signature': { retryable: true },
  'ACQ.BUYER_BALANCE_NOT_ENOUGH': { buyerReason: REASONS.insufficient_balance },
  'ACQ.BUYER_BANKCARD_BALANCE_NOT_ENOUGH': { buyerReason: REASONS.insufficient_balance },
  'ACQ.ERROR_BALANCE_PAYMENT_DISABLE': { buyerReason: REASONS.balance_disabled },
  'ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR': { buyerReason: REASONS.limit },
  'ACQ.TOTAL_FEE_EXCEED': { buyerReason: REASONS.limit },
  'ACQ.PAYMENT_FAIL': { buyerReason: REASONS.payment_failed },
  'ACQ.PAYMENT_REQUEST_HAS_RISK': { buyerReason: REASONS.risk },
  'ACQ.BUYER_SELLER_EQUAL': { buyerReason: REASONS.own_shop },
};

/** `20000`: the service is unavailable. Its effect is unknown, so the request may be repeated with the same number. */
const SERVICE_UNAVAILABLE = '20000';

/** The error of an answer that is not a success. */
export function refusal(method: string, answer: AlipayAnswer): ProviderError {
  const code = answer.subCode ?? answer.code;
  const known = SUB_CODES[code];
  return new ProviderError({
    provider: 'alipay',
    code,
    message: `${method}: ${code} ${answer.subMsg ?? answer.msg ?? ''}`.trim(),
    retryable: known?.retryable ?? answer.code === SERVICE_UNAVAILABLE,
    buyerReason: known?.buyerReason ?? null,
  });
}

/**
 * The error of a call that brought no answer we can trust. Silence, a broken answer and a bad signature leave the
 * result unknown: retryable, code `network` or `unverified_answer`, to be resolved by a query with our number (PY-7).
 * An `error_response`, which Alipay sends unsigned and the SDK reports as a bad signature, shows its own code.
 */
export function failedCall(method: string, cause: unknown): ProviderError {
  const raw = cause instanceof AlipayRequestError ? cause.responseDataRaw : undefined;
  const rejected = raw === undefined ? null : rejectedAtTheGate(raw);
  if (rejected) return refusal(method, rejected);
  const silent = cause instanceof AlipayRequestError && raw === undefined;
  return new ProviderError({
    provider: 'alipay',
    code: silent ? 'network' : 'unverified_answer',
    message: `${method}: ${cause instanceof Error ? cause.message : String(cause)}`,
    retryable: true,
    cause,
  });
}

function rejectedAtTheGate(raw: string): AlipayAnswer | null {
  try {
    const body = (JSON.parse(raw) as Record<string, Record<string, string> | undefined>).error_response;
    if (!body?.code) return null;
    return {
      code: body.code,
      msg: body.msg ?? '',
      subCode: body.sub_code ?? body.code,
      subMsg: body.sub_msg ?? '',
    };
  } catch {
    return null;
  }
}
